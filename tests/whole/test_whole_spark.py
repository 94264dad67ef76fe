"""One labelled world, with its texts, on every engine: the same campaigns, and the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.parquet as pq
from msgspec.structs import replace

from fixtures.detected_worlds import SMALL, labelled
from hydrometer import api
from hydrometer.contract.progress import SilentProgress
from hydrometer.files.settings_files import load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

pytest_plugins = ("fixtures.local_spark",)

EXACT = (
    "members.parquet",
    "harvested.parquet",
    "considered.parquet",
    "indicators.parquet",
    "templates.parquet",
    "blocks.parquet",
    "candidates.json",
)
WORLD = replace(SMALL, honest=150, operators=(replace(SMALL.operators[0], accounts=40),))


def test_a_world_has_the_same_campaigns_on_every_engine(spark: SparkSession, site_key: Path, tmp_path: Path) -> None:
    world = labelled(WORLD, 6, tmp_path / "world")
    found = {}
    for engine, session in (("embedded", None), ("duckdb", None), ("spark", spark)):
        found[engine] = api.detect(
            world.folder,
            tmp_path / engine,
            load_settings(None, engine=engine),
            site_key=site_key,
            mapping=None,
            source=None,
            progress=SilentProgress(),
            session=session,
        )
    wanted = found.pop("embedded")
    assert len(wanted.campaigns) == 1
    assert any(template.wording for template in wanted.campaigns[0].exhibit.templates)
    members = pq.read_table(tmp_path / "embedded" / "members.parquet")["account_id"].to_pylist()
    assert set(members) <= world.run_by_operators
    one = wanted.run
    assert "spark" not in one.versions
    for engine, theirs in found.items():
        assert theirs.campaigns == wanted.campaigns, engine
        for name in EXACT:
            assert (tmp_path / engine / name).read_bytes() == (tmp_path / "embedded" / name).read_bytes(), name
        other = theirs.run
        for part in ("rows", "rejected", "repaired", "notes", "absent_columns", "signals_off", "caps", "thresholds"):
            assert getattr(other, part) == getattr(one, part), part
        assert (other.stages[0].name, other.stages[0].rows) == (one.stages[0].name, one.stages[0].rows)
        assert other.settings["engine"] == engine
    assert [stage.name for stage in found["spark"].run.stages] == [stage.name for stage in found["duckdb"].run.stages]
    assert found["spark"].run.versions["spark"] == spark.version
