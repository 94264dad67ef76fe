"""Fingerprinted traffic → a Population, on the engine that the settings name."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hydrometer.contract import TRAFFIC
from hydrometer.detection.ingestion.fingerprinted_traffic import fingerprint_to_parquet, record_reading
from hydrometer.detection.population.account_store.account_store import AccountStore
from hydrometer.detection.population.account_store.population_export import export_population
from hydrometer.detection.population.account_store.row_encoder import TRAFFIC_COLUMNS
from hydrometer.detection.population.population_assembly import list_measuring_steps, measure_population
from hydrometer.sources import FileTraffic, Rejects, cut_into_chunks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from hydrometer.contract import Engine, Progress, Settings
    from hydrometer.detection.ingestion.fingerprinted_traffic import FileReading, TrafficReading
    from hydrometer.detection.population.population import Ints, Population
    from hydrometer.detection.run_recorder import RunRecorder
    from hydrometer.sources import ParquetChunk


@dataclass(frozen=True, slots=True)
class MeasuredPopulation:
    """A population, the rows that were read, and how to find the ids and the sketches of exchanges by their indices in
    Events."""

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
        engine.add_table("wanted", pa.table({"place": np.arange(exchanges.size), "exchange_no": exchanges}))
        rows = engine.arrow(f"SELECT {name} FROM wanted JOIN exchange USING (exchange_no) ORDER BY place")
        return rows[name].combine_chunks().cast(TRAFFIC.column(name).type)

    return MeasuredPopulation(
        population, engine.count("traffic"), partial(column, "exchange_id"), partial(column, "sketch")
    )


def measure_by_account_store(engine: Engine, reading: FileReading, recorder: RunRecorder) -> MeasuredPopulation:
    """Sort the traffic by account and measure it with kernels; fingerprints in Parquet are read where they lie."""
    settings, progress, folder = recorder.settings, recorder.stage_progress(), reading.folder
    direct = reading.traffic if isinstance(reading.traffic, FileTraffic) and reading.traffic.chunkable else None
    if direct is None:
        with recorder.stage("read and fingerprint", reading.traffic.rows_hint):
            fingerprint_to_parquet(folder, reading, recorder)
    # What was fingerprinted here was conformed before, so that nothing is left to reject.
    with Rejects(reading.rejected if direct is not None else None) as rejects:
        if direct is not None:
            reading.accounts = direct.accounts(rejects)
            chunks = direct.chunks(TRAFFIC_COLUMNS, rejects)
        else:
            chunks = list(
                cut_into_chunks([folder / "traffic" / "part.parquet"], TRAFFIC_COLUMNS, lambda _: None, rejects)
            )
        engine.add_table("accounts", reading.accounts)
        rows = chunks[-1].first + chunks[-1].rows if chunks else 0
        account_store = AccountStore(
            folder / "ledger",
            reading.accounts,
            rows=rows,
            memory=settings.memory_bytes,
            threads=settings.cores,
            threshold=settings.fingerprint.elicitation_threshold,
        )
        with account_store as store:
            with recorder.stage("count shingles", rows):
                store.count_shingles(chunks, progress)
            with recorder.stage("sort by account", rows):
                store.append(chunks, progress)
        if direct is not None:
            record_reading(reading, rejects, recorder)
    with recorder.stage("measure", 2 * store.row_count):
        population = finalize_population(
            folder, engine, store, chunks, settings, reading.columns, reading.traffic.releases, progress
        )
    source = store.columns["source"].memory_map()

    def column(name: str, read: Callable[[ParquetChunk, Ints], pa.Array], exchanges: Ints) -> pa.Array:
        positions = np.asarray(source[exchanges])
        order = np.argsort(positions, kind="stable")
        slices = [read(chunk, chunk_positions) for chunk, chunk_positions in _group_by_chunk(chunks, positions[order])]
        back = np.empty(order.size, np.int64)
        back[order] = np.arange(order.size)
        return pa.chunked_array(slices, TRAFFIC.column(name).type).take(pa.array(back)).combine_chunks()

    return MeasuredPopulation(
        population,
        store.row_count,
        partial(column, "exchange_id", lambda chunk, chunk_positions: chunk.strings_at("exchange_id", chunk_positions)),
        partial(
            column,
            "sketch",
            lambda chunk, chunk_positions: chunk.sketches().take(pa.array(chunk_positions - chunk.first)),
        ),
    )


def finalize_population(
    folder: Path,
    engine: Engine,
    store: AccountStore,
    chunks: list[ParquetChunk],
    settings: Settings,
    columns: frozenset[str],
    releases: dict[str, datetime],
    progress: Progress,
) -> Population:
    """Measure a ledger into which all chunks have been entered, each exchange once."""
    steps = list_measuring_steps(settings)
    dropped = _find_dropped_rows(folder, store.find_repeated_rows(), chunks, engine, steps[0].sql)
    store.finalize(dropped, progress)
    return export_population(store, engine, steps, columns=columns, releases=releases)


def _group_by_chunk(chunks: list[ParquetChunk], positions: Ints) -> Iterator[tuple[ParquetChunk, Ints]]:
    """Ascending places by the chunk that they are in."""
    firsts = [chunk.first for chunk in chunks]
    at = 0
    while at < positions.size:
        number = bisect_right(firsts, int(positions[at])) - 1
        stop = int(np.searchsorted(positions, firsts[number + 1])) if number + 1 < len(firsts) else positions.size
        yield chunks[number], positions[at:stop]
        at = stop


def _find_dropped_rows(
    folder: Path, repeated: Ints, chunks: list[ParquetChunk], engine: Engine, deduplication_sql: str
) -> Ints:
    """Places of the rows that the step `traffic_once` leaves out, among those whose id comes more than once."""
    if not repeated.size:
        return repeated
    position_field = pa.field("place", pa.int64())
    path = folder / "repeated.parquet"
    with pq.ParquetWriter(
        path, TRAFFIC.schema.append(position_field), compression="zstd", compression_level=1
    ) as writer:
        for chunk, positions in _group_by_chunk(chunks, repeated):
            rows = chunk.rows_at(positions)
            writer.write_batch(pa.RecordBatch.from_arrays([*rows.columns, pa.array(positions)], schema=writer.schema))
    engine.view("traffic", path)
    kept = engine.arrow(f"SELECT place FROM ({deduplication_sql})")["place"].to_numpy()
    return np.setdiff1d(repeated, kept)
