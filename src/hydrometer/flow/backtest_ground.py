"""Who past requests are of, and which of them are a harvest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.evaluation.truth import index_in, read_harvest, read_truth
from hydrometer.response.effects import Ground

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hydrometer.flow.past_requests import PastRequests
    from hydrometer.store.result import ResultFolder


def ground_of(past: PastRequests, accounts: pa.Table, results: Sequence[ResultFolder], world: Path | None) -> Ground:
    """Return who the requests are of: by the truth beside a labelled world, or else by what the results say and by plan.

    Raises:
        InputError: the truth is missing or damaged.
    """
    names = pc.unique(past.table["account_id"]).sort()
    account = index_in(past.table["account_id"].combine_chunks(), names)
    ids = past.table["exchange_id"].combine_chunks()
    if world is not None:
        truth, harvest = read_truth(world), read_harvest(world)
        place = index_in(names, truth.accounts)
        honest = (place < 0) | (truth.operator[place] < 0)
        group = np.where(place >= 0, truth.kind[place], len(truth.kinds))
        labels = [*truth.kinds, "unknown to the truth"]
        harvested = index_in(ids, harvest.exchanges) >= 0
    else:
        members = pa.concat_arrays([pa.array(each.members["account_id"].to_pylist(), pa.string()) for each in results])
        honest = index_in(names, members) < 0
        # An account that no table tells of has no row, and so no plan.
        rows = pc.index_in(names, value_set=accounts["account_id"].combine_chunks())
        plans = accounts["plan"].combine_chunks().take(rows)
        coded = pc.fill_null(plans, "no plan known").dictionary_encode()
        group, labels = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64), coded.dictionary.to_pylist()
        taken = [pa.array(each.harvested["exchange_id"].to_pylist(), pa.string()) for each in results]
        harvested = index_in(ids, pa.concat_arrays(taken)) >= 0
    return Ground(
        account,
        names.to_pylist(),
        np.asarray(group, np.int64),
        labels,
        np.asarray(honest, np.bool_),
        np.asarray(harvested, np.bool_),
        past.weight,
        past.table["started_at"].cast("int64").to_numpy(),
    )
