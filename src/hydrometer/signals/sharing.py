"""How surprising it is that so many organisations of a group share one value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract.derived import keyed
from hydrometer.contract.rows import entity_offsets, rows_of
from hydrometer.signals.signal import Finding
from hydrometer.signals.statistics import any_of, poisson_tail

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hydrometer.contract.group import Group
    from hydrometer.contract.population import Entities, Ints, Population

LABELS = {
    "payment": "payment instrument",
    "bin": "card batch (BIN)",
    "device": "device",
    "phone": "telephone number",
    "email_domain": "e-mail domain",
    "email_shape": "e-mail shape",
    "email_length": "e-mail shape",
    "signup_day": "sign-up day",
    "signup_network": "sign-up network",
    "address": "address",
    "network": "network",
    "asn": "autonomous system",
    "ja4": "TLS fingerprint",
    "user_agent": "client",
    "end_user": "end user",
    "session": "conversation",
    "tools": "set of tools",
}

PLURALS = {"address": "addresses"}


@dataclass(frozen=True, slots=True)
class Shared:
    """A value, the organisations of the group and of the whole population that show it, and its log10 p."""

    kind: str
    name: str
    inside: int
    population: int
    log10_p: float


@dataclass(frozen=True, slots=True)
class _Shown:
    """Values that a group shows, ascending, and how many of its organisations show each."""

    value: Ints
    inside: Ints


@dataclass(frozen=True, slots=True)
class _Degrees:
    """How many values are shown by 0, 1, 2, … organisations, and all (organisation, value) pairs together."""

    values: Ints
    shown: int


def _shown(group: Group, entities: Entities) -> _Shown:
    population, values = group.population, max(1, len(entities.names))
    rows = rows_of(entity_offsets(population, entities), group.accounts)
    pairs = np.sort(population.org[entities.account[rows]] * values + entities.value[rows])
    begins = np.ones(pairs.size, dtype=np.bool_)
    begins[1:] = pairs[1:] != pairs[:-1]
    value = np.sort(pairs[begins] % values)
    begins = np.ones(value.size, dtype=np.bool_)
    begins[1:] = value[1:] != value[:-1]
    places = np.nonzero(begins)[0]
    return _Shown(value[places], np.diff(np.append(places, value.size)))


def _degrees(population: Population, entities: Entities) -> _Degrees:
    return keyed(
        population,
        ("degrees", entities.kind, id(entities)),
        lambda: _Degrees(np.bincount(entities.orgs).astype(np.int64), int(entities.orgs.sum())),
    )


def shared_values(group: Group, entities: Entities, *, least: int = 3) -> list[Shared]:
    """Values that at least `least` organisations of the group show, the most surprising first.

    Null: an organisation's chance of showing a value is the value's share among the others, times how many values of
    the kind the organisation has (a degree-aware Poisson approximation of the bipartite configuration model, after
    Saracco et al. 2017), and no less than the share of the other organisations that show it: a value that is in most
    hands is so whatever else they hold. The p-value counts every value that could have been tested.
    """
    population = group.population
    mine = _shown(group, entities)
    values = len(entities.names)
    drawn = float(mine.inside.sum())
    everywhere = entities.orgs[mine.value]
    elsewhere = float(_degrees(population, entities).shown - mine.inside.sum())
    hands = group.size / max(1, len(population.orgs) - group.size)
    found = []
    for at in np.nonzero(mine.inside >= least)[0].tolist():
        inside, outside = int(mine.inside[at]), float(everywhere[at] - mine.inside[at])
        chance = (outside + 0.5) / (elsewhere + 0.5 * min(values, 1000))
        expected = min(max(drawn * chance, hands * outside), float(group.size))
        log10_p = any_of(poisson_tail(inside, expected), values)
        found.append(Shared(entities.kind, entities.names[mine.value[at]], inside, int(everywhere[at]), log10_p))
    return sorted(found, key=lambda s: (s.log10_p, s.name))


def strongest(group: Group, kinds: Iterable[str], *, cover: float = 0.0, least: int = 3) -> Finding | None:
    """The most surprising shared value over several kinds that are levels of one comparison.

    Args:
        cover: share of the group that must show the value.
    """
    best: Shared | None = None
    tried = 0
    for kind in kinds:
        entities = group.population.entities.get(kind)
        if entities is None:
            continue
        tried += 1
        for shared in shared_values(group, entities, least=least):
            if shared.inside >= cover * group.size and (best is None or _rank(shared) < _rank(best)):
                best = shared
    if best is None:
        return None
    return Finding(
        best.inside / group.size, any_of(best.log10_p, tried), describe(best, group.size), best.inside / best.population
    )


def _rank(shared: Shared) -> float:
    return shared.log10_p * shared.inside / shared.population


def describe(shared: Shared, size: int) -> str:
    """One sentence on a shared value."""
    return (
        f"{shared.inside} of {size} organisations show the {LABELS[shared.kind]} {shared.name}; "
        f"{shared.population - shared.inside} elsewhere do."
    )


def collisions(group: Group, entities: Entities) -> Finding | None:
    """Whether the group's organisations meet at the same values more often than chance, over all values together.

    Statistic: pairs of organisations at a value, summed without forming them. Null: as in `shared_values`.
    """
    mine = _shown(group, entities)
    if not mine.value.size or group.size < 3:
        return None
    inside = mine.inside.astype(np.float64)
    everywhere = entities.orgs[mine.value]
    # What nobody of the group shows is met at by chance too; values in as many hands are alike, and are counted, not listed.
    degrees = _degrees(group.population, entities)
    unseen = degrees.values - np.bincount(everywhere, minlength=degrees.values.size)
    outside = np.concatenate([everywhere - inside, np.arange(unseen.size)])
    times = np.concatenate([np.ones(inside.size), unseen])
    drawn = float(inside.sum())
    chance = (outside + 0.5) / (degrees.shown - drawn + 0.5 * len(entities.names))
    hands = group.size / max(1, len(group.population.orgs) - group.size)
    expected_at = np.minimum(np.maximum(drawn * chance, hands * outside), float(group.size))
    met = float(np.sum(inside * (inside - 1) / 2))
    expected = float(np.sum(times * (expected_at**2 / 2)))
    # Meetings at one value depend on each other: count as many independent ones as there are values met at.
    heavy = max(1.0, float(np.sum(inside * (inside - 1) / 2 * inside)) / max(met, 1.0))
    log10_p = poisson_tail(math.floor(met / heavy), expected / heavy)
    at = int(np.sum(inside >= 2))
    kind = PLURALS.get(entities.kind, LABELS[entities.kind] + "s")
    statement = f"The members meet at {at} {kind} ({met:,.0f} meetings; {expected:,.1f} by chance)."
    everybody = float(np.sum(np.where(inside >= 2, everywhere * (everywhere - 1.0) / 2, 0.0)))
    return Finding(met / max(expected, 1e-9), log10_p, statement, met / max(everybody, 1.0))
