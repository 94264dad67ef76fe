"""How likely so many members would show so known a value, were there no tie between them and the actor."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scipy.special import gammainc

from hydrometer.attribution.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.attribution.matching import Hit

COMMON = 0.3
"""From this chance on a value is too common to weigh anything."""


def chance(found: Sequence[Hit], known: int, members: int, strangers: int) -> float:
    """Return the chance (0 to 1) that unrelated accounts match as much of what is known of an actor.

    Null: each of `members` accounts shows each of the actor's `known` values of this kind as often as the `strangers` do.
    The values that nobody shows are taken to be as common as those that were found, since nothing is known of them;
    a Poisson tail of the uses found. A range that thousands use gives 1.

    Args:
        found: what was found, all of one kind and actor.
        known: how many values of the kind the dossier holds of the actor, at least as many as were found.
        members: accounts of the campaign.
        strangers: accounts of the population outside campaigns.
    """
    unseen = KINDS[found[0].claim.indicator.kind].unseen
    rate = sum(min(1.0, (hit.elsewhere + unseen) / strangers) for hit in found)
    expected = members * rate * max(1.0, known / len(found))
    uses = sum(min(hit.accounts, members) for hit in found)
    return min(1.0, float(gammainc(uses, expected))) if uses else 1.0


def bits(likely: float, unlikely: float, weight: float) -> float:
    """Return log2 of the likelihood ratio of a match, when the item is right with chance `weight` and else says nothing."""
    return math.log2(weight * likely / unlikely + 1.0 - weight)
