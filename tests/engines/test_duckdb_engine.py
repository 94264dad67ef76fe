"""The embedded engine: steps in order, within its memory, in its own folder, and nothing fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hydrometer.contract.errors import InputError
from hydrometer.contract.progress import SilentProgress
from hydrometer.contract.sql_step import SqlStep
from hydrometer.engines.duckdb_engine import DuckEngine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckEngine]:
    with DuckEngine(tmp_path, memory="300MB", threads=2) as opened:
        yield opened


def setting(engine: DuckEngine, name: str) -> str:
    (value,) = engine.arrow(f"SELECT current_setting('{name}')::VARCHAR AS value")["value"].to_pylist()
    return str(value)


class Counting(SilentProgress):
    """Remembers how far the engine said it is."""

    def __init__(self) -> None:
        self.rows: list[int] = []

    def advance(self, rows: int) -> None:
        self.rows.append(rows)


def test_memory_and_threads_are_as_set(engine: DuckEngine) -> None:
    assert setting(engine, "memory_limit") == "286.1 MiB"
    assert setting(engine, "threads") == "2"


@pytest.mark.parametrize("memory", ["much", "", "4", "4GB' ; DROP", "GB4"])
def test_what_is_no_size_is_told_apart(tmp_path: Path, memory: str) -> None:
    with pytest.raises(InputError, match="is not a size") as caught:
        DuckEngine(tmp_path, memory=memory, threads=1)
    assert "4GB" in str(caught.value)
    # And the folder is free for the next attempt.
    with DuckEngine(tmp_path, memory="300MB", threads=1) as engine:
        assert setting(engine, "threads") == "1"


def test_nothing_is_fetched(engine: DuckEngine) -> None:
    assert setting(engine, "autoinstall_known_extensions") == "false"
    assert setting(engine, "autoload_known_extensions") == "false"


def test_times_are_in_utc(engine: DuckEngine) -> None:
    hours = engine.arrow("SELECT date_part('hour', TIMESTAMPTZ '2026-03-02 23:30:00+00') AS hour")["hour"].to_pylist()
    assert hours == [23]


def test_more_than_fits_spills_into_the_folder(tmp_path: Path) -> None:
    rows = 3_000_000
    step = SqlStep(
        "wide", f"SELECT hash(range) AS a, hash(range + 1) AS b, hash(range + 2) AS c FROM range({rows})", "many"
    )
    with DuckEngine(tmp_path, memory="60MB", threads=1) as engine:
        assert setting(engine, "temp_directory") == str(tmp_path / "spill")
        engine.run(
            [step, SqlStep("sorted", "SELECT * FROM wide ORDER BY b, a, c", "in another order")], SilentProgress()
        )
        assert engine.count("sorted") == rows
        assert (tmp_path / "spill").exists()


@pytest.mark.parametrize(
    "name", ["it's here", 'a "quoted" one', "semi;colon", "white space", "ümlaut", "run [1]", "a*b"]
)
def test_any_name_of_a_folder_will_do(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    pq.write_table(pa.table({"n": [1, 2]}), folder / "one.parquet")
    pq.write_table(pa.table({"n": [3]}), folder / "two.parquet")
    with DuckEngine(folder, memory="300MB", threads=1) as engine:
        engine.view("numbers", folder / "*.parquet")
        assert engine.count("numbers") == 3
        assert setting(engine, "temp_directory") == str(folder / "spill")


def test_steps_run_in_order_and_each_is_told(engine: DuckEngine) -> None:
    engine.add_table("start", pa.table({"n": [1, 2, 3]}))
    steps = [
        SqlStep("doubled", "SELECT 2 * n AS n FROM start", "twice"),
        SqlStep("summed", "SELECT sum(n) AS n FROM doubled", "together"),
        SqlStep("doubled", "SELECT n + 1 AS n FROM summed", "a later step of the same name"),
    ]
    progress = Counting()
    engine.run(steps, progress)
    assert engine.arrow("SELECT CAST(n AS BIGINT) AS n FROM doubled")["n"].to_pylist() == [13]
    assert progress.rows == [1, 1, 1]


def test_a_table_that_is_put_again_replaces_the_first(engine: DuckEngine) -> None:
    engine.add_table("t", pa.table({"n": [1, 2]}))
    engine.add_table("t", pa.table({"n": pa.array([], pa.int64()), "more": pa.array([], pa.string())}))
    assert engine.count("t") == 0
    assert engine.arrow("SELECT * FROM t").column_names == ["n", "more"]


def test_what_is_put_is_a_copy(engine: DuckEngine) -> None:
    engine.add_table("first", pa.table({"n": [1]}))
    engine.add_table("second", pa.table({"n": [2]}))
    assert engine.arrow("SELECT n FROM first")["n"].to_pylist() == [1]


def test_types_come_back_as_they_went_in(engine: DuckEngine) -> None:
    table = pa.table(
        {
            "when": pa.array([0, 1_000_000, None], pa.timestamp("us", tz="UTC")),
            "list": pa.array([[1], [], None], pa.list_(pa.int64())),
            "text": pa.array(["é", "", None], pa.string()),
        }
    )
    engine.add_table("t", table)
    assert engine.arrow('SELECT * FROM t ORDER BY "when" NULLS LAST').to_pylist() == table.to_pylist()
