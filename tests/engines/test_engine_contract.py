"""Every step of a run makes the same rows on every engine."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hydrometer.contract.account_columns import ACCOUNTS
from hydrometer.contract.fingerprint_columns import TRAFFIC
from hydrometer.contract.progress import SilentProgress
from hydrometer.contract.settings import Settings
from hydrometer.detection.population.population_assembly import list_measuring_steps
from hydrometer.engines.duckdb_engine import DuckEngine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pyspark.sql import SparkSession

    from hydrometer.contract.engine import Engine

pytest_plugins = ("fixtures.local_spark",)

Row = dict[str, Any]
BEGIN = datetime(2026, 3, 2, 23, 50, tzinfo=UTC)
LONG = "customer-of-a-customer-ü"
CLOSE = 1e-12


def exchange(number: int, account: str, minutes: int | None = None, **columns: object) -> Row:
    when = BEGIN + timedelta(minutes=number if minutes is None else minutes)
    told = {"exchange_id": f"x{number:03d}", "started_at": when, "account_id": account, "model": "model-a"}
    return told | columns


def by_hand() -> tuple[list[Row], list[Row]]:
    """One case after another, in one table: a run of all steps takes Spark its time."""
    nothing = [exchange(n, "bare") for n in range(2)]
    repeats = [exchange(10, "a", 5), exchange(10, "a", 5), exchange(10, "b", 3, output_tokens=1), exchange(10, "c", 3)]
    ties = [exchange(n, "tied", 0, turns=turns) for n, turns in ((22, 1), (20, None), (21, 0), (23, 3))]
    addresses = [
        "::",
        "::1",
        "1::",
        "2001:db8::1",
        "2001:db8:0:1:2:3:4:5",
        "fe80::1:2",
        "10.0.0.1",
        "10.0.0.2",
        "255.1.2.3",
    ]
    from_where = [exchange(30 + n, f"ip{n % 4}", client_ip=address) for n, address in enumerate(addresses)]
    sketches: list[list[int] | None] = [
        None,
        [],
        [7],
        [7, 7, -9],
        [-9, 7, 2**62],
        [2**62],
        [-(2**63), 7],
        [5, 6, 7],
        [5, 6],
    ]
    wordings = [
        exchange(50 + n, f"org{n % 3}", prompt_hash=n - 4, sketch=sketch, system_hash=1)
        for n, sketch in enumerate(sketches)
    ]
    clients = [
        exchange(70 + n, f"client{n % 5}", user_agent=f"agent/{n % 2}", ja4=f"t{n % 3}" if n % 4 else None, session_id=LONG if n % 2 else "s", end_user_id=LONG + str(n % 2))
        for n in range(12)
    ]  # fmt: skip
    classes = [("none", 0.9), ("grading", 0.5), ("grading", 0.49999997), ("reasoning_trace", 0.7), (None, None)]
    asked = [
        exchange(90 + n, f"org{n % 2}", 60 * n, elicitation=kind, elicitation_confidence=sure, capability="code", stop_reason="refusal" if n == 1 else None)
        for n, (kind, sure) in enumerate(classes)
    ]  # fmt: skip
    tools: list[list[str] | None] = [["b", "a"], ["a", "b"], [], None, ["ü", "Z", "a"]]
    offered = [exchange(100 + n, f"org{n % 3}", tool_names=names, model="model-b") for n, names in enumerate(tools)]
    accounts: list[Row] = [
        {"account_id": "org0", "org_id": "one", "email_domain": "Example.COM", "email_local": "Jörg.Æsop12", "signup_ip": "2001:db8::9"},
        {"account_id": "org1", "org_id": "one", "email_domain": "İSTΣ.example", "email_local": "İo.7", "created_at": BEGIN},
        {"account_id": "org2", "org_id": "org0", "payment_bin": "411111", "created_at": BEGIN + timedelta(minutes=9)},
        {"account_id": "tied", "org_id": None, "payment_bin": "411111", "email_local": "日本９x", "signup_ip": "192.0.2.1"},
        {"account_id": "no traffic", "org_id": "idle", "device_id": "d"},
        {"account_id": "ip0", "verification": "sso", "agreements": ["distillation"], "phone_hash": ""},
    ]  # fmt: skip
    return [*nothing, *repeats, *ties, *from_where, *wordings, *clients, *asked, *offered], accounts


def at_random() -> tuple[list[Row], list[Row]]:
    """Values of few kinds and nulls, everywhere; no table of accounts."""
    rng = np.random.default_rng(11)
    makers: dict[pa.DataType, Callable[[], object]] = {
        pa.string(): lambda: ["", "a", "B", "é", "10.1.2.3", "2001:db8::1", "none", "grading", LONG][rng.integers(9)],
        pa.int32(): lambda: int(rng.integers(-2, 4)),
        pa.int64(): lambda: int(rng.integers(-3, 60)),
        pa.float32(): lambda: float(rng.random()),
        pa.list_(pa.string()): lambda: [f"t{n}" for n in rng.integers(0, 3, rng.integers(0, 3))],
        pa.list_(pa.int64()): lambda: sorted({int(n) for n in rng.integers(-20, 20, rng.integers(0, 6))}),
    }
    rows = []
    for number in range(300):
        row = exchange(number, f"account {rng.integers(40)}", int(rng.integers(0, 90)), model=f"m{rng.integers(3)}")
        for column in TRAFFIC.columns:
            if not column.needed and rng.random() > 0.3:
                row[column.name] = makers[column.type]()
        rows.append(row)
    return rows, []


def nothing_at_all() -> tuple[list[Row], list[Row]]:
    return [], []


def tables(engine: Engine, traffic: Path, accounts: pa.Table) -> dict[str, pa.Table]:
    """All tables that the steps make."""
    steps = list_measuring_steps(Settings())
    engine.view("traffic", traffic / "*.parquet")
    engine.add_table("accounts", accounts)
    engine.run(steps, SilentProgress())
    return {step.name: engine.arrow(f"SELECT * FROM {step.name}") for step in steps}


def plain(value: object) -> object:
    return int(value) if isinstance(value, Decimal) else value


def rows_of(table: pa.Table) -> list[Row]:
    """Rows in an order of their own, columns by name: neither is part of what a step promises."""
    rows = [{name: plain(value) for name, value in sorted(row.items())} for row in table.to_pylist()]
    return sorted(rows, key=lambda row: repr([value for value in row.values() if not isinstance(value, float)]))


def same(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=CLOSE, abs_tol=CLOSE) or (math.isnan(one) and math.isnan(other))
    return one == other


@pytest.mark.parametrize("case", [by_hand, at_random, nothing_at_all], ids=lambda case: str(case.__name__))
def test_every_step_makes_the_same_rows(
    case: Callable[[], tuple[list[Row], list[Row]]], spark: SparkSession, tmp_path: Path
) -> None:
    from hydrometer.engines.spark_engine import SparkEngine

    exchanges, known = case()
    traffic = tmp_path / "traffic"
    traffic.mkdir()
    for name, rows in (("a", exchanges[::2]), ("b", exchanges[1::2])):
        pq.write_table(pa.Table.from_pylist(rows, schema=TRAFFIC.schema), traffic / f"{name}.parquet")
    accounts = pa.Table.from_pylist(known, schema=ACCOUNTS.schema)
    with DuckEngine(tmp_path, memory="300MB", threads=1) as duck:
        wanted = tables(duck, traffic, accounts)
    with SparkEngine(tmp_path / "spark", Settings(), spark) as engine:
        found = tables(engine, traffic, accounts)
    if exchanges:
        assert all(wanted[name].num_rows for name in ("exchange", "fragment", "exchange_fragment", "entity_network"))
    for name, table in wanted.items():
        theirs, ours = rows_of(table), rows_of(found[name])
        assert len(ours) == len(theirs), name
        for one, other in zip(ours, theirs, strict=True):
            assert one.keys() == other.keys(), name
            assert all(same(one[column], other[column]) for column in one), f"{name}: {one} is not {other}"
