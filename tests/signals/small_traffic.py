"""A few rows of traffic through the real steps on the real engine."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hydrometer.contract.account_columns import ACCOUNTS
from hydrometer.contract.fingerprint_columns import TRAFFIC
from hydrometer.contract.progress import SilentProgress
from hydrometer.contract.settings import Settings
from hydrometer.detection.population.account_store.account_store import AccountStore
from hydrometer.detection.population.account_store.row_encoder import TRAFFIC_COLUMNS
from hydrometer.detection.population.population import EntityPairs, Population, StringColumn
from hydrometer.detection.population.population_assembly import list_measuring_steps, measure_population
from hydrometer.detection.population_measurement import finalize_population
from hydrometer.engines.duckdb_engine import DuckEngine
from hydrometer.sources import Rejects, cut_into_chunks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hydrometer.contract.table_spec import TableSpec
    from hydrometer.sources import ParquetChunk

Row = dict[str, Any]
BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def exchange(number: int, account: str, **columns: object) -> Row:
    """One exchange, `number` minutes after the beginning unless it says when."""
    told = {"exchange_id": f"x{number:04d}", "started_at": BEGIN + timedelta(minutes=number), "account_id": account}
    return told | {"model": "model-a", "prompt_hash": number, "sketch": []} | columns


def table_of(declared: TableSpec, rows: Sequence[Row]) -> pa.Table:
    """The rows as declared; a column that a row does not name is null."""
    assert all(row.keys() <= set(declared.names) for row in rows)
    return pa.Table.from_pylist([dict(row) for row in rows], schema=declared.schema)


@contextmanager
def ran(
    folder: Path, exchanges: Sequence[Row], accounts: Sequence[Row] = (), *, settings: Settings | None = None
) -> Iterator[DuckEngine]:
    """An engine on which every measuring step has run; the traffic lies in two Parquet files."""
    parts = folder / "traffic"
    parts.mkdir(parents=True)
    half = len(exchanges) // 2
    for name, rows in (("a", exchanges[:half]), ("b", exchanges[half:])):
        pq.write_table(table_of(TRAFFIC, rows), parts / f"{name}.parquet")
    with DuckEngine(folder, memory="256MB", threads=2) as engine:
        engine.view("traffic", parts / "*.parquet")
        engine.add_table("accounts", table_of(ACCOUNTS, accounts))
        engine.run(list_measuring_steps(settings or Settings()), SilentProgress())
        yield engine


def measured(
    folder: Path,
    exchanges: Sequence[Row],
    accounts: Sequence[Row] = (),
    *,
    releases: Mapping[str, datetime] | None = None,
    settings: Settings | None = None,
) -> Population:
    """The population of a few rows."""
    columns = {f"exchanges.{name}" for row in exchanges for name, value in row.items() if value is not None}
    columns |= {f"accounts.{name}" for row in accounts for name, value in row.items() if value is not None}
    settings, told = settings or Settings(), dict(releases or {})
    with ran(folder, exchanges, accounts, settings=settings) as engine:
        made = measure_population(engine, columns=frozenset(columns), releases=told)
    with kept(folder, table_of(ACCOUNTS, accounts), settings) as (engine, ledger, chunks):
        twin = finalize_population(folder, engine, ledger, chunks, settings, frozenset(columns), told, SilentProgress())
        both = plain(twin), plain(made)
        assert isinstance(both[0], dict)
        assert isinstance(both[1], dict)
        for name, told in both[1].items():
            assert both[0][name] == told, name
    return made


@contextmanager
def kept(
    folder: Path, accounts: pa.Table, settings: Settings
) -> Iterator[tuple[DuckEngine, AccountStore, list[ParquetChunk]]]:
    """A ledger of the traffic in `folder`, and an engine beside it."""
    place = Path(mkdtemp(dir=folder))
    chunks = list(
        cut_into_chunks(sorted((folder / "traffic").glob("*.parquet")), TRAFFIC_COLUMNS, lambda _: None, Rejects())
    )
    threshold = settings.fingerprint.elicitation_threshold
    ledger = AccountStore(
        place / "ledger", accounts, rows=1000, memory=settings.memory_bytes, threads=2, threshold=threshold
    )
    with ledger:
        ledger.count_shingles(chunks, SilentProgress())
        ledger.append(chunks, SilentProgress())
    with DuckEngine(place, memory="256MB", threads=2) as engine:
        engine.add_table("accounts", accounts)
        yield engine, ledger, chunks


def plain(value: object) -> object:
    """What two populations can be compared by: nothing that tells where exchanges lie, and numbers to 12 digits."""
    if isinstance(value, Population):
        everybody = np.arange(value.size)
        order = value.events.list_exchanges(everybody)
        carried = value.fragments.list_exchange_pairs(value.events, everybody)[1]
        whole = {part.name: plain(getattr(value, part.name)) for part in fields(value) if part.compare}
        whole["events"] = {
            name: plain(getattr(value.events, name)[order])
            for name in ("time", "demand", "leans", "confidence", "kind", "model", "prompt", "refused", "capability")
        }
        whole["fragments"] = [
            plain(part)
            for part in (
                value.events.counts,
                value.fragments.lengths[order],
                carried,
                *value.fragments.list_account_pairs(everybody),
                *(
                    getattr(value.fragments, name)
                    for name in ("orgs", "prompts", "exchanges", "lean", "repeated", "repeats")
                ),
                value.fragments.templated,
            )
        ]
        return whole
    if isinstance(value, np.ndarray):
        return [None if entry != entry else float(f"{entry:.12g}") for entry in value.tolist()]
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, EntityPairs):
        return {part.name: plain(getattr(value, part.name)) for part in fields(value) if part.compare}
    return list(value) if isinstance(value, StringColumn) else value


def shown(made: Population, kind: str) -> dict[str, list[str]]:
    """Account ids by value."""
    entities: EntityPairs = made.entities[kind]
    found: dict[str, list[str]] = {name: [] for name in entities.names}
    for account, value in zip(entities.account.tolist(), entities.value.tolist(), strict=True):
        found[entities.names[value]].append(made.accounts[account])
    return found
