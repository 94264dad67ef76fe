"""How surprising it is that so many organisations of a group share one value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.signals.signal import Finding
from hydrometer.signals.statistics import any_of, poisson_tail

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hydrometer.contract.group import Group
    from hydrometer.contract.population import Entities

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


def shared_values(group: Group, entities: Entities, *, least: int = 3) -> list[Shared]:
    """Values that at least `least` organisations of the group show, the most surprising first.

    Null: an organisation's chance of showing a value is the value's share among the others, times how many values of
    the kind the organisation has (a degree-aware Poisson approximation of the bipartite configuration model, after
    Saracco et al. 2017), and no less than the share of the other organisations that show it: a value that is in most
    hands is so whatever else they hold. The p-value counts every value that could have been tested.
    """
    population = group.population
    mine = entities.of(group.members)
    values = len(entities.names)
    if not mine.any():
        return []
    org = population.org[entities.account]
    pairs = np.unique(org[mine] * values + entities.value[mine])
    inside = np.bincount(pairs % values, minlength=values)
    drawn = float(pairs.size)
    outside = entities.orgs - inside
    elsewhere = float(outside.sum())
    hands = group.size / max(1, len(population.orgs) - group.size)
    shown = np.nonzero(inside >= least)[0]
    found = []
    for value in shown.tolist():
        chance = (float(outside[value]) + 0.5) / (elsewhere + 0.5 * min(values, 1000))
        expected = min(max(drawn * chance, hands * float(outside[value])), float(group.size))
        log10_p = any_of(poisson_tail(int(inside[value]), expected), values)
        found.append(
            Shared(entities.kind, entities.names[value], int(inside[value]), int(entities.orgs[value]), log10_p)
        )
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
    mine = entities.of(group.members)
    values = len(entities.names)
    if not mine.any() or group.size < 3:
        return None
    org = group.population.org[entities.account]
    pairs = np.unique(org[mine] * values + entities.value[mine])
    inside = np.bincount(pairs % values, minlength=values).astype(np.float64)
    outside = entities.orgs - inside
    chance = (outside + 0.5) / (float(outside.sum()) + 0.5 * values)
    hands = group.size / max(1, len(group.population.orgs) - group.size)
    expected_at = np.minimum(np.maximum(pairs.size * chance, hands * outside), float(group.size))
    met = float(np.sum(inside * (inside - 1) / 2))
    expected = float(np.sum(expected_at**2 / 2))
    # Meetings at one value depend on each other: count as many independent ones as there are values met at.
    heavy = max(1.0, float(np.sum(inside * (inside - 1) / 2 * inside)) / max(met, 1.0))
    log10_p = poisson_tail(math.floor(met / heavy), expected / heavy)
    at = int(np.sum(inside >= 2))
    kind = PLURALS.get(entities.kind, LABELS[entities.kind] + "s")
    statement = f"The members meet at {at} {kind} ({met:,.0f} meetings; {expected:,.1f} by chance)."
    everybody = float(np.sum(np.where(inside >= 2, entities.orgs * (entities.orgs - 1.0) / 2, 0.0)))
    return Finding(met / max(expected, 1e-9), log10_p, statement, met / max(everybody, 1.0))
