"""Characters that leave no trace of their own on paper, and so can hide or reorder what a person reads."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories of control, format, surrogate, private and unassigned characters, and of line separators."""


def spell_hidden_characters(text: str, spell: Callable[[str], str]) -> str:
    """Return `text` with every character that cannot be seen replaced by what `spell` makes of it."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(spell(c) if unicodedata.category(c) in HIDDEN_CATEGORIES else c for c in text)
