"""Fingerprinted traffic → a Population, on the engine that the settings name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from hydrometer.contract import TRAFFIC
from hydrometer.detection.ingestion.fingerprinted_traffic import fingerprint_to_parquet, record_reading
from hydrometer.detection.population.account_store.account_store import build_account_store
from hydrometer.detection.population.account_store.chunk_lookup import ChunkLookup
from hydrometer.detection.population.account_store.frequent_shingles import count_shingles
from hydrometer.detection.population.account_store.partitioned_store import partition_traffic
from hydrometer.detection.population.account_store.population_export import export_population
from hydrometer.detection.population.account_store.repeated_exchanges import find_repeated_exchanges
from hydrometer.detection.population.account_store.row_encoder import TRAFFIC_COLUMNS, RowEncoder
from hydrometer.detection.population.account_store.store_budget import StoreBudget
from hydrometer.detection.population.population_assembly import list_measuring_steps, measure_population
from hydrometer.sources import FileTraffic, Rejects, cut_into_chunks

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydrometer.contract import Engine
    from hydrometer.detection.ingestion.fingerprinted_traffic import FileReading, TrafficReading
    from hydrometer.detection.population.account_store.partitioned_store import PartitionedStore
    from hydrometer.detection.population.population import Ints, Population
    from hydrometer.detection.run_recorder import RunRecorder
    from hydrometer.sources import ParquetChunk


@dataclass(frozen=True, slots=True)
class MeasuredPopulation:
    """A population, and what of the traffic it does not hold.

    Attributes:
        population: what was measured of everybody.
        rows: rows of the traffic.
        ids: returns the ids of exchanges by their indices in the population.
        sketches: returns their sketches.
    """

    population: Population
    rows: int
    ids: Callable[[Ints], pa.Array]
    sketches: Callable[[Ints], pa.ListArray]


def measure_by_steps(engine: Engine, reading: TrafficReading, recorder: RunRecorder) -> MeasuredPopulation:
    """Read the traffic into the engine and run every step as SQL."""
    with recorder.stage("read and fingerprint", reading.traffic.rows_hint):
        reading.fingerprint_into(engine, recorder)
    steps = list_measuring_steps(recorder.settings)
    with recorder.stage("measure", len(steps)):
        engine.run(steps, recorder.stage_progress())
        population = measure_population(engine, columns=reading.columns, releases=reading.traffic.releases)

    def column(name: str, exchanges: Ints) -> pa.Array:
        engine.add_table("wanted", pa.table({"position": np.arange(exchanges.size), "exchange_no": exchanges}))
        rows = engine.arrow(f"SELECT {name} FROM wanted JOIN exchange USING (exchange_no) ORDER BY position")
        return rows[name].combine_chunks().cast(TRAFFIC.column(name).type)

    return MeasuredPopulation(
        population, engine.count("traffic"), partial(column, "exchange_id"), partial(column, "sketch")
    )


def measure_by_account_store(engine: Engine, reading: FileReading, recorder: RunRecorder) -> MeasuredPopulation:
    """Sort the traffic by account and measure it with kernels; fingerprints in Parquet are read where they lie."""
    direct = reading.traffic if isinstance(reading.traffic, FileTraffic) and reading.traffic.chunkable else None
    if direct is None:
        with recorder.stage("read and fingerprint", reading.traffic.rows_hint):
            fingerprint_to_parquet(reading.folder, reading, recorder)
    # What was fingerprinted here was conformed before, so that nothing is left to reject.
    with Rejects(reading.rejected if direct is not None else None) as rejects:
        if direct is not None:
            reading.accounts = direct.accounts(rejects)
            chunks = direct.chunks(TRAFFIC_COLUMNS, rejects)
        else:
            traffic = reading.folder / "traffic" / "part.parquet"
            chunks = list(cut_into_chunks([traffic], TRAFFIC_COLUMNS, rejects))
        engine.add_table("accounts", reading.accounts)
        partitioned = _partition_chunks(chunks, reading, recorder)
        if direct is not None:
            record_reading(reading, rejects, recorder)
    rows, steps = partitioned.row_count, list_measuring_steps(recorder.settings)
    with recorder.stage("measure", 2 * rows):
        dropped = find_repeated_exchanges(partitioned, chunks, engine)
        store = build_account_store(partitioned, dropped, recorder.stage_progress())
        # What only sorting needed is not kept in memory beside the population.
        del partitioned
        population = export_population(store, engine, steps, columns=reading.columns, releases=reading.traffic.releases)
    lookup = ChunkLookup(chunks, store.stored.columns["source"].memory_map())
    return MeasuredPopulation(population, rows, lookup.take_ids, lookup.take_sketches)


def _partition_chunks(chunks: list[ParquetChunk], reading: FileReading, recorder: RunRecorder) -> PartitionedStore:
    """Go over all chunks twice: for their shingles, and for their rows."""
    settings, progress = recorder.settings, recorder.stage_progress()
    rows = chunks[-1].first + chunks[-1].rows if chunks else 0
    budget = StoreBudget(reading.folder / "accounts", rows, settings.memory_bytes, settings.cores)
    encoder = RowEncoder(reading.accounts, settings.fingerprint.elicitation_threshold)
    with recorder.stage("count shingles", rows):
        frequent = count_shingles(chunks, budget, progress)
    with recorder.stage("sort by account", rows):
        return partition_traffic(chunks, encoder, frequent, budget, progress)
