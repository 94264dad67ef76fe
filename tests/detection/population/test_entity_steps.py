"""The step of each kind of value: who shows it, numbered by value, and how often."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from hydrometer.contract.account_columns import ACCOUNTS
from hydrometer.contract.entity_kinds import ENTITY_KINDS, EntityKind
from hydrometer.contract.exchange_columns import EXCHANGES
from hydrometer.contract.progress import SilentProgress
from hydrometer.detection.population.entity_steps import TRAFFIC_KINDS, build_entity_step
from hydrometer.engines.duckdb_engine import DuckEngine

if TYPE_CHECKING:
    from pathlib import Path

SHOWN: list[dict[str, Any]] = [
    {"email_domain": "İstanbul.com", "email_local": "ab²c7", "created_at": datetime(2026, 3, 1, 23, tzinfo=UTC)},
    {"email_domain": "istanbul.com", "email_local": "x²y1", "created_at": datetime(2026, 3, 2, tzinfo=UTC)},
    {"email_domain": None, "email_local": "", "created_at": None},
]


def rows(folder: Path, kind: EntityKind, shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of a kind's step over accounts 0, 1, … that each show one row of values."""
    spec = ENTITY_KINDS[kind]
    declared = {"accounts": ACCOUNTS, "exchanges": EXCHANGES}[spec.table].column(spec.column)
    values = [row.get(spec.column) for row in shown]
    numbers = {"account_no": range(len(shown)), "org_no": [n // 2 for n in range(len(shown))]}
    columns: dict[str, Any] = {spec.column: pa.array(values, declared.type)}
    if spec.table == "exchanges":
        columns["network"] = pa.array(
            [ENTITY_KINDS[EntityKind.NETWORK].form.canonicalise(row.get("client_ip")) for row in shown]
        )
    with DuckEngine(folder, memory="1GB", threads=1) as engine:
        engine.add_table("account", pa.table(numbers | (columns if spec.table == "accounts" else {})))
        engine.add_table("exchange", pa.table(numbers | columns))
        engine.run([build_entity_step(kind)], SilentProgress())
        found: list[dict[str, Any]] = engine.arrow(f"SELECT * FROM entity_{kind} ORDER BY account_no").to_pylist()
    return found


@pytest.mark.parametrize("kind", TRAFFIC_KINDS)
def test_a_kind_that_nobody_shows_has_no_rows(kind: EntityKind, tmp_path: Path) -> None:
    assert rows(tmp_path, kind, [{}, {}]) == []


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (EntityKind.EMAIL_DOMAIN, ["istanbul.com", "istanbul.com"]),
        (EntityKind.EMAIL_SHAPE, ["a²a9", "a²a9"]),
        (EntityKind.EMAIL_LENGTH, ["aa²a9", "a²a9"]),
        (EntityKind.SIGNUP_DAY, ["2026-03-01", "2026-03-02"]),
    ],
)
def test_values_are_in_their_canonical_form_and_numbered_in_its_order(
    kind: EntityKind, values: list[str], tmp_path: Path
) -> None:
    found = rows(tmp_path, kind, SHOWN)
    assert [row["value"] for row in found] == values
    order = sorted(set(values))
    assert [row["value_no"] for row in found] == [order.index(value) for value in values]
    assert [(row["account_no"], row["org_no"], row["uses"]) for row in found] == [(0, 0, 1), (1, 0, 1)]


def test_what_an_exchange_shows_is_counted(tmp_path: Path) -> None:
    shown: list[dict[str, Any]] = [{"client_ip": "192.0.2.1"}, {"client_ip": "192.0.2.9"}, {"client_ip": None}]
    assert [row["value"] for row in rows(tmp_path, EntityKind.NETWORK, shown)] == ["192.0.2.0/24"] * 2
    tools: list[dict[str, Any]] = [
        {"tool_names": ["edit", "bash"]},
        {"tool_names": ["bash", "edit"]},
        {"tool_names": []},
    ]
    assert [row["value"] for row in rows(tmp_path, EntityKind.TOOLS, tools)] == ["bash edit"] * 2
