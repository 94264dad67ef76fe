"""What campaigns took, by the exchanges' own ids and sketches, which only the traffic knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from hydrometer.campaigns.templates import sample, strangers, template_table
from hydrometer.contract.results import HARVESTED, TEMPLATES

if TYPE_CHECKING:
    from hydrometer.campaigns.detect import Findings
    from hydrometer.campaigns.harvested import Harvest
    from hydrometer.flow.measuring import Measured


def harvested_of(measured: Measured, findings: Findings) -> pa.Table:
    """Exchange ids of what the campaigns took."""
    found = list(zip(findings.campaigns, findings.harvests, strict=True))
    if not found:
        return HARVESTED.schema.empty_table()
    taken = pa.table(
        {
            # Asked for at once: an engine looks through all exchanges for them.
            "exchange_id": measured.ids(np.concatenate([harvest.exchanges for _, harvest in found])),
            "campaign_id": pa.chunked_array(
                pa.repeat(campaign.id, harvest.exchanges.size) for campaign, harvest in found
            ),
            "template_id": pa.chunked_array(_names(harvest) for _, harvest in found),
            "probability": np.concatenate([harvest.probability for _, harvest in found]),
        },
        schema=HARVESTED.schema,
    )
    return taken.sort_by([("exchange_id", "ascending"), ("campaign_id", "ascending")])


def _names(harvest: Harvest) -> pa.Array:
    """Each exchange's wording, null without one."""
    return pa.array([None, *(wording.id for wording in harvest.wordings)], pa.string()).take(pa.array(harvest.template))


def templates_of(measured: Measured, findings: Findings) -> pa.Table:
    """What recognises the demands of the campaigns."""
    population = measured.population
    wordings = [
        (campaign.id, wording)
        for campaign, harvest in zip(findings.campaigns, findings.harvests, strict=True)
        for wording in harvest.wordings
    ]
    if not wordings:
        return TEMPLATES.schema.empty_table()
    wanted = [sample(population, wording.exchanges) for _, wording in wordings]
    others = strangers(population, findings.taken)
    # Asked for at once, as the ids are.
    found = measured.sketches(np.concatenate([*wanted, others]))
    ends = np.cumsum([exchanges.size for exchanges in wanted])
    parts = [found.slice(end - size.size, size.size) for end, size in zip(ends, wanted, strict=True)]
    return template_table(wordings, parts, found.slice(ends[-1]))
