"""Competing hypotheses on the same evidence: what counts of each finding, and the probabilities that come of it.

A posterior over every known actor, UNKNOWN and NOBODY (Heuer's analysis of competing hypotheses, with likelihoods in place
of its marks). Findings are not independent, so that they do not simply add up:

- a group counts once: of each source its best finding, together no more than the best kind of the group can bear;
- a source errs for all that it says: `evidence_kinds.compute_source_cap`;
- what can be planted by one decision is capped together, and again together with what money can rent.

Every cap scales the findings under it alike, so that their order makes no difference.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from hydrometer.contract import NOBODY, UNKNOWN
from hydrometer.intelligence.attribution.evidence_kinds import FEW, HELD_LONG, KINDS, compute_source_cap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hydrometer.contract import AttributionSettings
    from hydrometer.intelligence.attribution.evidence import EvidenceItem

UNSEEN_MOST = 1.5
"""Most bits that absent payment instruments, devices and numbers take off together."""
PAIR_BITS = 3.0
"""What it costs to suppose two hands: which two is a guess of its own."""
HAND_SHARE = 0.25
"""Least share of the members of the first hand that a second has: a few values are mistakes, not a hand."""
HAND_BITS = 2.0
"""Bits from which a finding may show a second hand."""


@dataclass(frozen=True)
class WeighedEvidence:
    """What counts, and what comes of it."""

    counted: tuple[float, ...]
    """Bits of each item for its actor, in the order of the items."""
    nobody_bits: float
    """Bits for NOBODY: values of two actors on different members."""
    hands: tuple[str, ...]
    """Those two actors."""
    totals: Mapping[str, float]
    """Bits by hypothesis."""
    probability: Mapping[str, float]
    """By hypothesis; they sum to 1."""

    @property
    def order(self) -> list[str]:
        """Hypotheses, the likeliest first; of equals the first by id."""
        return sorted(self.probability, key=lambda h: (-self.probability[h], h))

    @property
    def leader(self) -> str:
        """The likeliest hypothesis."""
        return self.order[0]


def weigh_evidence(
    items: Sequence[EvidenceItem], prior: Mapping[str, float], settings: AttributionSettings
) -> WeighedEvidence:
    """Weigh the items of one question.

    Args:
        items: findings, each of one actor; actors that the prior lacks are left aside.
        prior: by hypothesis, UNKNOWN and NOBODY among them; sums to 1.
        settings: caps in bits.
    """
    counted = [0.0] * len(items)
    by_actor: dict[str, list[int]] = defaultdict(list)
    for index, item in enumerate(items):
        if item.actor in prior:
            by_actor[item.actor].append(index)
    totals = dict.fromkeys(prior, 0.0)
    for actor, indices in by_actor.items():
        for index, bits in _count_bits(items, indices, settings).items():
            counted[index] = bits
        totals[actor] = math.fsum(counted[index] for index in indices)
    nobody_bits, hands = _find_second_hand(items, counted)
    totals[NOBODY] = nobody_bits
    return WeighedEvidence(tuple(counted), nobody_bits, hands, totals, _compute_posterior(prior, totals))


def _compute_posterior(prior: Mapping[str, float], totals: Mapping[str, float]) -> dict[str, float]:
    logs = {name: math.log2(p) + totals[name] for name, p in prior.items() if p > 0}
    top = max(logs.values())
    shares = {name: 2.0 ** (value - top) for name, value in logs.items()}
    whole = math.fsum(shares[name] for name in sorted(shares))
    return {name: shares.get(name, 0.0) / whole for name in prior}


def _count_bits(
    items: Sequence[EvidenceItem], indices: Sequence[int], settings: AttributionSettings
) -> dict[int, float]:
    """Return what counts of the findings on one actor."""
    best: dict[tuple[str, str], int] = {}
    worst: dict[str, int] = {}
    for index in indices:
        item = items[index]
        key = (item.group, item.source.id)
        if item.bits > 0 and (key not in best or item.bits > items[best[key]].bits):
            best[key] = index
        if item.bits < 0 and (item.group not in worst or item.bits < items[worst[item.group]].bits):
            worst[item.group] = index
    bits = {index: items[index].bits for index in best.values()}
    _cap_by_key(
        bits, lambda index: items[index].source.id, lambda index: compute_source_cap(items[index].source.reliability)
    )
    _cap_by_key(bits, lambda index: items[index].group, lambda index: _find_cap(items[index]))
    for tiers, most in (
        (("cheap",), settings.planted_bits),
        (("cheap", "rented"), settings.rented_bits),
        (("cheap", "rented", "held"), settings.most_bits),
    ):
        under = {index: value for index, value in bits.items() if items[index].tier in tiers}
        _cap_total(under, most)
        bits.update(under)
    # What is absent speaks of a group only where nothing of the group was found.
    present_groups = {items[index].group for index in bits}
    against = {index: items[index].bits for group, index in worst.items() if group not in present_groups}
    unseen = {index: value for index, value in against.items() if items[index].tier == "held"}
    _cap_total(unseen, UNSEEN_MOST)
    return {**bits, **against, **unseen}


def _cap_by_key(bits: dict[int, float], key: Callable[[int], str], most: Callable[[int], float]) -> None:
    """Scale the findings of each key alike until their sizes sum to no more than the most of the largest bearer."""
    keyed: dict[str, list[int]] = defaultdict(list)
    for index in sorted(bits):
        keyed[key(index)].append(index)
    for indices in keyed.values():
        whole = math.fsum(abs(bits[index]) for index in indices)
        bound = max(most(index) for index in indices)
        if whole > bound:
            for index in indices:
                bits[index] *= bound / whole


def _cap_total(bits: dict[int, float], most: float) -> None:
    """Scale all findings alike until their sizes sum to no more than `most`."""
    _cap_by_key(bits, lambda _: "", lambda _: most)


def _find_cap(item: EvidenceItem) -> float:
    return HELD_LONG if item.hard and item.group == "infrastructure" else KINDS[item.kind].most


def _find_second_hand(items: Sequence[EvidenceItem], counted: Sequence[float]) -> tuple[float, tuple[str, ...]]:
    """Return the bits for no common actor, and the two whose findings show it best.

    Two hands explain the findings of both. Only what could not have been planted shows a second hand, and for the
    beneficiary the templates, when different ones point to different actors.
    """
    shown: dict[str, list[int]] = defaultdict(list)
    for index, item in enumerate(items):
        telling = item.tier == "held" or (item.question == "beneficiary" and item.group == "wording")
        if telling and not item.shared and counted[index] >= HAND_BITS:
            shown[item.actor].append(index)
    best: float = 0.0
    hands: tuple[str, ...] = ()
    for one, other in combinations(sorted(shown), 2):
        values = [frozenset[str]().union(*(items[index].values for index in shown[name])) for name in (one, other)]
        most, least = sorted((_count_members(items, shown[name]) for name in (one, other)), reverse=True)
        if values[0] & values[1] or least < max(FEW, most * HAND_SHARE):
            continue
        bits = math.fsum(counted[index] for index in (*shown[one], *shown[other])) - PAIR_BITS
        if bits > best:
            best, hands = bits, (one, other)
    return best, hands


def _count_members(items: Sequence[EvidenceItem], indices: Sequence[int]) -> int:
    return max(items[index].members for index in indices)


def spread_prior(actors: Sequence[str], *, nobody: float, known_share: float) -> dict[str, float]:
    """Return the prior: `nobody` for no common actor, of the rest `known_share` spread evenly over the actors, the rest UNKNOWN."""
    mass = (1.0 - nobody) * (known_share if actors else 0.0)
    spread = {actor: mass / len(actors) for actor in sorted(actors)}
    return {**spread, UNKNOWN: 1.0 - nobody - mass, NOBODY: nobody}
