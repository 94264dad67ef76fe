"""Probabilities against the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.small_worlds import write_candidates, write_result, write_world
from hydrometer.lab.evaluation import score, summarise
from hydrometer.lab.evaluation.reliability import BINS, sum_reliability

if TYPE_CHECKING:
    from pathlib import Path

OPERATORS = {"A": "a1 a2 a3", "B": "b1 b2"}
HONEST = {"person": "p1 p2 p3 p4 p5"}


def test_cases_fall_into_tenths_the_lower_bound_included() -> None:
    found = sum_reliability(
        np.array([0.0, 0.1, 0.3, 0.7, 0.95, 1.0]), np.array([False, True, False, True, True, False])
    )
    assert found.cases == [1, 1, 0, 1, 0, 0, 0, 1, 0, 2]
    assert found.observed == [0, 1, 0, 0, 0, 0, 0, 1, 0, 1]
    assert found.predicted == pytest.approx([0.0, 0.1, 0, 0.3, 0, 0, 0, 0.7, 0, 1.95])
    assert found.squared == pytest.approx(0 + 0.81 + 0.09 + 0.09 + 0.0025 + 1)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_the_bins_lose_no_case(cases: list[tuple[float, bool]]) -> None:
    given_, true = np.array([p for p, _ in cases]), np.array([t for _, t in cases])
    found = sum_reliability(given_, true)
    assert sum(found.cases) == len(cases)
    assert sum(found.observed) == true.sum()
    assert sum(found.predicted) == pytest.approx(given_.sum())
    for number, (cases_in, predicted) in enumerate(zip(found.cases, found.predicted, strict=True)):
        assert number / BINS * cases_in - 1e-9 <= predicted <= (number + 1) / BINS * cases_in + 1e-9


def test_members_and_campaigns_counted_by_hand(tmp_path: Path) -> None:
    world = write_world(tmp_path / "world", OPERATORS, HONEST)
    result = write_result(
        tmp_path / "result",
        {"X": {"a1": 0.9, "a2": 0.9, "a3": 0.3, "b1": 0.9, "p1": 0.9}, "Y": {"p2": 0.8, "p3": 0.8, "b2": 0.8}},
        listed={"X": 0.95, "Y": 0.8, "without members": 0.7},
    )
    found = score(result, world)
    campaigns, members = found.calibration.campaigns, found.calibration.members
    assert campaigns is not None
    assert members is not None
    # X is true and mainly A's: a1 a2 a3 are true, b1 and p1 not. Y is false, and so is all of it, b2 too.
    assert (campaigns.cases, campaigns.observed) == ([0] * 8 + [1, 1], [0] * 9 + [1])
    assert (members.cases, members.observed) == ([0, 0, 0, 1, 0, 0, 0, 0, 3, 4], [0, 0, 0, 1, 0, 0, 0, 0, 0, 2])
    assert found.calibration.notes == {"listed campaigns without members": 1}
    summary = summarise([found])
    assert summary.measures["campaign_calibration_error"].value == pytest.approx((0.8 + 0.05) / 2)
    assert summary.measures["campaign_brier"].value == pytest.approx((0.64 + 0.0025) / 2)
    assert summary.measures["member_calibration_error"].value == pytest.approx((0.7 + 2.4 + abs(3.6 - 2)) / 8)


def test_what_was_rejected_fills_the_lower_bins_and_what_was_set_apart_does_not_count(tmp_path: Path) -> None:
    world = write_world(tmp_path / "world", OPERATORS, HONEST)
    result = write_result(tmp_path / "result", {"X": {"a1": 0.9, "a2": 0.9}}, listed={"X": 0.9})
    candidates: list[dict[str, object]] = [
        {"id": "G1", "verdict": "campaign", "probability": 0.9, "campaign_id": "X", "accounts": 2},
        {"id": "G2", "verdict": "rejected", "probability": 0.15},
        {"id": "G3", "verdict": "rejected", "probability": 0.05},
        {"id": "G4", "verdict": "authorised", "probability": 0.5},
    ]
    considered = [
        ("G1", "a1", 0.9, True),  # told by members.parquet
        ("G1", "a3", 0.2, False),
        ("G1", "p5", 0.2, False),
        ("G2", "b1", 0.15, False),
        ("G2", "b2", 0.15, False),
        ("G3", "p1", 0.05, False),
        ("G4", "p2", 0.5, False),
    ]
    write_candidates(result, candidates, considered)
    found = score(result, world).calibration
    assert found.campaigns is not None
    assert found.members is not None
    assert (found.campaigns.cases, found.campaigns.observed) == ([1, 1] + [0] * 7 + [1], [0, 1] + [0] * 7 + [1])
    assert (found.members.cases, found.members.observed) == ([1, 2, 2] + [0] * 6 + [2], [0, 2, 1] + [0] * 6 + [2])
    assert found.notes == {"groups set apart, no case": 1}


def test_a_result_without_probabilities_has_no_reliability(tmp_path: Path) -> None:
    world = write_world(tmp_path / "world", OPERATORS, HONEST)
    found = score(write_result(tmp_path / "result", {"X": "a1 a2 p1"}, listed={"X": None}), world)
    assert (found.calibration.campaigns, found.calibration.members) == (None, None)
    summary = summarise([found])
    assert summary.campaign_reliability == summary.member_reliability == []
    assert summary.measures["member_brier"].value is None
    assert {"members.parquet probability", "campaigns.json probability"} <= {
        what.split(":")[0] for what in found.absent
    }


def test_parts_of_an_operator_beside_its_likeliest_group_are_no_cases(tmp_path: Path) -> None:
    world = write_world(tmp_path / "world", OPERATORS, HONEST)
    result = write_result(tmp_path / "result", {"X": {"a1": 0.9, "a2": 0.9}}, listed={"X": 0.9})
    candidates: list[dict[str, object]] = [
        {"id": "G1", "verdict": "campaign", "probability": 0.9, "campaign_id": "X", "accounts": 2},
        {"id": "G2", "verdict": "rejected", "probability": 0.15},
        {"id": "G3", "verdict": "rejected", "probability": 0.05},
        {"id": "G4", "verdict": "rejected", "probability": 0.25},
        {"id": "G5", "verdict": "rejected", "probability": 0.35},
    ]
    considered = [
        ("G1", "a1", 0.9, True),
        ("G1", "a2", 0.9, True),
        ("G2", "b1", 0.15, False),
        ("G2", "b2", 0.15, False),
        ("G3", "b1", 0.05, False),  # less of B than G2
        ("G4", "a3", 0.25, False),  # less of A than X
        ("G5", "p1", 0.35, False),  # nobody's
    ]
    write_candidates(result, candidates, considered)
    calibration = score(result, world).calibration
    assert calibration.campaigns is not None
    assert calibration.campaigns.cases == [0, 1, 0, 1, 0, 0, 0, 0, 0, 1]
    assert calibration.campaigns.observed == [0, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    assert calibration.notes["other parts of operators, no case"] == 2
