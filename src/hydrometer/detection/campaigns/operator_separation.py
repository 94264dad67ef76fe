"""Tell two operators apart who were found together, for instance because they use one tool.

A group is split in two when describing each part by its own frequencies fits every account so much better that
chance, judged leave-one-out, cannot explain it, and when the parts differ in more than one family: an operator who
uses two batches of cards stays one operator.
"""

from __future__ import annotations

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
LARGE = 512
"""Organisations of a group from which a division is sought among so many of them, and then carried over to all."""
SEED = 20_812
"""Of the draw, so that a group is always divided in the same way."""
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
    return _measure_gain(local, whole, first[both]) < APART


def _split_in_two(features: ComparisonFeatures, members: Bools) -> tuple[Bools, Bools] | None:
    if count_group_organisations(features, members) < 2 * MIN_ORGS:
        return None
    drawn = _draw_accounts(features, members)
    first = _find_best_division(features.only(members if drawn is None else drawn))
    if drawn is not None and first is not None:
        first = _extend_division(features.only(members), drawn[members], first)
    if first is None:
        return None
    inside = np.zeros(features.size, dtype=np.bool_)
    inside[np.nonzero(members)[0][first]] = True
    return inside, members & ~inside


def _draw_accounts(features: ComparisonFeatures, members: Bools) -> Bools | None:
    """Draw accounts of some of a large group's organisations, always the same ones; None where the group is not large."""
    orgs = np.unique(features.org[members])
    if orgs.size <= LARGE:
        return None
    chosen = np.zeros(int(orgs[-1]) + 1, dtype=np.bool_)
    chosen[np.random.default_rng(SEED).choice(orgs, LARGE, replace=False)] = True
    drawn = members.copy()
    drawn[members] = chosen[features.org[members]]
    return drawn


def _find_best_division(local: ComparisonFeatures) -> Bools | None:
    """Return the first part of the best division of all these accounts; None when they hold together."""
    everybody = np.ones(local.size, dtype=np.bool_)
    whole = measure_likeness(local, everybody, bound=BOUND)
    # Where to begin is told by all but the templates, which are many; where it ends, by everything.
    outward = local.without_family("content")
    apart = measure_likeness(outward, everybody, bound=BOUND)
    best: tuple[float, Bools] | None = None
    promising = sorted(
        _propose_divisions(local), key=lambda first: -sum(_measure_gains_by_family(outward, apart, first).values())
    )
    tried: set[bytes] = set()
    for first in promising[:MAX_REFINED]:
        refined = _refine_division(local, first, tried)
        if refined is None:
            continue
        gain = _measure_gain(local, whole, refined)
        if gain > (best[0] if best else MIN_GAIN):
            best = (gain, refined)
    return best[1] if best else None


def _extend_division(local: ComparisonFeatures, drawn: Bools, first: Bools) -> Bools | None:
    """Carry a division of some accounts over to all; None when it does not hold there."""
    here, there = np.zeros(local.size, dtype=np.bool_), np.zeros(local.size, dtype=np.bool_)
    here[np.nonzero(drawn)[0][first]] = True
    there[np.nonzero(drawn)[0][~first]] = True
    refined = _refine_division(local, _assign_nearer(local, here, there), set())
    if refined is None:
        return None
    whole = measure_likeness(local, np.ones(local.size, dtype=np.bool_), bound=BOUND)
    return refined if _measure_gain(local, whole, refined) > MIN_GAIN else None


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


def _measure_gain(local: ComparisonFeatures, whole: GroupLikeness, first: Bools) -> float:
    """Return the bits gained per account of the smaller part; 0 unless at least two families gain."""
    gains = _measure_gains_by_family(local, whole, first)
    return sum(gains.values()) if sum(gain >= MIN_FAMILY_GAIN for gain in gains.values()) >= 2 else 0.0


def _measure_gains_by_family(local: ComparisonFeatures, whole: GroupLikeness, first: Bools) -> dict[str, float]:
    here, there = (
        measure_likeness(local, first, everybody_apart=True, bound=BOUND),
        measure_likeness(local, ~first, everybody_apart=True, bound=BOUND),
    )
    smaller = max(1, min(int(first.sum()), int((~first).sum())))
    by_family: dict[str, float] = {}
    for facet, family in whole.family_of.items():
        apart = np.where(first, here.facets[facet], there.facets[facet])
        by_family[family] = by_family.get(family, 0.0) + float(np.sum(apart - whole.facets[facet])) / smaller
    return by_family
