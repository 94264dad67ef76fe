"""Operators found, false campaigns, precision, recall, pairs and benign accounts."""

from __future__ import annotations

import itertools
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.small_worlds import write_result, write_world
from hydrometer.lab.evaluation import score

if TYPE_CHECKING:
    from hydrometer.contract import WorldScore

OPERATORS = {"A": "a1 a2 a3 a4 a5", "B": "b1 b2 b3 b4"}
HONEST = {"person": "p1 p2 p3 p4 p5 p6 p7 p8", "nightly": "n1 n2"}


def scored(tmp_path: Path, campaigns: dict[str, object], at: float = 0.5) -> WorldScore:
    world = write_world(tmp_path / "world", OPERATORS, HONEST)
    return score(write_result(tmp_path / "result", campaigns), world, at)  # type: ignore[arg-type]


def test_a_case_counted_by_hand(tmp_path: Path) -> None:
    # X is A's at 4/5 with 4/5 of A: found on both bounds. Y is B's at one half: not false, not found. Z is false.
    found = scored(tmp_path, {"X": "a1 a2 a3 a4 p1", "Y": "b1 b2 p2 n1", "Z": "p4 p5 b3 ghost"})
    assert (found.accounts.flagged, found.accounts.hits, found.accounts.owned) == (12, 7, 9)
    assert (found.pairs.hits, found.pairs.claimed, found.pairs.owned) == (6 + 1, 10 + 6 + 6, 10 + 6)
    assert (found.campaigns.campaigns, found.campaigns.false, found.campaigns.merged) == (3, 1, 0)
    a, b = found.operators
    assert (a.operator, a.accounts, a.flagged, a.found, a.campaign, a.share, a.purity) == (
        "A",
        5,
        4,
        True,
        "X",
        0.8,
        0.8,
    )
    assert (b.operator, b.accounts, b.flagged, b.found, b.campaign, b.share, b.purity) == (
        "B",
        4,
        3,
        False,
        None,
        0.0,
        0.0,
    )
    assert (a.campaigns, b.campaigns) == (1, 1)
    assert {kind: (b.flagged, b.accounts) for kind, b in found.benign.items()} == {"nightly": (1, 2), "person": (4, 8)}
    assert found.notes["account ids in members that the world lacks"] == 1
    # B-cubed: a1–a4 4/5 each, p1 1/5, b1 b2 2/4, p2 n1 1/4, all of Z 1/4, a5 and b4 alone.
    assert found.bcubed.items == 15
    assert found.bcubed.precision == pytest.approx(4 * 0.8 + 0.2 + 2 * 0.5 + 2 * 0.25 + 4 * 0.25 + 2)
    # Recall: a1–a4 4/5, a5 1/5, b1 b2 2/4, b3 b4 1/4; the five honest accounts and the ghost are all of their kind.
    assert found.bcubed.recall == pytest.approx(4 * 0.8 + 0.2 + 2 * 0.5 + 2 * 0.25 + 6)


def test_an_account_under_the_threshold_is_not_flagged_and_one_without_a_probability_is(tmp_path: Path) -> None:
    found = scored(tmp_path, {"X": {"a1": 0.5, "a2": 0.49, "a3": None, "p1": 0.1}})
    assert (found.accounts.flagged, found.accounts.hits) == (2, 2)
    assert found.operators[0].share == 2 / 5
    lower = score(tmp_path / "result", tmp_path / "world", 0.1)
    assert (lower.accounts.flagged, lower.accounts.hits) == (4, 3)


def test_a_campaign_that_lumps_two_operators_is_merged_and_finds_the_one_that_fills_it(tmp_path: Path) -> None:
    found = scored(tmp_path, {"X": "a1 a2 a3 a4 a5 b1 b2"})
    assert found.campaigns.merged == 1
    assert [row.found for row in found.operators] == [False, False]
    assert found.campaigns.false == 0


def test_an_operator_in_two_campaigns_of_its_own_is_split(tmp_path: Path) -> None:
    found = scored(tmp_path, {"X": "a1 a2 a3", "Y": "a4 a5", "Z": "b1 b2 b3 b4"})
    assert [(row.operator, row.campaigns, row.found, row.share) for row in found.operators] == [
        ("A", 2, True, 0.6),
        ("B", 1, True, 1.0),
    ]


def test_repeated_and_overlapping_rows_are_counted_once_and_told(tmp_path: Path) -> None:
    world = write_world(tmp_path / "world", OPERATORS, HONEST)
    result = write_result(tmp_path / "result", {})
    rows = [("X", "a1", 0.2), ("X", "a1", 0.9), ("X", "a2", 0.9), ("X", "p1", 0.9), ("Y", "a1", 0.9), ("Y", "a2", 0.9)]
    columns = dict(zip(("campaign_id", "account_id", "probability"), map(list, zip(*rows, strict=True)), strict=True))
    pq.write_table(pa.table(columns), result / "members.parquet")
    found = score(result, world)
    assert (found.accounts.flagged, found.accounts.hits) == (3, 2)
    assert found.pairs.claimed == 3 + 1
    assert found.notes["repeated rows in members"] == 1
    assert found.notes["flagged accounts in several campaigns"] == 2


def test_a_world_without_operators_has_no_recall_and_may_have_false_campaigns(tmp_path: Path) -> None:
    world = write_world(tmp_path / "world", {}, HONEST)
    found = score(write_result(tmp_path / "result", {"X": "p1 p2"}), world)
    assert (found.accounts.owned, found.operators, found.campaigns.false) == (0, [], 1)


ids = st.sampled_from([*"abcdefghij", "stranger"])
worlds = st.dictionaries(st.sampled_from("abcdefghij"), st.sampled_from(["", "P", "Q", "R"]), min_size=4)
results = st.dictionaries(st.sampled_from(["X", "Y", "Z", "W"]), st.sets(ids, min_size=1), max_size=4)


@settings(max_examples=60)
@given(worlds, results)
def test_every_count_is_what_the_definitions_say(owner: dict[str, str], campaigns: dict[str, set[str]]) -> None:
    by_operator = {o: {a for a in owner if owner[a] == o} for o in set(owner.values()) if o}
    with tempfile.TemporaryDirectory() as folder:
        world = write_world(
            Path(folder) / "world",
            {o: " ".join(accounts) for o, accounts in by_operator.items()},
            {"person": " ".join(a for a in owner if not owner[a])},
        )
        found = score(write_result(Path(folder) / "r", {c: " ".join(a) for c, a in campaigns.items()}), world)
    flagged = set().union(*campaigns.values()) & owner.keys() if campaigns else set()
    assert found.accounts.flagged == len(flagged)
    assert found.accounts.hits == sum(bool(owner[a]) for a in flagged)
    claimed = [pair for members in campaigns.values() for pair in itertools.combinations(sorted(members), 2)]
    assert found.pairs.claimed == len(claimed)
    assert found.pairs.hits == sum(bool(owner.get(a)) and owner.get(a) == owner.get(b) for a, b in claimed)
    assert found.pairs.owned == sum(len(list(itertools.combinations(s, 2))) for s in by_operator.values())
    assert found.campaigns.false == sum(sum(bool(owner.get(a)) for a in m) / len(m) < 0.5 for m in campaigns.values())
    for row in found.operators:
        own = by_operator[row.operator]
        shares = [len(m & own) / len(own) for m in campaigns.values() if len(m & own) / len(m) >= 0.8]
        assert row.share == max(shares, default=0.0)
        assert row.found == (row.share >= 0.5)
        assert row.flagged == len(flagged & own)
        assert row.campaigns == sum(2 * len(m & own) >= len(m) for m in campaigns.values() if m & own)
    assert found.campaigns.merged == sum(
        sum(2 * n >= len(by_operator[o]) for o, n in Counter(owner.get(a) for a in m).items() if o) >= 2
        for m in campaigns.values()
    )
    assert sum(b.flagged for b in found.benign.values()) == sum(not owner[a] for a in flagged)
