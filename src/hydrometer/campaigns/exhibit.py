"""What the report draws of a campaign: its days and hours, what its accounts share, its wordings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract.moment import moment
from hydrometer.contract.results import Entity, Exhibit, Template

if TYPE_CHECKING:
    from hydrometer.campaigns.harvested import Harvest
    from hydrometer.contract.group import Group
    from hydrometer.contract.population import Entities

DAY = 86_400_000_000
HOUR = 3_600_000_000
NOTABLE = 0.1
"""Least share of the members that show a value worth a line."""
POPULAR = 1.0
"""Below so many bits a shared value is ignored, and shown as such when most members have it."""
PER_KIND = 3
MOST_ENTITIES = 24


def exhibit(group: Group, harvest: Harvest) -> Exhibit:
    """Draw up the exhibit of a campaign; the wordings' texts are added later, where texts may be read."""
    population, events = group.population, group.population.events
    first_day = population.start // DAY
    days = int(population.end // DAY - first_day + 1)
    time = events.time[group.events]
    day, hour = time // DAY - first_day, time // HOUR % 24
    harvested = np.bincount(events.time[harvest.exchanges] // DAY - first_day, minlength=days)
    grid = np.bincount(day * 24 + hour, minlength=days * 24).reshape(days, 24)
    origin = datetime.fromtimestamp(first_day * 86_400, UTC)
    return Exhibit(
        days=[(origin + timedelta(days=d)).date().isoformat() for d in range(days)],
        exchanges_by_day=np.bincount(day, minlength=days).tolist(),
        harvested_by_day=harvested.tolist(),
        hour_by_day=grid.tolist(),
        entities=_entities(group),
        templates=[
            Template(
                id=wording.id,
                exchanges=int(wording.exchanges.size),
                accounts=wording.accounts,
                elicitation=wording.elicitation,
            )
            for wording in harvest.wordings
        ],
        releases=[
            (population.models[model], moment(released).isoformat())
            for model, released in sorted(population.releases.items())
        ],
    )


def _entities(group: Group) -> list[Entity]:
    found: list[Entity] = []
    for kind, entities in group.population.entities.items():
        if kind != "email_length":
            found += _shared(group, entities)[:PER_KIND]
    # A network in which only one address counts says the same again.
    addresses = {(e.accounts, e.population) for e in found if e.kind == "address"}
    found = [e for e in found if e.kind != "network" or (e.accounts, e.population) not in addresses]
    found.sort(key=lambda e: (e.ignored, -e.bits * e.accounts, e.kind, e.value))
    return found[:MOST_ENTITIES]


def _shared(group: Group, entities: Entities) -> list[Entity]:
    mine = entities.of(group.members)
    values = max(1, len(entities.names))
    inside = np.bincount(entities.value[mine], minlength=values)
    everywhere = np.bincount(entities.value, minlength=values)
    members, others = group.accounts.size, max(1, group.population.size - group.accounts.size)
    shown = np.nonzero(inside >= max(2.0, NOTABLE * members))[0]
    found = []
    for value in shown.tolist():
        rate = (everywhere[value] - inside[value] + 0.5) / (others + 1)
        bits = float(np.log2(max(inside[value] / members / rate, 1e-3)))
        found.append(
            Entity(
                kind=entities.kind,
                value=entities.names[value],
                family=entities.family,
                accounts=int(inside[value]),
                population=int(everywhere[value]),
                bits=round(max(0.0, bits), 3),
                ignored=bits < POPULAR,
            )
        )
    return sorted(found, key=lambda e: (-e.accounts * max(e.bits, 0.01), e.value))
