"""What campaigns took, by the exchanges' own ids and sketches, which only the traffic knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from hydrometer.contract import HARVESTED, TEMPLATES
from hydrometer.detection.campaigns.template_hashes import (
    sample_strangers,
    select_distinct_exchanges,
    tabulate_templates,
)

if TYPE_CHECKING:
    from hydrometer.contract import Campaign
    from hydrometer.detection.campaigns.campaign_findings import CampaignFindings
    from hydrometer.detection.campaigns.campaign_harvest import CampaignHarvest
    from hydrometer.detection.population_measurement import MeasuredPopulation


def _pair_harvests(findings: CampaignFindings) -> list[tuple[Campaign, CampaignHarvest]]:
    """Return campaigns with what they took; a watch accuses nobody of having taken anything."""
    pairs = zip(findings.campaigns, findings.harvests, strict=True)
    return [(campaign, harvest) for campaign, harvest in pairs if campaign.verdict == "campaign"]


def build_harvest_table(measured: MeasuredPopulation, findings: CampaignFindings) -> pa.Table:
    """Exchange ids of what the campaigns took."""
    harvest_pairs = _pair_harvests(findings)
    if not harvest_pairs:
        return HARVESTED.schema.empty_table()
    table = pa.table(
        {
            # Asked for at once: an engine looks through all exchanges for them.
            "exchange_id": measured.ids(np.concatenate([harvest.exchanges for _, harvest in harvest_pairs])),
            "campaign_id": pa.chunked_array(
                pa.repeat(campaign.id, harvest.exchanges.size) for campaign, harvest in harvest_pairs
            ),
            "template_id": pa.chunked_array(_name_templates(harvest) for _, harvest in harvest_pairs),
            "probability": np.concatenate([harvest.probability for _, harvest in harvest_pairs]),
        },
        schema=HARVESTED.schema,
    )
    return table.sort_by([("exchange_id", "ascending"), ("campaign_id", "ascending")])


def _name_templates(harvest: CampaignHarvest) -> pa.Array:
    """Each exchange's template, null without one."""
    return pa.array([None, *(template.id for template in harvest.templates)], pa.string()).take(
        pa.array(harvest.template)
    )


def build_template_table(measured: MeasuredPopulation, findings: CampaignFindings) -> pa.Table:
    """Return what recognises the demands of the campaigns."""
    population = measured.population
    templates = [
        (campaign.id, template) for campaign, harvest in _pair_harvests(findings) for template in harvest.templates
    ]
    if not templates:
        return TEMPLATES.schema.empty_table()
    exchange_samples = [select_distinct_exchanges(population, template.exchanges) for _, template in templates]
    others = sample_strangers(population, findings.campaign_accounts)
    # Asked for at once, as the ids are.
    sketches = measured.sketches(np.concatenate([*exchange_samples, others]))
    ends = np.cumsum([exchanges.size for exchanges in exchange_samples])
    parts = [sketches.slice(end - size.size, size.size) for end, size in zip(ends, exchange_samples, strict=True)]
    return tabulate_templates(templates, parts, sketches.slice(ends[-1]))
