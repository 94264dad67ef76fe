"""Wordings of the members' own that lean to demands, against wordings that lean in many hands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from signals.populations import Draft, members, people
from signals.signal_case import Case

if TYPE_CHECKING:
    import numpy as np


def vague(draft: Draft, wording: str = "own", confidence: float = 0.12) -> Draft:
    """The draft with a wording that leans to demands in all it sends."""
    return replace(draft, wordings=(wording,), vague=confidence)


def own_wording(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:14], lambda _, d: vague(d)) + crowd[14:]


def published_wording(rng: np.random.Generator) -> list[Draft]:
    """As many others use it."""
    crowd = people(rng)
    return members(crowd[:14], lambda _, d: vague(d)) + [vague(d) for d in crowd[14:40]] + crowd[40:]


def harmless_wording(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:14], lambda _, d: vague(d, confidence=0.02)) + crowd[14:]


def one_of_many(rng: np.random.Generator) -> list[Draft]:
    """A few accounts of a group that lean do not make it lean."""
    crowd = people(rng)
    return members(crowd[:25], lambda at, d: vague(d) if at < 5 else d) + crowd[25:]


CASES = (
    Case("a wording of their own that leans", True, own_wording),
    Case("as many others use it", False, published_wording),
    Case("a wording of their own that asks for nothing", False, harmless_wording),
    Case("a few of them lean", False, one_of_many),
)
