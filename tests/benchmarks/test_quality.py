"""The quality benchmark, in its short form: a few small worlds through every detector to a page."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import msgspec
import pytest

from fixtures.project import ROOT
from hydrometer.lab.simulate import SCENARIOS
from quality import calibrate
from quality.baselines import runner, tune
from quality.plan import BARE, FULL, HELD_OUT, INNOCENT, LADDER, SHORT, TEST_SEED, trials
from quality.tables import by_rung, standing
from quality.trial import BY_DAY, HYDROMETER, Record

if TYPE_CHECKING:
    from pathlib import Path

RECORDS = "records.jsonl"


def quality(*arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(filter(None, (str(ROOT / "benchmarks"), os.environ.get("PYTHONPATH"))))
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "quality", *arguments],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("quality")
    quality("--short", "--records", str(folder / RECORDS), "--out", str(folder))
    return folder


@pytest.fixture(scope="module")
def records(made: Path) -> list[Record]:
    return [msgspec.json.decode(line, type=Record) for line in (made / RECORDS).read_bytes().splitlines()]


def test_every_detector_sees_every_world(records: list[Record]) -> None:
    seen = {(record.scenario, record.detector) for record in records}
    for scenario in SHORT.scenarios:
        assert {(scenario, name) for name in (HYDROMETER, BARE, *runner.BASELINES)} <= seen
    assert ("ladder2", BY_DAY) in seen
    assert len({name for scenario, name in seen if scenario == "ladder2"}) == 13


def test_the_operator_is_found_and_the_innocent_are_not_accused(records: list[Record]) -> None:
    (hydra,) = [r.score for r in records if r.scenario == "ladder2" and r.detector == HYDROMETER]
    assert [row.found for row in hydra.operators] == [True]
    assert hydra.accounts.hits == hydra.accounts.flagged
    (innocent,) = [r.score for r in records if r.scenario == INNOCENT and r.detector == HYDROMETER]
    assert innocent.campaigns.campaigns == 0


def test_days_say_when_the_operator_was_found(records: list[Record]) -> None:
    (score,) = [r.score for r in records if r.detector == BY_DAY]
    (row,) = score.detections or []
    assert row.day is not None
    assert 0 < row.before < row.harvest


def test_the_page_shows_all_and_its_drawings_are_drawn(made: Path) -> None:
    page = (made / "benchmark.md").read_text("utf-8")
    for title in ("By rung", "Innocent worlds", "False accusations", "Without a family of evidence", "How soon"):
        assert f"## {title}\n" in page
    drawings = sorted(made.glob("*.svg"))
    assert [f"({drawing.name})" in page for drawing in drawings] == [True] * 4
    for drawing in drawings:
        assert ElementTree.parse(drawing).getroot().tag.endswith("svg")  # noqa: S314 (our own file)


def test_records_make_the_same_page_again(made: Path, tmp_path: Path) -> None:
    quality("--render", "--records", str(made / RECORDS), "--out", str(tmp_path))
    for name in ("benchmark.md", *(drawing.name for drawing in made.glob("*.svg"))):
        assert (tmp_path / name).read_bytes() == (made / name).read_bytes()


def test_a_baseline_that_is_ahead_is_named(records: list[Record]) -> None:
    assert standing(records).startswith("On no rung is a baseline ahead.")
    swapped = [
        msgspec.structs.replace(r, detector={HYDROMETER: "union", "union": HYDROMETER}.get(r.detector, r.detector))
        for r in records
    ]
    assert standing(swapped).startswith("A baseline is ahead on\n\n")
    assert "- rung 2: union (1 of 1" in standing(swapped)
    assert "| union | 1 of 1" in by_rung(swapped)


def test_tuning_sees_neither_test_seeds_nor_what_is_held_out() -> None:
    assert not set(HELD_OUT) & {*SCENARIOS, *tune.TRAINING}
    assert {trial.scenario for trial in trials(FULL)} >= {*LADDER, INNOCENT, *HELD_OUT}
    assert min(trial.seed for trial in trials(FULL)) == TEST_SEED
    provenance = msgspec.json.decode(calibrate.TARGET.read_bytes())["provenance"]
    assert not set(HELD_OUT) & set(provenance["scenarios"])
    words = provenance["command"].split()
    seeds = [int(seed) for word in words for seed in word.split(",") if seed.isdigit() and int(seed) < 1000]
    assert seeds
    assert max(seeds) < TEST_SEED
