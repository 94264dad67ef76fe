"""The families of evidence, by what they look at; what is independent is their causes."""

from __future__ import annotations

from typing import Literal, get_args

Family = Literal["content", "identity", "infrastructure", "timing", "economics", "intelligence"]
"""What a piece of evidence is about; evidence of one family may have one cause."""

FAMILIES: tuple[str, ...] = get_args(Family)
"""All of them, in the order of tables."""
