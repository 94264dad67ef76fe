"""The engine of a cluster: numbers without one task, a bound on what it collects, and nothing left in the session."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrometer.contract.errors import InputError
from hydrometer.contract.progress import SilentProgress
from hydrometer.contract.settings import Settings, SparkSettings
from hydrometer.contract.sql_step import SqlStep
from hydrometer.engines.spark_engine import SparkEngine
from hydrometer.engines.spark_session import format_spark_size
from hydrometer.engines.spark_source import escape_glob

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

pytest_plugins = ("fixtures.local_spark",)


@pytest.fixture
def engine(spark: SparkSession, tmp_path: Path) -> Iterator[SparkEngine]:
    with SparkEngine(
        tmp_path / "work", Settings(spark=SparkSettings(partitions=5, collect_rows=5_000)), spark
    ) as opened:
        yield opened


@pytest.mark.parametrize("coalesced", ["true", "false"])
def test_rows_are_numbered_in_their_order_over_many_partitions(coalesced: str, engine: SparkEngine) -> None:
    engine.session.conf.set("spark.sql.adaptive.coalescePartitions.enabled", coalesced)
    rng = np.random.default_rng(1)
    keys = rng.permutation(4_000)
    names = [f"{key % 37:02d}" if key % 5 else None for key in keys.tolist()]
    engine.add_table("t", pa.table({"key": keys, "name": names}))
    step = SqlStep(
        "numbered",
        "SELECT row_number() OVER (ORDER BY key) - 1 AS n, key, name, dense_rank() OVER (ORDER BY name) - 1 AS m FROM t",
        "both kinds of number",
    )
    engine.run([step], SilentProgress())
    table = engine.arrow("SELECT * FROM numbered ORDER BY key")
    assert table.column_names == ["n", "key", "name", "m"]
    assert table["n"].to_pylist() == table["key"].to_pylist() == list(range(4_000))
    order = [*sorted({name for name in names if name is not None}), None]
    assert table["m"].to_pylist() == [order.index(name) for name in table["name"].to_pylist()]
    parts = engine.session.sql(
        f"SELECT DISTINCT input_file_name() AS file FROM {engine._view_name('numbered')}"
    ).count()
    assert parts == (1 if coalesced == "true" else 5)
    engine.session.conf.unset("spark.sql.adaptive.coalescePartitions.enabled")


def test_what_is_too_much_for_one_place_is_said(engine: SparkEngine) -> None:
    engine.add_table("t", pa.table({"n": range(5_001)}))
    engine.run([SqlStep("pairs", "SELECT n, n + 1 AS m FROM t", "too many")], SilentProgress())
    assert engine.arrow("SELECT m FROM pairs WHERE n < 10").num_rows == 10
    with pytest.raises(InputError, match=r"5,001 rows of pairs must come to one place, more than 5,000") as caught:
        engine.arrow("SELECT m FROM pairs ORDER BY m")
    assert "spark.collect_rows" in str(caught.value)


def test_a_session_is_left_as_it_was(spark: SparkSession, tmp_path: Path) -> None:
    before = {
        name: spark.conf.get(name, None) for name in ("spark.sql.session.timeZone", "spark.sql.shuffle.partitions")
    }
    spark.createDataFrame(pa.table({"mine": [1]})).createOrReplaceTempView("exchange")
    with SparkEngine(tmp_path / "work", Settings(spark=SparkSettings(partitions=3)), spark) as engine:
        engine.add_table("exchange", pa.table({"n": [1, 2]}))
        engine.run([SqlStep("step", "SELECT exchange.n FROM exchange", "of the run's own table")], SilentProgress())
        assert engine.count("step") == 2
        assert spark.conf.get("spark.sql.session.timeZone") == "UTC"
        assert Path(engine.work).exists()
    assert not Path(engine.work).exists()
    assert engine.left_over == ""
    assert {name: spark.conf.get(name, None) for name in before} == before
    assert spark.table("exchange").columns == ["mine"]
    assert [table.name for table in spark.catalog.listTables() if table.name.startswith("hydrometer")] == []
    spark.catalog.dropTempView("exchange")


@pytest.mark.parametrize(
    "name", ["it's here", "semi;colon", "white space", "ümlaut", "run [1]", "a*b", "{c}", "100%25"]
)
def test_any_name_of_a_folder_will_do(name: str, spark: SparkSession, tmp_path: Path) -> None:
    folder = tmp_path / name
    folder.mkdir()
    pq.write_table(pa.table({"n": [1, 2]}), folder / "one.parquet")
    pq.write_table(pa.table({"n": [3]}), folder / "two.parquet")
    with SparkEngine(folder / "work", Settings(), spark) as engine:
        engine.view("numbers", folder / "*.parquet")
        engine.run([SqlStep("more", "SELECT n + 1 AS n FROM numbers", "written and read back")], SilentProgress())
        assert sorted(engine.arrow("SELECT n FROM more")["n"].to_pylist()) == [2, 3, 4]


def test_types_come_back_as_they_went_in(engine: SparkEngine) -> None:
    table = pa.table(
        {
            "when": pa.array([0, 1_000_000, None], pa.timestamp("us", tz="UTC")),
            "list": pa.array([[1], [], None], pa.list_(pa.int64())),
            "text": pa.array(["é", "", None], pa.string()),
        }
    )
    engine.add_table("t", table)
    found = engine.arrow('SELECT * FROM t ORDER BY "when" NULLS LAST')
    assert found.schema.types == table.schema.types
    assert found.to_pylist() == table.to_pylist()


class Elsewhere:
    """A session on several machines, as far as opening goes."""

    class Configuration:
        """Tells where it runs."""

        def get(self, name: str, default: object = None) -> object:
            return "spark://head:7077" if name == "spark.master" else default

    conf = Configuration()


def test_several_machines_need_a_folder_that_all_of_them_see(tmp_path: Path) -> None:
    session: Any = Elsewhere()
    with pytest.raises(InputError, match=r"spark\.work.*several machines"):
        SparkEngine(tmp_path, Settings(), session)
    engine = SparkEngine(tmp_path, Settings(spark=SparkSettings(work="s3://bucket/scratch/")), session)
    assert engine.work.startswith("s3://bucket/scratch/hydrometer-")


@pytest.mark.parametrize(
    ("memory", "wanted"), [("4GB", "3814m"), ("512MiB", "512m"), ("1.5 GiB", "1536m"), ("1KB", "1m")]
)
def test_memory_in_the_words_of_spark(memory: str, wanted: str) -> None:
    assert format_spark_size(memory) == wanted


@given(st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1))
def test_a_pattern_matches_its_path_alone(name: str) -> None:
    pattern = escape_glob(Path("/") / name)
    assert all(pattern[at - 1] == "\\" for at, letter in enumerate(pattern) if letter in "*?[]{}")
