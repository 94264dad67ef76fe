"""Which exchanges were harvested, and whether templates tell the beneficiaries of one operator apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.contract import BcubedSums, ExchangeCounts, OperatorExchanges
from hydrometer.lab.evaluation.bcubed import sum_bcubed
from hydrometer.lab.evaluation.parquet_columns import read_columns, read_probabilities, read_texts
from hydrometer.lab.evaluation.world_truth import HarvestTruth, find_indices

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hydrometer.detection.population import Ints

HARVESTED = "harvested.parquet"


def has_harvest_file(folder: Path) -> bool:
    """Return whether a result says which exchanges were harvested."""
    return (folder / HARVESTED).exists()


def score_exchanges(
    folder: Path, harvest: HarvestTruth, at: float, main: Mapping[str, str]
) -> tuple[ExchangeCounts, BcubedSums | None]:
    """Compare the exchanges of harvested.parquet with the truth; `main` names the operator that a campaign mainly is.

    Exchanges with a probability of at least `at` are claimed. The second value is the B-cubed of templates against
    beneficiaries, over the claimed harvest of operators with several; an exchange without a template is alone. It is
    None where the result has no templates or no operator has several beneficiaries.

    Raises:
        InputError: harvested.parquet is damaged, or lacks a column or value.
    """
    file = folder / HARVESTED
    table = read_columns(file, ("exchange_id", "campaign_id"), ("template_id", "probability"))
    probability, _ = read_probabilities(table, file)
    table = table.filter(pa.array(probability >= at))
    ids = read_texts(table, "exchange_id", file)
    distinct = pc.unique(ids)
    exchange, true = find_indices(ids, distinct), find_indices(distinct, harvest.exchanges)
    names = sorted({*harvest.operators, *main.values()})
    rename = np.array([*(names.index(name) for name in harvest.operators), -1], dtype=np.int64)
    of = rename[np.where(true >= 0, harvest.operator[true], -1)] if harvest.operators else np.full(true.size, -1)
    campaigns = read_texts(table, "campaign_id", file)
    campaign_ids = pa.array(list(main), pa.large_string())
    number = np.array([*(names.index(main[name]) for name in main), -1], dtype=np.int64)[
        find_indices(campaigns, campaign_ids)
    ]
    pairs = np.unique(np.stack([exchange, number], axis=1)[number >= 0], axis=0)
    claimed = np.bincount(pairs[:, 1], minlength=len(names))
    hits = np.bincount(pairs[of[pairs[:, 0]] == pairs[:, 1], 1], minlength=len(names))
    whole = np.bincount(rename[harvest.operator], minlength=len(names))
    recalled = np.bincount(of[of >= 0], minlength=len(names))
    counts = ExchangeCounts(
        claimed=len(distinct),
        hits=int((true >= 0).sum()),
        harvest=len(harvest.exchanges),
        operators={
            name: OperatorExchanges(
                claimed=int(claimed[n]), hits=int(hits[n]), harvest=int(whole[n]), recalled=int(recalled[n])
            )
            for n, name in enumerate(names)
        },
    )
    if "template_id" not in table.column_names:
        return counts, None
    templates = read_texts(table, "template_id", file, nulls=True)
    return counts, _score_templates(
        harvest, true, exchange, find_indices(templates, pc.unique(templates.drop_null())), campaigns
    )


def _score_templates(
    harvest: HarvestTruth, true: Ints, exchange: Ints, template: Ints, campaigns: pa.Array
) -> BcubedSums | None:
    """Return the B-cubed of templates (-1: none) against beneficiaries; a template is one of its campaign only."""
    width = len(harvest.beneficiaries)
    served = harvest.beneficiary >= 0
    pairs = np.unique(harvest.operator[served] * max(1, width) + harvest.beneficiary[served])
    several = np.bincount(pairs // max(1, width), minlength=len(harvest.operators)) >= 2
    if not several.any():
        return None
    items = np.flatnonzero(true >= 0)
    items = items[several[harvest.operator[true[items]]] & (harvest.beneficiary[true[items]] >= 0)]
    category = harvest.operator[true[items]] * width + harvest.beneficiary[true[items]]
    item_index = np.full(true.size, -1, dtype=np.int64)
    item_index[items] = np.arange(items.size)
    rows = (item_index[exchange] >= 0) & (template >= 0)
    campaign = find_indices(campaigns, pc.unique(campaigns))
    _, cluster = np.unique(campaign[rows] * (int(template.max(initial=0)) + 1) + template[rows], return_inverse=True)
    memberships = np.unique(np.stack([item_index[exchange[rows]], cluster], axis=1), axis=0)
    return sum_bcubed(category, memberships[:, 0], memberships[:, 1])
