"""What callers may name traffic and settings by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import hydrometer as hy
from hydrometer.api.arguments import resolve_paths, resolve_place, resolve_settings, resolve_traffic
from hydrometer.sources import TrafficTables

TABLE = pa.table({"exchange_id": ["x-1"]})


@pytest.mark.parametrize(
    ("traffic", "message"),
    [
        ("s3://bucket/logs", "s3://bucket/logs: is an address at s3, which only the engine spark reads"),
        (7, "int is no traffic"),
        ({"accounts": TABLE}, "no table `exchanges` is given"),
        ({"exchanges": TABLE, "people": 1}, "no table is called 'people'"),
    ],
)
def test_what_is_no_traffic_is_told(traffic: Any, message: str) -> None:
    with pytest.raises(hy.InputError, match=message):
        resolve_traffic(traffic, spark=False)


def test_traffic_is_a_path_or_tables_and_for_spark_as_it_was_written() -> None:
    assert resolve_traffic("logs", spark=False) == resolve_traffic(Path("logs"), spark=False) == Path("logs")
    assert resolve_traffic("file:///no/such%20folder", spark=False) == Path("/no/such folder")
    assert resolve_traffic("s3://bucket//logs", spark=True) == "s3://bucket//logs"
    assert resolve_traffic(TABLE, spark=False) == TrafficTables(TABLE)
    assert resolve_traffic({"exchanges": TABLE, "accounts": TABLE}, spark=False) == TrafficTables(TABLE, TABLE)


def test_settings_are_a_record_or_a_file_or_names(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("seed = 11\n")
    wanted = hy.Settings(seed=11)
    assert resolve_settings(None) == hy.Settings()
    assert [resolve_settings(each) for each in (wanted, file, str(file), {"seed": 11})] == [wanted] * 4
    with pytest.raises(hy.InputError, match=r"settings: seeds: unknown setting"):
        resolve_settings({"seeds": 11})


def test_paths_may_be_text_and_one_or_several() -> None:
    assert resolve_paths("a") == resolve_paths([Path("a")]) == [Path("a")]
    assert resolve_place("a", spark=False) == Path("a")
    assert resolve_place("table:prod.prints", spark=True) == "table:prod.prints"
