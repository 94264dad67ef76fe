"""Who past requests are of, and which of them are a harvest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.enforcement.backtest.impact import GroundTruth
from hydrometer.lab.evaluation import find_indices, read_harvest, read_truth

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hydrometer.enforcement.backtest.past_requests import PastRequests
    from hydrometer.result import ResultFolder


def build_ground_truth(
    past: PastRequests, accounts: pa.Table, results: Sequence[ResultFolder], world: Path | None
) -> GroundTruth:
    """Return who the requests are of: by the truth beside a labelled world, or else by what the results say and by plan.

    Raises:
        InputError: the truth is missing or damaged.
    """
    names = pc.unique(past.table["account_id"]).sort()
    account = find_indices(past.table["account_id"].combine_chunks(), names)
    ids = past.table["exchange_id"].combine_chunks()
    if world is not None:
        truth, harvest = read_truth(world), read_harvest(world)
        truth_rows = find_indices(names, truth.accounts)
        honest = (truth_rows < 0) | (truth.operator[truth_rows] < 0)
        group = np.where(truth_rows >= 0, truth.kind[truth_rows], len(truth.kinds))
        labels = [*truth.kinds, "unknown to the truth"]
        harvested = find_indices(ids, harvest.exchanges) >= 0
    else:
        members = pa.concat_arrays([pa.array(each.members["account_id"].to_pylist(), pa.string()) for each in results])
        honest = find_indices(names, members) < 0
        # An account that is in no table has no row, and so no plan.
        rows = pc.index_in(names, value_set=accounts["account_id"].combine_chunks())
        plans = accounts["plan"].combine_chunks().take(rows)
        coded = pc.fill_null(plans, "no plan known").dictionary_encode()
        group, labels = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64), coded.dictionary.to_pylist()
        harvested_ids = [pa.array(each.harvested["exchange_id"].to_pylist(), pa.string()) for each in results]
        harvested = find_indices(ids, pa.concat_arrays(harvested_ids)) >= 0
    return GroundTruth(
        account,
        names.to_pylist(),
        np.asarray(group, np.int64),
        labels,
        np.asarray(honest, np.bool_),
        np.asarray(harvested, np.bool_),
        past.weight,
        past.table["started_at"].cast("int64").to_numpy(),
    )
