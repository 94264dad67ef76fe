"""Tell two operators apart who were found together, for instance because they use one tool.

A group is split in two when describing each part by its own frequencies fits every account so much better that
chance, judged leave-one-out, cannot explain it, and when the parts differ in more than one family: an operator who
uses two batches of cards stays one operator. Two operators who buy at one supplier differ in less: in when they work and in what they
send. They are two when they work at the same time, by schedules and with requests that tell their accounts apart; a pool that takes over
from a banned one comes after it.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.campaigns.seed_expansion import GroupLikeness, count_group_organisations, measure_likeness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hydrometer.detection.campaigns.comparison_features import ComparisonFeatures
    from hydrometer.detection.population.population import Bools

MIN_ORGS = 4
MIN_GAIN = 9.5
"""Bits that the split must gain, per account of its smaller part."""
MIN_FAMILY_GAIN = 2.0
APART = 14.0
"""Bits that two campaigns found apart must gain, per account of the smaller, to stay two: late batches of one operator gain
little over `MIN_GAIN`, two operators with one tool 18 and more."""
BOUND = 24.0
"""Facets are not held down here: what is compared is how well two descriptions fit, not how far one is trusted."""
LEAST_GAIN = 3.0
"""Bits per account of the smaller part from which two schedules at a time are looked at."""
SCHEDULED, WORKED = 0.7, 0.5
"""Shares of a perfect separation that two operators at a time reach: in when their accounts began or stopped, and in what they send."""
SCHEDULE = ("start", "stop")
WORK = ("wording", "demand", "shape of use")
OVERLAP = 0.5
"""Share of the shorter part's working time in which the other works too."""
MOST_KEPT = 0.5
"""Share of its accounts that a group keeps when they are assigned anew."""
MAX_PARTITIONS = 24
MAX_REFINED = 3
ROUNDS = 6


def split_operators(features: ComparisonFeatures, members: Bools) -> list[Bools]:
    """Return the parts of a group, largest first; the group itself when it holds together."""
    parts: list[Bools] = []
    waiting = [members]
    while waiting:
        whole = waiting.pop()
        halves = _split_in_two(features, whole)
        if halves is None:
            parts.append(whole)
        else:
            waiting.extend(halves)
    return sorted(parts, key=lambda part: (-int(part.sum()), int(np.argmax(part))))


def is_one_operator(features: ComparisonFeatures, first: Bools, second: Bools) -> bool:
    """Return whether two groups are described as well by one set of frequencies as by two."""
    both = first | second
    local = features.only(both)
    whole = measure_likeness(local, np.ones(local.size, dtype=np.bool_), bound=BOUND)
    division = _Division.of(local, whole, first[both])
    return division.gain < APART and not division.is_two_schedules(local)


def assign_to_nearest(features: ComparisonFeatures, groups: list[Bools]) -> list[Bools]:
    """Return groups with every account moved to the one that it resembles most, until none moves.

    Operators who buy at one supplier are found one after the other, and who is found first takes some of the next one's accounts. A group
    that would lose most of its own stays as it was, and so do all; so they do where what comes out is no division.
    """
    everybody = np.any(groups, axis=0)
    local = features.only(everybody)
    parts = [group[everybody] for group in groups]
    for _ in range(ROUNDS):
        bits = [measure_likeness(local, part, everybody_apart=True, bound=BOUND).total for part in parts]
        # Of equals an account stays where it is.
        current = np.argmax(parts, axis=0)
        stays = np.stack(bits)[current, np.arange(local.size)] >= np.max(bits, axis=0)
        nearest = np.where(stays, current, np.argmax(bits, axis=0))
        moved = [nearest == number for number in range(len(parts))]
        if any(np.mean(after[before]) < MOST_KEPT for before, after in zip(parts, moved, strict=True)):
            return groups
        if all(np.array_equal(before, after) for before, after in zip(parts, moved, strict=True)):
            break
        parts = moved
    if not all(_is_division(local, one, other) for one, other in itertools.combinations(parts, 2)):
        return groups
    assigned = []
    for part in parts:
        whole = np.zeros(everybody.size, dtype=np.bool_)
        whole[np.nonzero(everybody)[0][part]] = True
        assigned.append(whole)
    return assigned


def _is_division(local: ComparisonFeatures, one: Bools, other: Bools) -> bool:
    """Return whether two groups are described better by two sets of frequencies than by one, as after a split."""
    both = local.only(one | other)
    whole = measure_likeness(both, np.ones(both.size, dtype=np.bool_), bound=BOUND)
    division = _Division.of(both, whole, one[one | other])
    return division.gain > MIN_GAIN or division.is_two_schedules(both)


def _split_in_two(features: ComparisonFeatures, members: Bools) -> tuple[Bools, Bools] | None:
    if count_group_organisations(features, members) < 2 * MIN_ORGS:
        return None
    first = _find_best_division(features.only(members))
    if first is None:
        return None
    inside = np.zeros(features.size, dtype=np.bool_)
    inside[np.nonzero(members)[0][first]] = True
    return inside, members & ~inside


@dataclass(frozen=True, slots=True)
class _Division:
    """A group in two parts, and the bits that two descriptions gain over one, by facet, per account of the smaller part."""

    first: Bools
    facets: dict[str, float]
    family_of: dict[str, str]

    @classmethod
    def of(cls, local: ComparisonFeatures, whole: GroupLikeness, first: Bools) -> _Division:
        here, there = (measure_likeness(local, part, everybody_apart=True, bound=BOUND) for part in (first, ~first))
        smaller = max(1, min(int(first.sum()), int((~first).sum())))
        facets = {
            facet: float(np.sum(np.where(first, here.facets[facet], there.facets[facet]) - whole.facets[facet]))
            / smaller
            for facet in whole.facets
        }
        return cls(first, facets, whole.family_of)

    @property
    def families(self) -> dict[str, float]:
        """Bits gained by family."""
        summed: dict[str, float] = {}
        for facet, gain in self.facets.items():
            family = self.family_of[facet]
            summed[family] = summed.get(family, 0.0) + gain
        return summed

    @property
    def gain(self) -> float:
        """Bits gained in all; 0 unless at least two families gain."""
        gains = self.families
        return sum(gains.values()) if sum(gain >= MIN_FAMILY_GAIN for gain in gains.values()) >= 2 else 0.0

    def is_two_schedules(self, local: ComparisonFeatures) -> bool:
        """Return whether the parts work at the same time, by other schedules and with other requests."""
        if sum(self.facets.values()) < LEAST_GAIN:
            return False
        share = float(np.mean(self.first))
        smaller = min(share, 1.0 - share)
        # What a facet gains that tells every account's part: the entropy of the division.
        perfect = -(share * math.log2(share) + (1.0 - share) * math.log2(1.0 - share)) / smaller
        scheduled = max((self.facets.get(facet, 0.0) for facet in SCHEDULE), default=0.0) >= SCHEDULED * perfect
        worked = max((self.facets.get(facet, 0.0) for facet in WORK), default=0.0) >= WORKED * perfect
        return scheduled and worked and _measure_overlap(local, self.first) >= OVERLAP


def _measure_overlap(local: ComparisonFeatures, first: Bools) -> float:
    """Return the share of the shorter part's working time in which the other works, by the medians of first and last exchanges."""
    if local.lifetimes is None:
        return 0.0
    middles = [np.median(local.lifetimes[part], axis=0) for part in (first, ~first)]
    begins, ends = [float(middle[0]) for middle in middles], [float(middle[1]) for middle in middles]
    shorter = max(1.0, min(ends[0] - begins[0], ends[1] - begins[1]))
    return (min(ends) - max(begins)) / shorter


def _find_best_division(local: ComparisonFeatures) -> Bools | None:
    """Return the first part of the best division of all these accounts; None when they hold together."""
    everybody = np.ones(local.size, dtype=np.bool_)
    whole = measure_likeness(local, everybody, bound=BOUND)
    # Where to begin is told by all but the templates, which are many; where it ends, by everything.
    outward = local.without_family("content")
    apart = measure_likeness(outward, everybody, bound=BOUND)
    best: tuple[float, Bools] | None = None
    promising = sorted(
        _propose_divisions(local), key=lambda first: -sum(_Division.of(outward, apart, first).facets.values())
    )
    tried: set[bytes] = set()
    for first in promising[:MAX_REFINED]:
        refined = _refine_division(local, first, tried)
        if refined is None:
            continue
        division = _Division.of(local, whole, refined)
        enough = division.gain > MIN_GAIN or division.is_two_schedules(local)
        if enough and (best is None or division.gain > best[0]):
            best = (division.gain, refined)
    return best[1] if best else None


def _propose_divisions(local: ComparisonFeatures) -> Iterator[Bools]:
    """Yield divisions by one feature's value, the most telling first."""
    ranked = []
    for feature in local.coded:
        has_code = feature.code >= 0
        count = np.bincount(feature.code[has_code], minlength=feature.codes)
        base = (feature.orgs + 0.5) / (local.total_orgs + 0.5)
        for code in np.nonzero((count >= MIN_ORGS) & (count <= local.size - MIN_ORGS))[0]:
            share = count[code] / local.size
            telling = count[code] * np.log2(share / base[code])
            ranked.append((-float(telling), feature.name, int(code), feature.code == code))
            if feature.near:
                below = has_code & (feature.code <= code)
                if MIN_ORGS <= below.sum() <= local.size - MIN_ORGS:
                    ranked.append((-float(telling), feature.name + " up to", int(code), below))
    ranked.sort(key=lambda row: row[:3])
    for row in ranked[:MAX_PARTITIONS]:
        yield row[3]


def _refine_division(local: ComparisonFeatures, first: Bools, tried: set[bytes]) -> Bools | None:
    """Move every account to the part it resembles more, until none moves; None when a part vanishes.

    Args:
        tried: divisions met before, from here or from another start, to which more are added; None when one comes again.
    """
    for _ in range(ROUNDS):
        if _is_small(local, first) or _is_small(local, ~first):
            return None
        state = np.packbits(first ^ first[0]).tobytes()
        if state in tried:
            return None
        tried.add(state)
        nearer = _assign_nearer(local, first, ~first)
        if np.array_equal(nearer, first):
            return first
        first = nearer
    return None if _is_small(local, first) or _is_small(local, ~first) else first


def _assign_nearer(local: ComparisonFeatures, first: Bools, second: Bools) -> Bools:
    """Return the accounts that resemble the first of two parts more than the second."""
    here, there = (measure_likeness(local, part, everybody_apart=True, bound=BOUND).total for part in (first, second))
    nearer: Bools = here > there
    return nearer


def _is_small(local: ComparisonFeatures, part: Bools) -> bool:
    return count_group_organisations(local, part) < MIN_ORGS
