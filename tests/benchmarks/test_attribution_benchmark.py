"""The attribution benchmark, in its short form: one small world, every circumstance and variant, to a page."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import msgspec
import pytest

from attribution.dossiers import CIRCUMSTANCES
from attribution.summary import QUESTIONS, bins, chosen, row, variants
from attribution.trial import HITS, HYDROMETER, PRIOR, Record
from fixtures.project import ROOT

if TYPE_CHECKING:
    from pathlib import Path

RECORDS = "records.jsonl"


def benchmark(*arguments: str) -> str:
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "attribution", *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "benchmarks"), *sys.path])},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("attribution")
    benchmark("--short", "--workers", "1", "--records", str(folder / RECORDS), "--out", str(folder))
    return folder


@pytest.fixture(scope="module")
def records(made: Path) -> list[Record]:
    return [msgspec.json.decode(line, type=Record) for line in (made / RECORDS).read_bytes().splitlines()]


def test_every_method_answers_every_question_in_every_circumstance(records: list[Record]) -> None:
    campaigns = len({(r.seed, r.campaign) for r in records})
    assert campaigns > 0
    for method in (HYDROMETER, PRIOR, HITS, *variants(records)):
        for question in QUESTIONS:
            told = chosen(records, method=method, question=question)
            assert len(told) == campaigns * len(CIRCUMSTANCES)
            assert all(0 <= r.brier <= 2 and 0 < r.probability <= 1 for r in told)


def test_the_prior_names_nobody_and_the_sums_add_up(records: list[Record]) -> None:
    assert row(chosen(records, method=PRIOR)).named_right == row(chosen(records, method=PRIOR)).named_wrong == 0
    ours = chosen(records, method=HYDROMETER, question="operator")
    assert sum(b.cases for b in bins(ours)) == row(ours).cases == len(ours)
    assert row(ours).named_wrong == sum(r.named == "wrong" for r in ours)


def test_the_page_is_made_again_of_the_records(made: Path, tmp_path: Path) -> None:
    page = (made / "benchmark-attribution.md").read_text("utf-8")
    for title in ("Names", "Scores", "Reliability", "Without one thing"):
        assert f"## {title}\n" in page
    drawing = made / "benchmark-attribution.svg"
    assert f"({drawing.name})" in page
    assert ElementTree.parse(drawing).getroot().tag.endswith("svg")  # noqa: S314 (our own file)
    printed = benchmark("--render", "--json", "--records", str(made / RECORDS), "--out", str(tmp_path))
    assert set(json.loads(printed)) == set(QUESTIONS)
    for name in (page_name.name for page_name in (made / "benchmark-attribution.md", drawing)):
        assert (made / name).read_bytes() == (tmp_path / name).read_bytes()
