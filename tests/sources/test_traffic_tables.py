"""Tables of other libraries are read as the same rows in a file are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hydrometer.contract.errors import InputError
from hydrometer.contract.settings import ReadSettings
from hydrometer.sources.file_traffic import open_traffic
from hydrometer.sources.rejects import Rejects
from hydrometer.sources.traffic_tables import TrafficTables, open_tables

if TYPE_CHECKING:
    from pathlib import Path

    from hydrometer.sources.file_traffic import FileTraffic
    from hydrometer.sources.table_traffic import TableTraffic

ROWS = pa.table(
    {
        "exchange_id": [f"x-{number}" for number in range(7)],
        "account_id": ["a-1", "a-2", None, "a-1", " ", "a-3", "a-2"],
        "started_at": pa.array(
            [datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in range(7)], pa.timestamp("us", "UTC")
        ),
        "model": pa.array(["m", "m", "n", "m", None, "m", "n"]).dictionary_encode(),
        "prompt": ["Say one", "Say ü", None, "", "x" * 40, "Say four", "Say five"],
        "client_ip": ["198.51.100.7", "no address", None, "2001:DB8::1", None, None, None],
        "input_tokens": pa.array([1, 2, None, 4, 5, 6, 7]),
        "colour": ["red"] * 7,
    }
)
ACCOUNTS = pa.table({"account_id": ["a-1", "a-2", None], "plan": ["free", None, "pro"]})
SETTINGS = ReadSettings(batch_rows=3)


def read(traffic: FileTraffic | TableTraffic) -> tuple[Any, ...]:
    """Return everything that reading tells."""
    rejects = Rejects()
    exchanges = pa.Table.from_batches(traffic.batches(rejects))
    accounts = traffic.accounts(rejects)
    told = (dict(rejects.counts), dict(rejects.repaired), dict(rejects.notes))
    return exchanges, accounts, told, rejects.filled_columns, rejects.ignored_columns, traffic.releases


def as_arrow(table: pa.Table) -> Any:
    return table


def as_reader(table: pa.Table) -> Any:
    return table.to_reader(max_chunksize=2)


def as_pandas(table: pa.Table) -> Any:
    return table.to_pandas(types_mapper=pd.ArrowDtype)


def as_polars(table: pa.Table) -> Any:
    return pl.from_arrow(table)


def as_relation(table: pa.Table) -> Any:
    return duckdb.from_arrow(table)


@pytest.mark.parametrize("convert", [as_arrow, as_reader, as_pandas, as_polars, as_relation])
def test_a_table_is_read_as_its_file_is(convert: Any, tmp_path: Path) -> None:
    pq.write_table(ROWS, tmp_path / "exchanges.parquet")
    pq.write_table(ACCOUNTS, tmp_path / "accounts.parquet")
    of_files = open_traffic(tmp_path, settings=SETTINGS)
    of_tables = open_tables(TrafficTables(convert(ROWS), convert(ACCOUNTS)), settings=SETTINGS, mapping=None)
    assert read(of_tables) == read(of_files)
    assert of_tables.inputs == ["table exchanges", "table accounts"]
    assert pa.Table.from_batches(of_tables.batches(Rejects())).num_rows == 5, "a second reading finds the rows again"


def test_a_rejected_row_is_named_by_its_table(tmp_path: Path) -> None:
    traffic = open_tables(TrafficTables(ROWS), settings=SETTINGS, mapping=None)
    with Rejects(tmp_path / "rejected.jsonl") as rejects:
        list(traffic.batches(rejects))
    first = (tmp_path / "rejected.jsonl").read_text().splitlines()[0]
    assert '"table exchanges"' in first
    assert '"line":3' in first.replace(" ", "")
    assert '"account_id"' in first


def test_a_missing_column_is_told_with_its_table() -> None:
    with pytest.raises(InputError, match=r"table exchanges column account_id: needed column is missing"):
        open_tables(TrafficTables(ROWS.drop_columns(["account_id"])), settings=SETTINGS, mapping=None)


def test_a_column_of_mixed_types_is_told() -> None:
    frame = ROWS.to_pandas()
    frame["model"] = ["m", 1, 2, 3, 4, 5, 6]
    with pytest.raises(InputError, match=r"table exchanges column model: Arrow cannot take it over"):
        open_tables(TrafficTables(frame), settings=SETTINGS, mapping=None)


def test_a_column_that_is_there_twice_is_told() -> None:
    twice = pa.table([ROWS["account_id"], ROWS["account_id"]], names=["account_id", "account_id"])
    with pytest.raises(InputError, match=r"table accounts column account_id: is there twice"):
        open_tables(TrafficTables(ROWS, twice), settings=SETTINGS, mapping=None)


def test_what_is_no_table_is_told() -> None:
    with pytest.raises(InputError, match=r"table accounts: list is no table"):
        open_tables(TrafficTables(ROWS, [1]), settings=SETTINGS, mapping=None)


def test_releases_come_from_a_table_too() -> None:
    models = pa.table({"model": ["m"], "released_at": ["2026-01-31T00:00:00Z"]})
    traffic = open_tables(TrafficTables(ROWS, models=models), settings=SETTINGS, mapping=None)
    assert traffic.releases == {"m": datetime(2026, 1, 31, tzinfo=UTC)}
    with pytest.raises(InputError, match=r"table models:1 column released_at: "):
        open_tables(TrafficTables(ROWS, models=models.drop_columns(["released_at"])), settings=SETTINGS, mapping=None)


def test_columns_can_be_mapped(tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('[exchanges]\nmodel = "colour"\n')
    traffic = open_tables(TrafficTables(ROWS), settings=SETTINGS, mapping=mapping)
    assert set(pa.Table.from_batches(traffic.batches(Rejects()))["model"].to_pylist()) == {"red"}
