"""What the report draws of a campaign: its days and hours, what its accounts share, its templates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract import CampaignExhibit, EntityKind, SharedEntity, Template, micros_to_datetime

if TYPE_CHECKING:
    from hydrometer.detection.campaigns.campaign_harvest import CampaignHarvest
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import EntityPairs

DAY = 86_400_000_000
HOUR = 3_600_000_000
NOTABLE = 0.1
"""Least share of the members that show a value worth a line."""
POPULAR = 1.0
"""Below so many bits a shared value is ignored, and shown as such when most members have it."""
PER_KIND = 3
MOST_ENTITIES = 24


def build_exhibit(group: AccountGroup, harvest: CampaignHarvest) -> CampaignExhibit:
    """Draw up the exhibit of a campaign; the templates' texts are added later, where texts may be read."""
    population, events = group.population, group.population.events
    first_day = population.start // DAY
    days = int(population.end // DAY - first_day + 1)
    time = events.time[group.events]
    day, hour = time // DAY - first_day, time // HOUR % 24
    harvested = np.bincount(events.time[harvest.exchanges] // DAY - first_day, minlength=days)
    grid = np.bincount(day * 24 + hour, minlength=days * 24).reshape(days, 24)
    origin = datetime.fromtimestamp(first_day * 86_400, UTC)
    return CampaignExhibit(
        days=[(origin + timedelta(days=d)).date().isoformat() for d in range(days)],
        exchanges_by_day=np.bincount(day, minlength=days).tolist(),
        harvested_by_day=harvested.tolist(),
        hour_by_day=grid.tolist(),
        entities=_list_entities(group),
        templates=[
            Template(
                id=template.id,
                exchanges=int(template.exchanges.size),
                accounts=template.accounts,
                elicitation=template.elicitation,
            )
            for template in harvest.templates
        ],
        releases=[
            (population.models[model], micros_to_datetime(released).isoformat())
            for model, released in sorted(population.releases.items())
        ],
    )


def _list_entities(group: AccountGroup) -> list[SharedEntity]:
    rows: list[SharedEntity] = []
    for kind, entities in group.population.entities.items():
        if kind != EntityKind.EMAIL_LENGTH:
            rows += _list_shared_values(group, entities)[:PER_KIND]
    # A network in which only one address counts says the same again.
    addresses = {(e.accounts, e.population) for e in rows if e.kind == EntityKind.ADDRESS}
    rows = [e for e in rows if e.kind != EntityKind.NETWORK or (e.accounts, e.population) not in addresses]
    rows.sort(key=lambda e: (e.ignored, -e.bits * e.accounts, e.kind, e.value))
    return rows[:MOST_ENTITIES]


def _list_shared_values(group: AccountGroup, entities: EntityPairs) -> list[SharedEntity]:
    mine = entities.mask_members(group.members)
    values = max(1, len(entities.names))
    inside = np.bincount(entities.value[mine], minlength=values)
    everywhere = np.bincount(entities.value, minlength=values)
    members, others = group.accounts.size, max(1, group.population.size - group.accounts.size)
    shown = np.nonzero(inside >= max(2.0, NOTABLE * members))[0]
    rows = []
    for value in shown.tolist():
        rate = (everywhere[value] - inside[value] + 0.5) / (others + 1)
        bits = float(np.log2(max(inside[value] / members / rate, 1e-3)))
        rows.append(
            SharedEntity(
                kind=entities.kind,
                value=entities.names[value],
                family=entities.family,
                accounts=int(inside[value]),
                population=int(everywhere[value]),
                bits=round(max(0.0, bits), 3),
                ignored=bits < POPULAR,
            )
        )
    return sorted(rows, key=lambda e: (-e.accounts * max(e.bits, 0.01), e.value))
