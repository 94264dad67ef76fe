"""Honest communities: which are convicted, and how many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from fixtures.small_worlds import write_candidates, write_result, write_world
from hydrometer.contract import WorldScore
from hydrometer.lab.evaluation import score, summarise

if TYPE_CHECKING:
    from pathlib import Path

COURSE = "c0 c1 c2 c3 c4 c5 c6 c7 c8 c9"
OFFICE = " ".join(f"o{n:02}" for n in range(20))
PERSONS = "p1 p2 p3 p4 p5 p6"
OPERATORS = {"A": "a1 a2 a3 a4 a5 a6", "B": "b1 b2 b3"}


def scored(tmp_path: Path, campaigns: dict[str, str], watches: dict[str, float] | None = None) -> WorldScore:
    honest = {"course": COURSE, "office": OFFICE, "person": PERSONS}
    # An operator's account that sits in a course is none of its people.
    communities = {"course-1": f"{COURSE} b3", "office-1": OFFICE}
    world = write_world(tmp_path / "world", OPERATORS, honest, communities=communities)
    listed = dict.fromkeys(campaigns, 0.9)
    return score(write_result(tmp_path / "result", campaigns, listed, watches=watches), world)


@pytest.mark.parametrize(
    ("campaigns", "convicted"),
    [
        ({}, []),
        # Three accounts and a fifth of it, though the campaign is an operator's.
        ({"X": "a1 a2 a3 a4 c0 c1 c2"}, ["course-1"]),
        # Two are too few, and three of twenty are less than a fifth.
        ({"X": "a1 a2 a3 a4 c0 c1 o00 o01 o02"}, []),
        # Three in two campaigns are in neither.
        ({"X": "a1 a2 a3 c0 c1", "Y": "a4 a5 a6 c2"}, []),
        # It fills more of a false campaign than anybody else.
        ({"X": "a1 o00 o01 p1 p2"}, ["office-1"]),
        # So do both, where they have as many.
        ({"X": "a1 o00 o01 c0 c1"}, ["course-1", "office-1"]),
        # An operator has more.
        ({"X": "a1 a2 a3 o00 o01 p1 p2 p3 p4"}, []),
        # One person is no community.
        ({"X": "o00 p1"}, []),
    ],
)
def test_who_is_convicted(campaigns: dict[str, str], convicted: list[str], tmp_path: Path) -> None:
    counts = scored(tmp_path, campaigns).communities
    assert counts is not None
    assert counts.convicted == convicted
    assert (counts.communities, counts.accounts) == (2, 30)


def test_false_campaigns_are_counted_by_communities(tmp_path: Path) -> None:
    one = scored(tmp_path / "one", {"X": "c0 c1 c2 c3", "Y": "p1 p2", "Z": "a1 a2 a3 a4"})
    two = scored(tmp_path / "two", {})
    summary = summarise([one, two])
    rate = summary.measures["false_campaigns_per_100_communities"]
    assert (rate.value, rate.numerator, rate.denominator) == (50.0, 2, 4)
    assert rate.interval == "bootstrap of worlds"
    convicted = summary.measures["communities_convicted"]
    assert (convicted.value, convicted.interval) == (0.25, "Wilson")
    assert summary.measures["community_accounts_per_100k"].value == pytest.approx(1e5 * 4 / 60)
    # 3 / n, the rule of three, of a rate that was never above 0.
    clean = summarise([two]).measures["false_campaigns_per_100_communities"]
    assert (clean.value, clean.interval) == (0.0, "exact, one-sided")
    assert clean.high == pytest.approx(100 * 2.996 / 2, abs=0.1)


def test_a_truth_without_communities_has_none_to_convict(tmp_path: Path) -> None:
    world = write_world(tmp_path / "world", OPERATORS, {"person": PERSONS})
    found = score(write_result(tmp_path / "result", {"X": "p1 p2 p3"}), world)
    assert found.communities is None
    rate = summarise([found]).measures["false_campaigns_per_100_communities"]
    assert (rate.value, rate.denominator) == (None, 0)


def test_a_watch_is_counted_and_accuses_nobody(tmp_path: Path) -> None:
    found = scored(tmp_path, {"X": "a1 a2 a3 a4"}, {"W": 0.4, "V": 0.3})
    assert (found.watches, found.campaigns.campaigns, found.accounts.flagged) == (2, 1, 4)
    assert "listed campaigns without members" not in found.calibration.notes
    measures = summarise([found]).measures
    assert measures["watches_per_world"].value == 2.0
    assert measures["worlds_with_watch"].value == 1.0


def test_a_watch_is_a_claim_with_its_probability(tmp_path: Path) -> None:
    scored(tmp_path, {"X": "a1 a2 a3 a4"}, {"W": 0.4})
    groups: list[dict[str, object]] = [{"id": "K", "verdict": "watch", "probability": 0.4, "campaign_id": "W"}]
    write_candidates(tmp_path / "result", groups, [("K", "b1", 0.4, False), ("K", "b2", 0.4, False)])
    found = score(tmp_path / "result", tmp_path / "world").calibration
    assert found.campaigns is not None
    assert found.members is not None
    assert (found.campaigns.cases[4], found.campaigns.observed[4]) == (1, 1)
    assert (found.members.cases[4], found.members.observed[4]) == (2, 2)


def test_an_operator_is_found_or_merged_or_missed(tmp_path: Path) -> None:
    found = scored(tmp_path, {"X": "a1 a2 a3 b1 b2"})
    assert [row.merged for row in found.operators] == [True, True]
    measures = summarise([found, scored(tmp_path / "other", {"X": OPERATORS["A"]})]).measures
    assert {name: measures[f"operators_{name}"].value for name in ("found", "merged", "missed")} == {
        "found": 0.25,
        "merged": 0.5,
        "missed": 0.25,
    }
    whole = measures["worlds_of_several_with_all_found"]
    assert (whole.numerator, whole.denominator) == (0, 2)


def test_a_score_of_before_communities_were_counted_is_read(tmp_path: Path) -> None:
    content = msgspec.to_builtins(scored(tmp_path, {"X": "a1 a2 a3 a4"}))
    for name in ("communities", "watches"):
        del content[name]
    for row in content["operators"]:
        del row["merged"]
    old = msgspec.convert(content, WorldScore)
    assert (old.communities, old.watches) == (None, 0)
    assert summarise([old]).measures["communities_convicted"].value is None
