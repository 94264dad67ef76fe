"""A customer's own columns under the contract's names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hydrometer.contract.errors import InputError
from hydrometer.contract.settings import ReadSettings
from hydrometer.sources import Rejects, open_traffic

if TYPE_CHECKING:
    from pathlib import Path

MAPPING = """
[exchanges]
exchange_id = "req"
started_at = {path = "ts", unit = "ms"}
account_id = "user.key.hash"
model = "llm.name"
channel = {value = "api"}
[accounts]
account_id = "key"
org_id = "company"
"""
ROW = {"req": "r1", "ts": 1_772_438_400_250, "user": {"key": {"hash": "k1"}}, "llm.name": "m", "turns": 3, "spare": 1}
CSV = "req,ts,user.key.hash,llm.name,turns\nr1,1772438400250,k1,m,3\n"


def write(folder: Path, container: str) -> None:
    if container == "json":
        (folder / "log.json").write_text(json.dumps(ROW) + "\n" + json.dumps(ROW | {"user": "none"}) + "\n")
    elif container == "csv":
        (folder / "log.csv").write_text(CSV + "r2,1772438400250,,m,3\n")
    else:
        rows = [ROW, ROW | {"user": None}]
        pq.write_table(pa.Table.from_pylist(rows), folder / "log.parquet")
    (folder / "accounts.csv").write_text("key,company\nk1,org_1\n")


@pytest.mark.parametrize("container", ["json", "csv", "parquet"])
def test_paths_constants_and_units(container: str, tmp_path: Path) -> None:
    mapping = tmp_path / "map.toml"
    mapping.write_text(MAPPING)
    data = tmp_path / "data"
    data.mkdir()
    write(data, container)
    traffic, rejects = open_traffic(data, settings=ReadSettings(), mapping=mapping), Rejects()
    rows = [row for batch in traffic.batches(rejects) for row in batch.to_pylist()]
    held = {name: value for name, value in rows[0].items() if value is not None}
    assert held.pop("started_at").isoformat() == "2026-03-02T08:00:00.250000+00:00"
    assert held == {"exchange_id": "r1", "account_id": "k1", "model": "m", "channel": "api", "turns": 3}
    assert len(rows) == 1
    assert rejects.counts == {"account_id: blank": 1}
    assert traffic.accounts(rejects).to_pylist()[0]["org_id"] == "org_1"
    assert rejects.ignored_columns == (frozenset() if container == "csv" else {"exchanges.spare"})


@pytest.mark.parametrize("container", ["json", "csv", "parquet"])
def test_a_path_that_leads_nowhere_names_the_column(container: str, tmp_path: Path) -> None:
    mapping = tmp_path / "map.toml"
    mapping.write_text(MAPPING.replace('"llm.name"', '"llm_name"'))
    data = tmp_path / "data"
    data.mkdir()
    write(data, container)
    with pytest.raises(InputError, match="column model: needed column is missing"):
        list(open_traffic(data, settings=ReadSettings(), mapping=mapping).batches(Rejects()))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[exchanges]\nstarted = 'ts'", r"column exchanges.started: unknown target. Targets: exchange_id, started_at"),
        ("[exchange]\nmodel = 'm'", r"unknown table \[exchange\]"),
        ("exchanges = 3", "exchanges is no table"),
        ("[exchanges]\nmodel = 3", "neither a path nor a constant"),
        ("[exchanges]\nmodel = {path = 'm', value = 'n'}", "neither a path nor a constant"),
        ("[exchanges]\nmodel = {path = 'm', unit = 'ms'}", "unit 'ms' does not fit"),
        ("[exchanges]\nstarted_at = {path = 'm', unit = 'h'}", "unit 'h' does not fit"),
        ("[exchanges", "not TOML"),
    ],
)
def test_faulty_mappings(text: str, message: str, tmp_path: Path) -> None:
    mapping = tmp_path / "map.toml"
    mapping.write_text(text)
    with pytest.raises(InputError, match=message):
        open_traffic(tmp_path, settings=ReadSettings(), mapping=mapping)


def test_a_missing_mapping(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        open_traffic(tmp_path, settings=ReadSettings(), mapping=tmp_path / "none.toml")
