"""Fingerprinted traffic → a Population, on the engine that the settings name."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hydrometer.contract.fingerprints import TRAFFIC
from hydrometer.flow.reading import read_into, settle
from hydrometer.signals.ledger.ledger import Ledger
from hydrometer.signals.ledger.population import population_of
from hydrometer.signals.ledger.rows import COLUMNS
from hydrometer.signals.measure import measure, measuring_steps
from hydrometer.sources import Rejects, chunked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from hydrometer.contract.engine import Engine
    from hydrometer.contract.population import Ints, Population
    from hydrometer.contract.progress import Progress
    from hydrometer.contract.settings import Settings
    from hydrometer.flow.account import Account
    from hydrometer.flow.reading import FileReading, Reading
    from hydrometer.sources import ParquetChunk


@dataclass(frozen=True, slots=True)
class Measured:
    """A population, the rows that were read, and how to find the ids and the sketches of exchanges by their indices in
    Events."""

    population: Population
    rows: int
    ids: Callable[[Ints], pa.Array]
    sketches: Callable[[Ints], pa.ListArray]


def by_steps(engine: Engine, reading: Reading, account: Account) -> Measured:
    """Read the traffic into the engine and run every step as SQL."""
    with account.stage("read and fingerprint", reading.traffic.rows_hint):
        reading.into(engine, account)
    steps = measuring_steps(account.settings)
    with account.stage("measure", len(steps)):
        engine.run(steps, account.stage_progress())
        population = measure(engine, columns=reading.columns, releases=reading.traffic.releases)

    def column(name: str, exchanges: Ints) -> pa.Array:
        engine.put("wanted", pa.table({"place": np.arange(exchanges.size), "exchange_no": exchanges}))
        found = engine.arrow(f"SELECT {name} FROM wanted JOIN exchange USING (exchange_no) ORDER BY place")
        return found[name].combine_chunks().cast(TRAFFIC.column(name).type)

    return Measured(population, engine.count("traffic"), partial(column, "exchange_id"), partial(column, "sketch"))


def by_ledger(engine: Engine, reading: FileReading, account: Account) -> Measured:
    """Sort the traffic by account and measure it with kernels; fingerprints in Parquet are read where they lie."""
    settings, progress, folder = account.settings, account.stage_progress(), reading.folder
    direct = reading.traffic.chunkable
    if not direct:
        with account.stage("read and fingerprint", reading.traffic.rows_hint):
            read_into(folder, reading, account)
    # What was fingerprinted here was conformed before, so that nothing is left to reject.
    with Rejects(reading.rejected if direct else None) as rejects:
        if direct:
            reading.accounts = reading.traffic.accounts(rejects)
            chunks = reading.traffic.chunks(COLUMNS, rejects)
        else:
            chunks = list(chunked([folder / "traffic" / "part.parquet"], COLUMNS, lambda _: None, rejects))
        engine.put("accounts", reading.accounts)
        rows = chunks[-1].first + chunks[-1].rows if chunks else 0
        opened = Ledger(
            folder / "ledger",
            reading.accounts,
            rows=rows,
            memory=settings.memory_bytes,
            threads=settings.cores,
            threshold=settings.fingerprint.elicitation_threshold,
        )
        with opened as ledger:
            with account.stage("count shingles", rows):
                ledger.scan(chunks, progress)
            with account.stage("sort by account", rows):
                ledger.enter(chunks, progress)
        if direct:
            settle(reading, rejects, account)
    with account.stage("measure", 2 * ledger.entered):
        population = close_books(
            folder, engine, ledger, chunks, settings, reading.columns, reading.traffic.releases, progress
        )
    source = ledger.columns["source"].mapped()

    def column(name: str, read: Callable[[ParquetChunk, Ints], pa.Array], exchanges: Ints) -> pa.Array:
        places = np.asarray(source[exchanges])
        order = np.argsort(places, kind="stable")
        found = [read(chunk, held) for chunk, held in _by_chunk(chunks, places[order])]
        back = np.empty(order.size, np.int64)
        back[order] = np.arange(order.size)
        return pa.chunked_array(found, TRAFFIC.column(name).type).take(pa.array(back)).combine_chunks()

    return Measured(
        population,
        ledger.entered,
        partial(column, "exchange_id", lambda chunk, held: chunk.texts("exchange_id", held)),
        partial(column, "sketch", lambda chunk, held: chunk.sketches().take(pa.array(held - chunk.first))),
    )


def close_books(
    folder: Path,
    engine: Engine,
    ledger: Ledger,
    chunks: list[ParquetChunk],
    settings: Settings,
    columns: frozenset[str],
    releases: dict[str, datetime],
    progress: Progress,
) -> Population:
    """Measure a ledger into which all chunks have been entered, each exchange once."""
    steps = measuring_steps(settings)
    dropped = _dropped(folder, ledger.repeated(), chunks, engine, steps[0].sql)
    ledger.close_books(dropped, progress)
    return population_of(ledger, engine, steps, columns=columns, releases=releases)


def _by_chunk(chunks: list[ParquetChunk], places: Ints) -> Iterator[tuple[ParquetChunk, Ints]]:
    """Ascending places by the chunk that they are in."""
    firsts = [chunk.first for chunk in chunks]
    at = 0
    while at < places.size:
        number = bisect_right(firsts, int(places[at])) - 1
        stop = int(np.searchsorted(places, firsts[number + 1])) if number + 1 < len(firsts) else places.size
        yield chunks[number], places[at:stop]
        at = stop


def _dropped(folder: Path, repeated: Ints, chunks: list[ParquetChunk], engine: Engine, once: str) -> Ints:
    """Places of the rows that the step `traffic_once` leaves out, among those whose id comes more than once."""
    if not repeated.size:
        return repeated
    place = pa.field("place", pa.int64())
    path = folder / "repeated.parquet"
    with pq.ParquetWriter(path, TRAFFIC.schema.append(place), compression="zstd", compression_level=1) as writer:
        for chunk, places in _by_chunk(chunks, repeated):
            rows = chunk.whole(places)
            writer.write_batch(pa.RecordBatch.from_arrays([*rows.columns, pa.array(places)], schema=writer.schema))
    engine.view("traffic", path)
    kept = engine.arrow(f"SELECT place FROM ({once})")["place"].to_numpy()
    return np.setdiff1d(repeated, kept)
