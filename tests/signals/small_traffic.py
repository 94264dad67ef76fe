"""A few rows of traffic through the real steps on the real engine."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from hydrometer.contract.accounts import ACCOUNTS
from hydrometer.contract.fingerprints import TRAFFIC
from hydrometer.contract.progress import Silent
from hydrometer.contract.settings import Settings
from hydrometer.engines.duckdb import DuckEngine
from hydrometer.signals.measure import measure, measuring_steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from hydrometer.contract.population import Entities, Population
    from hydrometer.contract.table import Table

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
    with ran(folder, exchanges, accounts, settings=settings) as engine:
        return measure(engine, columns=frozenset(columns), releases=dict(releases or {}))


def shown(made: Population, kind: str) -> dict[str, list[str]]:
    """Account ids by value."""
    entities: Entities = made.entities[kind]
    found: dict[str, list[str]] = {name: [] for name in entities.names}
    for account, value in zip(entities.account.tolist(), entities.value.tolist(), strict=True):
        found[entities.names[value]].append(made.accounts[account])
    return found
