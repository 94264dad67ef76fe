"""What a run tells of itself, and that its files agree."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pyarrow.compute as pc

from hydrometer import __version__
from hydrometer.contract.result_records import CampaignFile, RunRecord
from hydrometer.contract.settings import Settings
from hydrometer.detection.campaigns.score_calibration import load_calibration

if TYPE_CHECKING:
    from fixtures.detected_worlds import Labelled, Outcome


def test_run_json_tells_what_was_read_with_what_and_how_long_it_took(small: Labelled, small_outcome: Outcome) -> None:
    run = msgspec.json.decode((small_outcome.out / "run.json").read_bytes(), type=RunRecord)
    assert run == small_outcome.run
    assert run.status == "done"
    assert run.version == __version__
    assert {"python", "duckdb", "numpy", "numba", "pyarrow", "scipy"} <= run.versions.keys()
    assert run.settings == msgspec.to_builtins(Settings(threads=0))
    assert run.seed == Settings().seed
    provenance = load_calibration().provenance
    assert provenance
    assert {name: run.calibration[name] for name in provenance} == provenance
    assert datetime.now(UTC) - run.started_at < timedelta(hours=1)
    world = small.world
    assert run.rows["exchanges"] == world.exchanges.num_rows
    assert run.rows["accounts"] == pc.count_distinct(world.exchanges["account_id"]).as_py()
    assert run.rejected == {}
    times = world.exchanges["started_at"]
    assert (run.first_exchange, run.last_exchange) == (pc.min(times).as_py(), pc.max(times).as_py())
    assert {path.rpartition("/")[2] for path in run.inputs} == {path.name for path in small.folder.iterdir()}


def test_every_stage_has_its_seconds_and_its_memory(small: Labelled, small_outcome: Outcome) -> None:
    stages = {stage.name: stage for stage in small_outcome.run.stages}
    assert list(stages) == [
        "read and fingerprint",
        "count shingles",
        "sort by account",
        "measure",
        "link and test",
        "show wordings",
    ]
    assert stages["read and fingerprint"].rows == small.world.exchanges.num_rows
    assert all(stage.seconds > 0 for stage in stages.values())
    peaks = [stage.peak_memory_mb for stage in stages.values()]
    assert peaks == sorted(peaks)
    assert 50 < peaks[0] < 100_000


def test_the_files_of_a_result_agree(small: Labelled, small_outcome: Outcome) -> None:
    result = small_outcome.read()
    (campaign,) = result.campaigns
    members, harvested = result.members, result.harvested
    assert campaign.accounts == members.num_rows
    assert campaign.exchanges == pc.sum(members["exchanges"]).as_py()
    assert campaign.harvested == pc.sum(members["harvested"]).as_py() == harvested.num_rows
    assert pc.count_distinct(harvested["exchange_id"]).as_py() == harvested.num_rows
    assert set(harvested["exchange_id"].to_pylist()) <= set(small.world.exchanges["exchange_id"].to_pylist())
    assert campaign.first_seen == pc.min(members["first_seen"]).as_py()
    assert campaign.last_seen == pc.max(members["last_seen"]).as_py()
    assert sum(campaign.models.values()) == campaign.exchanges
    templates = {template.id: template.exchanges for template in campaign.exhibit.templates}
    counted = pc.value_counts(harvested["template_id"].drop_null()).to_pylist()
    assert {row["values"]: row["counts"] for row in counted} == templates
    (candidate,) = [candidate for candidate in result.candidates if candidate.campaign_id == campaign.id]
    rows = result.considered.filter(pc.field("candidate_id") == candidate.id)
    inside = rows.filter(pc.field("member"))
    assert sorted(inside["account_id"].to_pylist()) == sorted(members["account_id"].to_pylist())
    for probability in (members["probability"], harvested["probability"], result.considered["probability"]):
        assert 0 <= pc.min(probability).as_py() <= pc.max(probability).as_py() <= 1


def test_the_report_names_every_campaign_and_stands_alone(small_outcome: Outcome) -> None:
    page = (small_outcome.out / "report.html").read_text("utf-8")
    for name in small_outcome.groups:
        assert name in page
    assert "://" not in page.replace("http://www.w3.org/", "")


def test_nothing_but_the_result_is_left_in_the_folder(small_outcome: Outcome) -> None:
    assert sorted(path.name for path in small_outcome.out.iterdir()) == [
        "blocks.parquet",
        "campaigns.json",
        "candidates.json",
        "considered.parquet",
        "harvested.parquet",
        "indicators.parquet",
        "members.parquet",
        "rejected.jsonl",
        "report.html",
        "run.json",
        "templates.parquet",
    ]
    read = msgspec.json.decode((small_outcome.out / "campaigns.json").read_bytes(), type=CampaignFile)
    assert read == small_outcome.found
