"""Reading on Spark leaves out, mends and counts what reading in this process does."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hydrometer import api
from hydrometer.contract.errors import InputError
from hydrometer.contract.progress import SilentProgress
from hydrometer.contract.settings import FingerprintSettings, ReadSettings, Settings, SparkSettings
from hydrometer.detection.backend_selection import open_backend
from hydrometer.detection.ingestion.fingerprinted_traffic import ReadRequest
from hydrometer.detection.run_recorder import RunRecorder
from hydrometer.sources import MOST_LISTED, UNLISTED, Rejects

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

    from hydrometer.detection.ingestion import FingerprintSummary

pytest_plugins = ("fixtures.local_spark",)

START = datetime(2026, 4, 6, tzinfo=UTC)
LETTERS = "abcdefghijklmnopqrstuvwxyz"
LONGEST = FingerprintSettings(max_words=128, max_sketch=8)


def exchange(number: int, **changes: Any) -> dict[str, Any]:
    told = {
        "exchange_id": f"ex_{number:04d}",
        "started_at": START + timedelta(minutes=number),
        "account_id": f"acct_{number % 3}",
        "model": "atlas-large-4",
        "client_ip": "192.0.2.7",
        "prompt": f"Tell the story of lighthouse number {number} to a child who cannot sleep at night.",
        "mine": number,
    }
    return told | changes


def traffic(folder: Path) -> Path:
    """Two files of different columns and types, with faults; accounts, releases, and a file that nothing reads."""
    folder.mkdir()
    one = [exchange(n) for n in range(30)]
    one[3] |= {"account_id": None}
    one[7] |= {"started_at": None, "prompt": "long " * 400}
    one[8] |= {"client_ip": "no address", "prompt": " ".join(a + b for a in LETTERS for b in LETTERS)}
    pq.write_table(pa.Table.from_pylist(one), folder / "exchanges-1.parquet", row_group_size=8)
    two = [exchange(n, started_at=str(START), client_ip=None) | {"output_tokens": n - 31} for n in range(30, 40)]
    two[1] |= {"exchange_id": ""}
    pq.write_table(pa.Table.from_pylist(two), folder / "exchanges-2.parquet")
    rows = [{"account_id": "acct_0", "org_id": "a"}, {"account_id": "acct_0", "org_id": "b"}, {"account_id": None}]
    (folder / "accounts.jsonl").write_bytes(b"".join(orjson.dumps(r, option=orjson.OPT_APPEND_NEWLINE) for r in rows))
    (folder / "models.json").write_text('[{"model": "atlas-large-4", "released_at": "2026-04-06T00:01:00Z"}]')
    (folder / "notes.txt").write_text("nothing")
    return folder


def read(
    where: Path | str, folder: Path, settings: Settings, **asked: Any
) -> tuple[RunRecorder, pa.Table, list[Any], Any]:
    """The account of a reading, the rows of `traffic`, the rejected rows, and the reading."""
    folder.mkdir()
    account = RunRecorder(settings, SilentProgress())
    told = {"site_key": folder.parent / "site.key", "mapping": None, "source": None} | asked
    with (
        open_backend(ReadRequest(where, **told), folder, folder / "rejected.jsonl", account) as (engine, reading),
        account.stage("read"),
    ):
        reading.fingerprint_into(engine, account)
        rows = engine.arrow("SELECT * FROM traffic").sort_by("exchange_id")
        two = pa.array(["ex_0002", "ex_0012"])
        texts = [] if reading.traffic.fingerprinted else pa.Table.from_batches(list(reading.texts(two))).to_pylist()
    wanted = [(row["exchange_id"], row["prompt"]) for row in texts if row["exchange_id"] in ("ex_0002", "ex_0012")]
    listed = [orjson.loads(line) for line in (folder / "rejected.jsonl").read_bytes().splitlines()]
    return account, rows, sorted(listed, key=repr), (sorted(wanted), reading)


def test_what_is_left_out_and_mended_is_counted_alike(spark: SparkSession, tmp_path: Path) -> None:
    where = traffic(tmp_path / "it's [1]")
    one, theirs, listed, (texts, by_files) = read(where, tmp_path / "here", Settings(fingerprint=LONGEST))
    settings = Settings(engine="spark", fingerprint=LONGEST, read=ReadSettings(batch_rows=7))
    other, ours, relisted, (retexts, by_spark) = read(str(where), tmp_path / "there", settings, session=spark)
    assert ours.to_pylist() == theirs.to_pylist()
    assert ours.num_rows == 37
    assert other.rejected == one.rejected
    assert sum(one.rejected.values()) == 5
    assert relisted == listed
    assert other.repaired == one.repaired
    assert one.repaired
    assert other.notes == one.notes
    assert other.inputs == one.inputs
    assert other.absent_columns == one.absent_columns
    assert other.caps == one.caps
    assert len(one.caps) == 2
    assert by_spark.columns == by_files.columns
    assert by_spark.traffic.releases == by_files.traffic.releases
    assert by_spark.accounts.equals(by_files.accounts)
    assert retexts == texts
    assert len(texts) == 2


def test_a_table_of_the_session_is_read_with_a_mapping(spark: SparkSession, tmp_path: Path) -> None:
    rows = [
        {"id": f"ex_{n:04d}", "ts": 1_775_000_000_000 + n, "user": {"key": f"k{n % 2}"}, "prompt": "p"}
        for n in range(9)
    ]
    spark.createDataFrame(pa.Table.from_pylist(rows)).createOrReplaceTempView("gateway_log")
    spark.createDataFrame(pa.table({"account_id": ["k0", "k1"], "company": ["a", "a"]})).createOrReplaceTempView(
        "customers"
    )
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(
        '[exchanges]\nexchange_id = "id"\nstarted_at = {path = "ts", unit = "ms"}\naccount_id = "user.key"\n'
        'model = {value = "m"}\n[accounts]\norg_id = "company"\n'
    )
    settings = Settings(engine="spark", spark=SparkSettings(accounts="table:customers"))
    account, table, listed, (_, reading) = read(
        "table:gateway_log", tmp_path / "read", settings, mapping=mapping, session=spark
    )
    assert table["account_id"].to_pylist() == [f"k{n % 2}" for n in range(9)]
    assert set(table["model"].to_pylist()) == {"m"}
    assert reading.accounts.select(["account_id", "org_id"]).to_pylist() == [
        {"account_id": "k0", "org_id": "a"},
        {"account_id": "k1", "org_id": "a"},
    ]
    assert account.inputs == ["table:gateway_log", "table:customers"]
    assert listed == []
    assert {"exchanges.prompt", "accounts.org_id"} <= reading.columns
    for view in ("gateway_log", "customers"):
        spark.catalog.dropTempView(view)


def test_fingerprints_by_address_are_a_folder_that_both_engines_read(spark: SparkSession, tmp_path: Path) -> None:
    key = tmp_path / "site.key"
    where = traffic(tmp_path / "in")

    def fingerprinted(out: Path | str, session: SparkSession | None) -> FingerprintSummary:
        return api.fingerprint(
            where, out, Settings(), site_key=key, mapping=None, source=None, progress=SilentProgress(), session=session
        )

    wanted = fingerprinted(tmp_path / "files", None)
    assert fingerprinted(tmp_path / "here", spark) == wanted
    assert fingerprinted(f"file://{tmp_path}/there", spark) == wanted
    _, rows, _, (_, reading) = read(tmp_path / "files", tmp_path / "one", Settings())
    places: list[tuple[Path | str, SparkSession | None]] = [
        (tmp_path / "here", None),
        (f"file://{tmp_path}/there", spark),
    ]
    for number, (place, session) in enumerate(places):
        settings = Settings(engine="spark" if session else "embedded")
        again, found, _, (_, reread) = read(place, tmp_path / f"again{number}", settings, session=session)
        assert found.to_pylist() == rows.to_pylist()
        assert reread.traffic.fingerprinted
        assert reread.traffic.releases == reading.traffic.releases
        assert reread.columns == reading.columns
        assert reread.accounts.equals(reading.accounts)
        assert again.rejected == {}


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("nowhere/at/all", "no such file or folder, and no table"),
        ("table:no_such_table", "Spark cannot open it"),
        ("delta:nowhere", "Spark cannot open it"),
        ("file:///nowhere/at/all", "no such file or folder, and no table"),
    ],
)
def test_a_place_that_is_none_is_told(place: str, says: str, spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=says) as caught:
        read(place, tmp_path / "read", Settings(engine="spark"), session=spark)
    assert place in str(caught.value)


def test_what_spark_does_not_read_is_told_before_anything_is_read(spark: SparkSession, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "exchanges.jsonl").write_bytes(orjson.dumps(exchange(1)))
    with pytest.raises(InputError, match="not Parquet"):
        read(folder, tmp_path / "one", Settings(engine="spark"), session=spark)
    with pytest.raises(InputError, match="--source otlp is not read"):
        read(folder, tmp_path / "two", Settings(engine="spark"), source="otlp", session=spark)


def test_a_needed_column_that_a_table_lacks_is_told(spark: SparkSession, tmp_path: Path) -> None:
    spark.createDataFrame(pa.table({"exchange_id": ["a"], "model": ["m"]})).createOrReplaceTempView("short_log")
    with pytest.raises(InputError, match=r"table:short_log column started_at: needed column is missing"):
        read("table:short_log", tmp_path / "read", Settings(engine="spark"), session=spark)
    spark.catalog.dropTempView("short_log")


WITHOUT_SPARK = """
import sys
sys.modules["pyspark"] = sys.modules["pyspark.errors"] = None
from hydrometer import api
from hydrometer.contract import InputError, Settings
try:
    api.list_steps(Settings(engine="spark"))
except InputError as error:
    print(error)
"""


def test_what_the_engine_needs_and_is_not_there_is_told() -> None:
    command = [sys.executable, "-c", WITHOUT_SPARK]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 -- our own program
    assert "pip install 'hydrometer[spark]'" in said


def test_the_steps_are_told_in_the_words_of_spark() -> None:
    told = {step.name: step.sql for step in api.list_steps(Settings(engine="spark"))}
    assert "EXPLODE(ARRAY_DISTINCT(sketch))" in told["shingle"]
    assert told["exchange"].endswith("-- then exchange_no: rows numbered from 0 in the order of _key0, _key1, _key2")


def test_a_task_lists_some_rejected_rows_and_counts_all() -> None:
    task = Rejects(keep=True, most=MOST_LISTED)
    for line in range(MOST_LISTED + 5):
        task.reject("blank", file="f", line=line, column="model")
    run = Rejects()
    run.add(task.summary)
    assert run.counts == {"model: blank": MOST_LISTED + 5}
    assert run.notes == {UNLISTED: 5}
    assert len(task.summary.entries) == MOST_LISTED
