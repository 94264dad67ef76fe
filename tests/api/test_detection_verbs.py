"""The verbs: what they take traffic, settings and results by, and that tables are found as files are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hydrometer as hy
from fixtures.sample_result import sample_result, site_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SAME = (
    "members.parquet",
    "harvested.parquet",
    "considered.parquet",
    "indicators.parquet",
    "templates.parquet",
    "blocks.parquet",
)


def table(name: str) -> pa.Table:
    return pq.read_table(hy.sample() / f"{name}.parquet")


def models() -> pa.Table:
    return pa.Table.from_pylist(json.loads((hy.sample() / "models.json").read_text()))


def from_duckdb(name: str) -> Any:
    return duckdb.read_parquet(str(hy.sample() / f"{name}.parquet"))


CONVERSIONS: dict[str, Callable[[str], Any]] = {
    "arrow": table,
    "reader": lambda name: table(name).to_reader(),
    "pandas": lambda name: table(name).to_pandas(types_mapper=pd.ArrowDtype),
    "polars": lambda name: pl.read_parquet(hy.sample() / f"{name}.parquet"),
    "duckdb": from_duckdb,
}


@pytest.mark.parametrize("library", list(CONVERSIONS))
def test_tables_give_the_bytes_that_their_files_give(library: str, tmp_path: Path) -> None:
    convert = CONVERSIONS[library]
    sample_result().save(tmp_path / "of-files")
    tables = {"exchanges": convert("exchanges"), "accounts": convert("accounts"), "models": models()}
    result = hy.detect(tables, tmp_path / "of-tables", site_key=site_key())
    assert result.run.inputs == ["table exchanges", "table accounts", "table models"]
    for name in SAME:
        assert (tmp_path / "of-tables" / name).read_bytes() == (tmp_path / "of-files" / name).read_bytes(), name
    assert [c.exhibit for c in result] == [c.exhibit for c in sample_result()], "texts are read a second time"


def test_fingerprinted_tables_are_found_as_their_files_are(tmp_path: Path) -> None:
    summary = hy.fingerprint(hy.sample(), tmp_path / "prints", site_key=site_key())
    assert summary.rows["exchanges"] == 29_467
    of_files = hy.detect(tmp_path / "prints", site_key=site_key())
    tables = {name: pq.read_table(tmp_path / "prints" / f"{name}.parquet") for name in ("exchanges", "accounts")}
    of_tables = hy.detect({**tables, "models": models()}, site_key=site_key())
    assert of_tables.members.equals(of_files.members)
    assert of_tables.harvested.equals(of_files.harvested)


def test_fingerprints_are_made_of_tables_too(tmp_path: Path) -> None:
    hy.fingerprint(table("exchanges").slice(0, 500), tmp_path / "prints", site_key=site_key())
    assert pq.read_metadata(tmp_path / "prints" / "exchanges.parquet").num_rows == 500
    assert sorted(each.name for each in (tmp_path / "prints").iterdir()) == [
        "accounts.parquet", "exchanges.parquet", "models.json", "rejected.jsonl",
    ]  # fmt: skip


def test_a_rejected_row_of_a_table_is_named() -> None:
    exchanges = table("exchanges").slice(0, 200).to_pandas()
    exchanges.loc[7, "account_id"] = None
    result = hy.detect(exchanges, site_key=site_key())
    assert result.run.rejected == {"account_id: blank": 1}


def test_a_folder_that_there_is_not_is_told() -> None:
    with pytest.raises(hy.InputError, match="no such file or folder"):
        hy.detect("no/such/folder", site_key=site_key())


def test_attribution_leaves_a_result_as_it_is_and_writes_to_a_folder(tmp_path: Path) -> None:
    dossiers = hy.sample() / "intel" / "dossiers.json"
    traffic = {name: table(name) for name in ("exchanges", "accounts")}
    plain = hy.detect(traffic, site_key=site_key())
    before = plain.campaigns[0].attribution
    attributed = hy.attribute(plain, dossiers)
    assert plain.campaigns[0].attribution == before
    assert before.why == "no dossiers of known actors were given"
    assert attributed.campaigns[0].attribution != before
    folder = plain.save(tmp_path / "result")
    written = hy.attribute(folder, [dossiers])
    assert written.campaigns == attributed.campaigns
    assert hy.Result.load(folder).campaigns == attributed.campaigns


def test_explaining_takes_a_folder_or_a_result(tmp_path: Path) -> None:
    result = sample_result()
    account = result.members["account_id"][0].as_py()
    folder = result.save(tmp_path / "result")
    assert hy.explain(folder, account=account) == hy.explain(result, account=account) == result.explain(account=account)
    with pytest.raises(hy.InputError, match="one campaign or one account"):
        result.explain()
