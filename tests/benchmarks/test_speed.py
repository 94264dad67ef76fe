"""The speed benchmark: fits, the cost model, that all systems come to the same, and that the page shows the record."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.project import ROOT
from speed import cost, tables
from speed.child import measured
from speed.curve import line, power
from speed.drawing import NAME, draw
from speed.page import PAGE, render
from speed.record import RECORD, Cost, Record, Row, Size, Sketcher, StageCost, Task, Texts, load, save
from speed.relational import differing

if TYPE_CHECKING:
    from pathlib import Path

MB = 1_000_000


def size(exchanges: int, *, link_s: float, sort_s: float, rest_s: float = 2.0) -> Size:
    """A world whose detection took so much CPU time, 1 GB and a KB an exchange."""
    return Size(
        exchanges=exchanges,
        accounts=exchanges // 80,
        lake_mb=exchanges * 100 / MB,
        hashes=15.0,
        campaigns=1,
        stages=[
            StageCost(name="sort by account", wall_s=sort_s, cpu_s=sort_s),
            StageCost(name="link and test", wall_s=link_s, cpu_s=link_s),
        ],
        detect=Cost(
            wall_s=9.0, cpu_s=link_s + sort_s + rest_s, peak_mb=1_000 + exchanges / 1_000, disk_mb=exchanges * 200 / MB
        ),
    )


TEXTS = [
    Texts(rows=10, text_bytes=300, jsonl_bytes=700, lake_bytes=110, hashes=12, read_us=10, fingerprint_us=2),
    Texts(rows=10, text_bytes=1_800, jsonl_bytes=2_200, lake_bytes=400, hashes=75, read_us=25, fingerprint_us=5),
]


@pytest.fixture
def record() -> Record:
    """Two worlds: sorting grows in proportion, linking with the square root; the rest stays."""
    row = Row(name="Hydrometer", does="this", cost=Cost(wall_s=1, cpu_s=2.0, peak_mb=500), parts={"count": 1.5})
    other = Row(name="Other", does="that", cost=Cost(wall_s=1, cpu_s=5.0, peak_mb=900))
    return Record(
        sizes=[size(4 * MB, link_s=4.0, sort_s=8.0), size(MB, link_s=2.0, sort_s=2.0)],
        tasks={
            "core 5": Task(title="relational core", input="Five.", exchanges=5, rows=[row, other]),
            "linking 5": Task(
                title="linking", input="Five.", exchanges=5, rows=[row, Row(name="Gone", does="nothing")]
            ),
        },
        texts=TEXTS,
        sketchers=[
            Sketcher(name="fingerprint", does="all", threads=1, prompts_a_cpu_s=100_000),
            Sketcher(name="slow", does="less", threads=1, prompts_a_cpu_s=10_000),
            Sketcher(name="gone", does="less", threads=1, prompts_a_cpu_s=None),
        ],
    )


@given(
    st.floats(1e-6, 1e3),
    st.floats(0.1, 2.5),
    st.lists(st.integers(1, 10**9), min_size=2, max_size=6, unique=True),
)
def test_a_power_law_is_found_again(factor: float, exponent: float, sizes: list[int]) -> None:
    numbers = [float(n) for n in sizes]
    found = power(numbers, [factor * n**exponent for n in numbers])
    assert found.exponent == pytest.approx(exponent, rel=1e-4)
    assert found.at(numbers[0]) == pytest.approx(factor * numbers[0] ** exponent, rel=1e-4)


@given(st.floats(-1e3, 1e3), st.floats(-10, 10), st.lists(st.integers(0, 10**4), min_size=2, max_size=6, unique=True))
def test_a_line_is_found_again(base: float, slope: float, sizes: list[int]) -> None:
    found = line([float(n) for n in sizes], [base + slope * n for n in sizes])
    assert found.at(7.0) == pytest.approx(base + slope * 7, abs=1e-5)


@pytest.mark.parametrize(("sizes", "costs"), [([1.0], [1.0]), ([2.0, 2.0], [1.0, 1.0]), ([1.0, 2.0], [0.0, 1.0])])
def test_what_cannot_be_fitted_is_refused(sizes: list[float], costs: list[float]) -> None:
    with pytest.raises(ValueError, match=r"fit|logarithm"):
        power(sizes, costs)


def test_stages_are_carried_on_in_proportion_at_the_least(record: Record) -> None:
    made = cost.model(record)
    assert made.stages["sort by account"].exponent == pytest.approx(1.0)
    assert made.stages["link and test"].exponent == 1.0
    assert made.serial_s(4 * MB) == pytest.approx(4.0)
    assert made.serial_s(40 * MB) == pytest.approx(40.0)
    assert made.cpu_s(400 * MB) == pytest.approx(400 + 800 + 2)


def test_a_stage_that_grows_faster_keeps_its_exponent() -> None:
    law = cost.carried_on([1e6, 2e6], [1.0, 4.0])
    assert law.exponent == pytest.approx(2.0)
    assert law.at(4e6) == pytest.approx(16.0)


def test_a_day_costs_what_its_parts_cost(record: Record) -> None:
    made = cost.model(record)
    assert cost.cores(25, cost.BILLION) == pytest.approx(25_000 / 86_400)
    one, seven, _ = cost.windows(made, cost.BILLION)
    assert (one.exchanges, seven.exchanges) == (1e9, 7e9)
    assert one.longest_hours == pytest.approx(1_000 / 3_600)
    assert one.memory_gb == pytest.approx(1 + 1_000, rel=1e-3)
    assert one.spill_gb == pytest.approx(200)
    assert seven.spill_gb == pytest.approx(1_400)


def test_what_is_full_first_comes_first(record: Record) -> None:
    made, server = cost.model(record), cost.Server(cores=2, memory_gb=11, disk_tb=1)
    found = cost.limits(made, server)
    assert (found[0].stage, found[0].resource) == ("detect", "memory")
    assert found[0].exchanges_a_day == pytest.approx(10 * MB, rel=1e-6)
    disk = next(one for one in found if one.resource == "disk")
    assert disk.exchanges_a_day == pytest.approx(1e12 / (30 * 400 + 200), rel=1e-6)
    assert [one.exchanges_a_day for one in found] == sorted(one.exchanges_a_day for one in found)


@given(st.floats(1e-3, 1e3), st.floats(1.0, 1e9))
def test_the_most_is_just_within_the_limit(each: float, limit: float) -> None:
    found = cost.most(lambda n: n * each, limit)
    assert found * each <= limit
    assert found == pytest.approx(limit / each, rel=1e-9, abs=1e-9)


def test_what_never_fills_has_no_limit() -> None:
    assert cost.most(lambda _: 1.0, 2.0) == cost.MOST


def test_no_model_without_sizes_or_texts(record: Record) -> None:
    with pytest.raises(ValueError, match="texts"):
        cost.model(msgspec.structs.replace(record, texts=[]))
    with pytest.raises(ValueError, match="two sizes"):
        cost.model(msgspec.structs.replace(record, sizes=record.sizes[:1]))


def test_digests_differ_where_a_count_does() -> None:
    assert differing({"a": 1.0, "b": 3e12, "none": 0.0}, {"a": 1.0, "b": 3e12 + 1}) == []
    assert differing({"a": 1.0, "b": 2.0}, {"a": 1.0}) == ["b"]
    assert differing({"a": 100.0}, {"a": 101.0}) == ["a"]


def test_the_table_shows_ratios_and_who_is_not_installed(record: Record) -> None:
    rows = {row[0]: row for row in tables.whole(record)}
    assert rows["relational core: Other"][-1] == "2.50"
    assert rows["linking: Gone"][-1] == "not installed"
    assert rows["sketch: slow"][-1] == "10.00"
    assert rows["sketch: gone"][-1] == "not installed"
    assert {len(row) for row in rows.values()} == {len(tables.HEAD)}
    assert "relational core: Other" in tables.plain(list(rows.values()))


def test_the_verdict_looks_at_every_step(record: Record) -> None:
    assert "no faster than n^1.1" in tables.verdict(record)
    steep = msgspec.structs.replace(record, sizes=[*record.sizes, size(8 * MB, link_s=40.0, sort_s=16.0)])
    assert ": faster than n^1.1" in tables.verdict(steep)


def test_a_record_is_read_as_it_was_written(record: Record, tmp_path: Path) -> None:
    save(record, tmp_path / "new" / "record.json")
    assert load(tmp_path / "new" / "record.json") == record
    assert load(tmp_path / "none.json") == Record()


def test_a_page_is_made_of_whatever_was_measured(record: Record) -> None:
    assert "## A billion exchanges a day" in render(record, NAME)
    assert "not installed" in render(record, NAME)
    bare = render(Record(), "")
    assert bare.startswith("# Performance")
    assert "## Linking" not in bare


def test_the_page_shows_the_record_of_the_last_run() -> None:
    assert render(load(RECORD), NAME) == (ROOT / "docs" / PAGE).read_text("utf-8")


def test_the_drawing_is_drawn_the_same_again(record: Record, tmp_path: Path) -> None:
    first = (tmp_path / draw(record, tmp_path)).read_bytes()
    assert (tmp_path / draw(record, tmp_path)).read_bytes() == first
    assert ElementTree.parse(tmp_path / NAME).getroot().tag.endswith("svg")  # noqa: S314 (our own file)


def test_a_child_is_measured_with_what_it_wrote(tmp_path: Path) -> None:
    into = tmp_path / "watched"
    into.mkdir()
    program = f"""
import pathlib, time
held = bytearray(b"x") * 60_000_000
pathlib.Path({str(into / "file")!r}).write_bytes(bytes(5_000_000))
until = time.monotonic() + 0.5
while time.monotonic() < until: pass
print("said")
"""
    cost_, printed = measured([sys.executable, "-c", program], watch=into)
    assert printed == b"said\n"
    assert cost_.cpu_s > 0.05
    assert cost_.peak_mb > 60
    assert math.isclose(cost_.disk_mb, 5.0, rel_tol=0.1)


def test_a_child_that_fails_ends_the_benchmark() -> None:
    with pytest.raises(SystemExit, match="status 3"):
        measured([sys.executable, "-c", "raise SystemExit(3)"])


def test_all_systems_come_to_the_same_counts(tmp_path: Path) -> None:
    where = {"--folder": tmp_path / "worlds", "--record": tmp_path / "record.json", "--out": tmp_path / "docs"}
    subprocess.run(  # noqa: S603
        [
            *(sys.executable, "-m", "speed", "--sizes", "0.02", "--only", "core", "clusters"),
            *(str(word) for pair in where.items() for word in pair),
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "benchmarks")])},
        capture_output=True,
        check=True,
    )
    found = load(tmp_path / "record.json")
    (core,) = [task for part, task in found.tasks.items() if part.startswith("core")]
    assert [row.name for row in core.rows] == ["Hydrometer", "DuckDB", "Polars"]
    assert all(row.cost is not None and row.cost.cpu_s > 0 for row in core.rows)
    (groups,) = [task for part, task in found.tasks.items() if part.startswith("clusters")]
    counts = {row.parts["components found"] for row in groups.rows[1:] if row.cost is not None}
    assert len(counts) == 1
    assert "## The relational core" in (tmp_path / "docs" / PAGE).read_text("utf-8")
