"""Which rows repeat an exchange: by the step that says so, run on the few rows whose id comes more than once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hydrometer.contract import TRAFFIC
from hydrometer.detection.population.account_store.chunk_lookup import group_by_chunk
from hydrometer.detection.population.measuring_steps import TRAFFIC_ONCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.contract import Engine
    from hydrometer.detection.population.account_store.partitioned_store import PartitionedStore
    from hydrometer.detection.population.population import Ints
    from hydrometer.sources import ParquetChunk


def find_repeated_exchanges(store: PartitionedStore, chunks: Sequence[ParquetChunk], engine: Engine) -> Ints:
    """Return the positions of the rows that the step `traffic_once` leaves out, ascending."""
    repeated = store.ids.find_repeated_rows(store.budget.memory)
    if not repeated.size:
        return repeated
    schema = TRAFFIC.schema.append(pa.field("position", pa.int64()))
    path = store.budget.folder / "repeated.parquet"
    with pq.ParquetWriter(path, schema, compression="zstd", compression_level=1) as writer:
        for chunk, positions in group_by_chunk(chunks, repeated):
            rows = chunk.rows_at(positions)
            writer.write_batch(pa.RecordBatch.from_arrays([*rows.columns, pa.array(positions)], schema=writer.schema))
    engine.view("traffic", path)
    kept = engine.arrow(f"SELECT position FROM ({TRAFFIC_ONCE.sql})")["position"].to_numpy()
    return np.setdiff1d(repeated, kept)
