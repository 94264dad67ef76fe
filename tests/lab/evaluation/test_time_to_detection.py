"""What was sent before an operator was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.small_worlds import Sent, write_result, write_times, write_world
from hydrometer.contract.errors import InputError
from hydrometer.lab.evaluation import score, summarise

if TYPE_CHECKING:
    from pathlib import Path

    from hydrometer.contract import OperatorDetection

SENT: list[Sent] = [*((f"a{n}", "A", "lab") for n in range(4)), *((f"b{n}", "B", "lab") for n in range(2))]
TIMES = [("a0", "acc1", 0.5), ("a1", "acc2", 1.2), ("a2", "acc1", 2.0), ("a3", "acc1", 5.0), ("b0", "acc3", 0.5)]
TIMES += [("b1", "acc3", 4.0), ("innocent", "p1", 0.25), ("a1", "acc2", 3.0)]  # a repeated exchange is the earlier one


def world(tmp_path: Path, times: list[tuple[str, str, float]] = TIMES) -> Path:
    place = write_world(tmp_path / "world", {"A": "acc1 acc2", "B": "acc3"}, {"person": "p1 p2"}, SENT)
    write_times(place, times[:3], "exchanges-0001.parquet")
    write_times(place, times[3:], "exchanges-0002.parquet")
    return place


def days(tmp_path: Path, names: tuple[str, str, str]) -> Path:
    first, second, third = (tmp_path / "results" / name for name in names)
    write_result(first, {"X": "p1 p2"})
    write_result(second, {"X": "acc1 acc2"})
    write_result(third, {"X": "acc1 acc2 p1"}, claimed=[("a0", "X", "T", 0.9)])
    return tmp_path / "results"


def told(detections: list[OperatorDetection] | None) -> list[tuple[str, str | None, int, int]]:
    assert detections is not None
    return [(row.operator, row.day, row.before, row.harvest) for row in detections]


@pytest.mark.parametrize(
    "names", [("2026-03-01", "2026-03-02", "2026-03-05"), ("day-1", "day-02", "day-5")], ids=["dated", "numbered"]
)
def test_a_case_counted_by_hand(names: tuple[str, str, str], tmp_path: Path) -> None:
    found = score(days(tmp_path, names), world(tmp_path))
    # A is found in the result of the second day, whose end is day 2.0: a0 and a1 came before it, a2 at it.
    assert told(found.detections) == [("A", names[1], 2, 4), ("B", None, 2, 2)]
    assert found.accounts.flagged == 3
    assert found.exchanges is not None
    assert found.exchanges.hits == 1
    assert summarise([found]).measures["harvested_before_found"].value == pytest.approx(4 / 6)


def test_a_harvested_exchange_that_the_world_lacks_is_told_and_counts_as_sent_later(tmp_path: Path) -> None:
    results = days(tmp_path, ("day-01", "day-02", "day-03"))
    (results / "notes").mkdir()
    found = score(results, world(tmp_path, [row for row in TIMES if row[0] != "a0"]))
    assert told(found.detections)[0] == ("A", "day-02", 1, 4)
    assert found.notes["harvested exchanges without a time in the world"] == 1
    assert found.notes["folders beside the days, not read"] == 1


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (("day-01", "2026-03-02", "day-03"), "two ways"),
        (("day-01", "day-1", "day-03"), "twice"),
        (("day-00", "day-01", "day-02"), "is no day"),
        (("2026-03-01", "2026-02-30", "2026-03-02"), "is no date"),
    ],
)
def test_days_that_cannot_be_told_apart_are_refused(names: tuple[str, str, str], problem: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=problem):
        score(days(tmp_path, names), world(tmp_path))


def test_a_world_without_exchanges_cannot_tell_when(tmp_path: Path) -> None:
    place = write_world(tmp_path / "world", {"A": "acc1 acc2"}, {"person": "p1 p2"}, SENT)
    with pytest.raises(InputError, match="holds no exchanges"):
        score(days(tmp_path, ("day-01", "day-02", "day-03")), place)
