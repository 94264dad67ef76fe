"""How surprising it is that so many organisations of a group share one value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract import ENTITY_KINDS
from hydrometer.detection.population.csr import expand_rows, index_entities
from hydrometer.detection.population.memo import memoize_by_key
from hydrometer.detection.signals.signal import SignalFinding
from hydrometer.detection.signals.tail_probabilities import correct_for_tries, poisson_tail

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hydrometer.contract import EntityKind
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import EntityPairs, Ints, Population


TELLING = -3.0
"""log10 p from which a value counts among those that members show, beside the most surprising one."""


@dataclass(frozen=True, slots=True)
class SharedValueScore:
    """A value, the organisations of the group and of the whole population that show it, and its log10 p."""

    kind: EntityKind
    value: int
    """Its number among the values of the kind."""
    name: str
    inside: int
    population: int
    log10_p: float


@dataclass(frozen=True, slots=True)
class _GroupValues:
    """Values that a group shows, ascending, and how many of its organisations show each."""

    value: Ints
    inside: Ints


@dataclass(frozen=True, slots=True)
class _DegreeCounts:
    """How many values are shown by 0, 1, 2, … organisations, and all (organisation, value) pairs together."""

    values: Ints
    shown: int


def _count_group_values(group: AccountGroup, entities: EntityPairs) -> _GroupValues:
    population, values = group.population, max(1, len(entities.names))
    rows = expand_rows(index_entities(population, entities), group.accounts)
    pairs = np.sort(population.org[entities.account[rows]] * values + entities.value[rows])
    begins = np.ones(pairs.size, dtype=np.bool_)
    begins[1:] = pairs[1:] != pairs[:-1]
    value = np.sort(pairs[begins] % values)
    begins = np.ones(value.size, dtype=np.bool_)
    begins[1:] = value[1:] != value[:-1]
    starts = np.nonzero(begins)[0]
    return _GroupValues(value[starts], np.diff(np.append(starts, value.size)))


def _count_degrees(population: Population, entities: EntityPairs) -> _DegreeCounts:
    return memoize_by_key(
        population,
        ("degrees", entities.kind, id(entities)),
        lambda: _DegreeCounts(np.bincount(entities.orgs).astype(np.int64), int(entities.orgs.sum())),
    )


def find_shared_values(group: AccountGroup, entities: EntityPairs, *, least: int = 3) -> list[SharedValueScore]:
    """Return the values that at least `least` organisations of the group show, the most surprising first.

    Null: an organisation's chance of showing a value is the value's share among the others, times how many values of
    the kind the organisation has (a degree-aware Poisson approximation of the bipartite configuration model, after
    Saracco et al. 2017), and no less than the share of the other organisations that show it: a value that is in most
    hands is so whatever else they hold. The p-value counts every value that could have been tested.
    """
    population = group.population
    mine = _count_group_values(group, entities)
    values = len(entities.names)
    drawn = float(mine.inside.sum())
    everywhere = entities.orgs[mine.value]
    elsewhere = float(_count_degrees(population, entities).shown - mine.inside.sum())
    hands = group.size / max(1, len(population.orgs) - group.size)
    matches = []
    for at in np.nonzero(mine.inside >= least)[0].tolist():
        inside, outside = int(mine.inside[at]), float(everywhere[at] - mine.inside[at])
        chance = (outside + 0.5) / (elsewhere + 0.5 * min(values, 1000))
        expected = min(max(drawn * chance, hands * outside), float(group.size))
        log10_p = correct_for_tries(poisson_tail(inside, expected), values)
        matches.append(
            SharedValueScore(
                entities.kind, int(mine.value[at]), entities.names[mine.value[at]], inside, int(everywhere[at]), log10_p
            )
        )
    return sorted(matches, key=lambda s: (s.log10_p, s.name))


def find_strongest_value(
    group: AccountGroup, kinds: Iterable[EntityKind], *, cover: float = 0.0, least: int = 3
) -> SignalFinding | None:
    """Return the most surprising shared value over several kinds that are levels of one comparison.

    Args:
        cover: share of the group that must show the value.
    """
    best: SharedValueScore | None = None
    telling: list[SharedValueScore] = []
    tried = 0
    for kind in kinds:
        entities = group.population.entities.get(kind)
        if entities is None:
            continue
        tried += 1
        for shared in find_shared_values(group, entities, least=least):
            if shared.log10_p <= TELLING:
                telling.append(shared)
            if shared.inside >= cover * group.size and (best is None or _rank_value(shared) < _rank_value(best)):
                best = shared
    if best is None:
        return None
    return SignalFinding(
        best.inside / group.size,
        correct_for_tries(best.log10_p, tried),
        describe_shared_value(best, group.size),
        best.inside / best.population,
        cover=_measure_cover(group, telling),
    )


def _measure_cover(group: AccountGroup, telling: list[SharedValueScore]) -> float:
    """Return the share of the group's organisations that show any of some values: an operator buys several batches."""
    showing = np.zeros(len(group.population.orgs), dtype=np.bool_)
    for shared in telling:
        entities = group.population.entities[shared.kind]
        rows = expand_rows(index_entities(group.population, entities), group.accounts)
        showing[group.population.org[entities.account[rows[entities.value[rows] == shared.value]]]] = True
    return int(np.count_nonzero(showing)) / group.size


def _rank_value(shared: SharedValueScore) -> float:
    return shared.log10_p * shared.inside / shared.population


def describe_shared_value(shared: SharedValueScore, size: int) -> str:
    """Return one sentence on a shared value."""
    return (
        f"{shared.inside} of {size} organisations show the {ENTITY_KINDS[shared.kind].label} {shared.name}; "
        f"{shared.population - shared.inside} elsewhere do."
    )


def withhold_value(statement: str) -> str:
    """Return a sentence on a shared value without the value itself, by which its accounts could be looked up."""
    for label in sorted((kind.label for kind in ENTITY_KINDS.values()), key=len, reverse=True):
        before, shown, rest = statement.partition(f" organisations show the {label} ")
        if shown:
            return f"{before} organisations show one {label};{rest.rpartition(';')[2]}"
    return statement


def measure_collisions(group: AccountGroup, entities: EntityPairs) -> SignalFinding | None:
    """Test whether the group's organisations meet at the same values more often than chance, over all values together.

    Statistic: pairs of organisations at a value, summed without forming them. Null: as in `shared_values`.
    """
    mine = _count_group_values(group, entities)
    if not mine.value.size or group.size < 3:
        return None
    inside = mine.inside.astype(np.float64)
    everywhere = entities.orgs[mine.value]
    # What nobody of the group shows is met at by chance too; values in as many hands are alike, and are counted, not listed.
    degrees = _count_degrees(group.population, entities)
    unseen = degrees.values - np.bincount(everywhere, minlength=degrees.values.size)
    outside = np.concatenate([everywhere - inside, np.arange(unseen.size)])
    times = np.concatenate([np.ones(inside.size), unseen])
    drawn = float(inside.sum())
    chance = (outside + 0.5) / (degrees.shown - drawn + 0.5 * len(entities.names))
    hands = group.size / max(1, len(group.population.orgs) - group.size)
    expected_at = np.minimum(np.maximum(drawn * chance, hands * outside), float(group.size))
    meetings = float(np.sum(inside * (inside - 1) / 2))
    expected = float(np.sum(times * (expected_at**2 / 2)))
    # Meetings at one value depend on each other: count as many independent ones as there are values met at.
    heavy = max(1.0, float(np.sum(inside * (inside - 1) / 2 * inside)) / max(meetings, 1.0))
    log10_p = poisson_tail(math.floor(meetings / heavy), expected / heavy)
    at = int(np.sum(inside >= 2))
    kind = ENTITY_KINDS[entities.kind].plural
    statement = f"The members meet at {at} {kind} ({meetings:,.0f} meetings; {expected:,.1f} by chance)."
    everybody = float(np.sum(np.where(inside >= 2, everywhere * (everywhere - 1.0) / 2, 0.0)))
    return SignalFinding(
        meetings / max(expected, 1e-9),
        log10_p,
        statement,
        meetings / max(everybody, 1.0),
        cover=_count_meeting_orgs(group, entities, mine) / group.size,
    )


def _count_meeting_orgs(group: AccountGroup, entities: EntityPairs, mine: _GroupValues) -> int:
    """Count the organisations of a group that show a value which another of it shows."""
    rows = expand_rows(index_entities(group.population, entities), group.accounts)
    is_meeting = mine.inside[np.searchsorted(mine.value, entities.value[rows])] >= 2
    return int(np.unique(group.population.org[entities.account[rows[is_meeting]]]).size)
