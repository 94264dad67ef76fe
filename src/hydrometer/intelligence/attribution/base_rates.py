"""How likely so many members would show so known a value, were there no tie between them and the actor."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scipy.special import gammainc

from hydrometer.intelligence.attribution.evidence_kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.intelligence.attribution.indicator_matching import IndicatorHit

COMMON = 0.3
"""From this chance on a value is too common to weigh anything."""


def estimate_coincidence(hits: Sequence[IndicatorHit], dossier_values: int, members: int, strangers: int) -> float:
    """Return the chance (0 to 1) that accounts without a tie to an actor match as much of what is known of it.

    The largest of three. Accounts apart: each of `members` shows each of the actor's `dossier_values` of this kind as often
    as the `strangers` do, a Poisson tail of the uses that were observed; values that were not hit are assumed to be as
    common as those that were, since nothing tells how common they are. One hand: another operator chooses once for all its
    accounts, and a value is chosen as often as strangers show it. A shared range: whoever used an address or a range before
    may be any of its users, so that the share of them who are no members counts. A range that thousands use gives 1.

    Args:
        hits: values of the dossier that the campaign shows, all of one kind and actor.
        dossier_values: how many values of the kind the dossier holds of the actor, at least as many as are hit.
        members: accounts of the campaign.
        strangers: accounts of the population outside campaigns.
    """
    unseen = KINDS[hits[0].claim.indicator.kind].unseen
    rate = sum(min(1.0, (hit.outside_accounts + unseen) / strangers) for hit in hits)
    expected = members * rate * max(1.0, dossier_values / len(hits))
    uses = sum(min(hit.accounts, members) for hit in hits)
    independent = float(gammainc(uses, expected)) if uses else 1.0
    one_hand = max(hit.outside_accounts for hit in hits) / strangers
    shared_range = 0.0
    if KINDS[hits[0].claim.indicator.kind].group == "infrastructure":
        shared_range = min(hit.outside_accounts / (hit.outside_accounts + hit.accounts) for hit in hits)
    return min(1.0, max(independent, one_hand, shared_range))


def compute_ratio_bits(likely: float, unlikely: float, weight: float) -> float:
    """Return log2 of the likelihood ratio of a match, when the item is right with chance `weight` and else says nothing."""
    return math.log2(weight * likely / unlikely + 1.0 - weight)
