"""What the sides of private matching want, and what comes of it."""

from __future__ import annotations

from typing import Literal

import msgspec

from hydrometer.intelligence.psi.item_list import MOST, MatchItem

Learn = Literal["both", "us", "them"]
"""Who is to learn which items are shared, seen from here."""
SMALLEST_STEP = 256
"""Points of the shortest list that is filled up."""


class SessionTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a side wants, as it sees it."""

    items: int
    learn: Learn


class MatchResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a session."""

    partner: str
    ours: int
    """Points that we sent, with what filled up the list."""
    theirs: int
    learn: Learn
    items: tuple[MatchItem, ...] | None
    """What both have, in order; None when we were not to learn it."""


class LocalRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What we want of a session."""

    items: tuple[MatchItem, ...]
    learn: Learn = "both"
    pad: bool = False
    """Whether to fill our list up to the next power of two, so that it tells less of our number."""


def compute_padded_size(items: int) -> int:
    """Return the number of points that a list is filled up to: a power of two, never above `MOST`."""
    return max(items, min(MOST, max(SMALLEST_STEP, 1 << max(items - 1, 0).bit_length())))
