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

from hydrometer.contract.accounts import ACCOUNTS
from hydrometer.contract.fingerprints import TRAFFIC
from hydrometer.contract.population import Entities, Population, Strings
from hydrometer.contract.progress import Silent
from hydrometer.contract.settings import Settings
from hydrometer.engines.duckdb import DuckEngine
from hydrometer.flow.measuring import close_books
from hydrometer.signals.ledger.ledger import Ledger
from hydrometer.signals.ledger.rows import COLUMNS
from hydrometer.signals.measure import measure, measuring_steps
from hydrometer.sources import Rejects, chunked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hydrometer.contract.table import Table
    from hydrometer.sources import ParquetChunk

Row = dict[str, Any]
BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def exchange(number: int, account: str, **columns: object) -> Row:
    """One exchange, `number` minutes after the beginning unless it says when."""
    told = {"exchange_id": f"x{number:04d}", "started_at": BEGIN + timedelta(minutes=number), "account_id": account}
    return told | {"model": "model-a", "prompt_hash": number, "sketch": []} | columns


def table_of(declared: Table, rows: Sequence[Row]) -> pa.Table:
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
        engine.put("accounts", table_of(ACCOUNTS, accounts))
        engine.run(measuring_steps(settings or Settings()), Silent())
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
        made = measure(engine, columns=frozenset(columns), releases=told)
    with kept(folder, table_of(ACCOUNTS, accounts), settings) as (engine, ledger, chunks):
        twin = close_books(folder, engine, ledger, chunks, settings, frozenset(columns), told, Silent())
        both = plain(twin), plain(made)
        assert isinstance(both[0], dict)
        assert isinstance(both[1], dict)
        for name, told in both[1].items():
            assert both[0][name] == told, name
    return made


@contextmanager
def kept(
    folder: Path, accounts: pa.Table, settings: Settings
) -> Iterator[tuple[DuckEngine, Ledger, list[ParquetChunk]]]:
    """A ledger of the traffic in `folder`, and an engine beside it."""
    place = Path(mkdtemp(dir=folder))
    chunks = list(chunked(sorted((folder / "traffic").glob("*.parquet")), COLUMNS, lambda _: None, Rejects()))
    threshold = settings.fingerprint.elicitation_threshold
    ledger = Ledger(place / "ledger", accounts, rows=1000, memory=settings.memory_bytes, threads=2, threshold=threshold)
    with ledger:
        ledger.scan(chunks, Silent())
        ledger.enter(chunks, Silent())
    with DuckEngine(place, memory="256MB", threads=2) as engine:
        engine.put("accounts", accounts)
        yield engine, ledger, chunks


def plain(value: object) -> object:
    """What two populations can be compared by: nothing that tells where exchanges lie, and numbers to 12 digits."""
    if isinstance(value, Population):
        everybody = np.arange(value.size)
        order = value.events.of(everybody)
        carried = value.fragments.on(value.events, everybody)[1]
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
                *value.fragments.of(everybody),
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
    if isinstance(value, Entities):
        return {part.name: plain(getattr(value, part.name)) for part in fields(value) if part.compare}
    return list(value) if isinstance(value, Strings) else value


def shown(made: Population, kind: str) -> dict[str, list[str]]:
    """Account ids by value."""
    entities: Entities = made.entities[kind]
    found: dict[str, list[str]] = {name: [] for name in entities.names}
    for account, value in zip(entities.account.tolist(), entities.value.tolist(), strict=True):
        found[entities.names[value]].append(made.accounts[account])
    return found
