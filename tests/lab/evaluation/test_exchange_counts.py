"""Harvested exchanges against the truth, and templates against beneficiaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fixtures.small_worlds import Claimed, Sent, write_result, write_world
from hydrometer.contract.errors import InputError
from hydrometer.lab.evaluation import score

if TYPE_CHECKING:
    from pathlib import Path

    from hydrometer.contract import WorldScore

SENT: list[Sent] = [
    *((f"a{n}", "A", "lab" if n < 4 else "shop") for n in range(6)),
    ("b0", "B", "lab"),
    ("b1", "B", "lab"),
    ("innocent", None, None),
]


def scored(tmp_path: Path, claimed: list[Claimed], sent: list[Sent] | None = SENT, at: float = 0.5) -> WorldScore:
    world = write_world(tmp_path / "world", {"A": "acc1 acc2", "B": "acc3"}, {"person": "p1"}, sent)
    result = write_result(tmp_path / "result", {"X": "acc1 acc2", "Y": "acc3", "Z": "p1"}, claimed=claimed)
    return score(result, world, at)


def test_a_case_counted_by_hand(tmp_path: Path) -> None:
    claimed: list[Claimed] = [
        ("a0", "X", "T1", 0.9),
        ("a1", "X", "T1", 0.5),
        ("a2", "X", "T1", 0.4),  # under the threshold
        ("innocent", "X", "T1", 0.9),
        ("unheard of", "X", "T1", 0.9),  # absent from the truth: innocent
        ("b0", "X", "T1", 0.9),  # B's, in A's campaign
        ("b0", "Y", "T1", 0.9),
        ("a3", "Z", "T1", 0.9),  # in a false campaign
    ]
    found = scored(tmp_path, claimed).exchanges
    assert found is not None
    assert (found.claimed, found.hits, found.harvest) == (6, 4, 8)
    a, b = found.operators["A"], found.operators["B"]
    assert (a.claimed, a.hits, a.harvest, a.recalled) == (5, 2, 6, 3)
    assert (b.claimed, b.hits, b.harvest, b.recalled) == (1, 1, 2, 1)


def test_templates_are_held_against_the_beneficiaries_of_operators_with_several(tmp_path: Path) -> None:
    claimed: list[Claimed] = [
        ("a0", "X", "T1", 0.9),
        ("a1", "X", "T1", 0.9),
        ("a4", "X", "T1", 0.9),
        ("a5", "X", None, 0.9),
        ("b0", "Y", "T1", 0.9),  # one beneficiary only: not asked
        ("innocent", "X", "T1", 0.9),
    ]
    found = scored(tmp_path, claimed).templates
    assert found is not None
    # Items a0 a1 a4 in T1 and a5 alone; lab is a0 a1, shop a4 a5.
    assert found.items == 4
    assert found.precision == pytest.approx(2 / 3 + 2 / 3 + 1 / 3 + 1)
    assert found.recall == pytest.approx(1 + 1 + 1 / 2 + 1 / 2)


def test_one_template_id_in_two_campaigns_is_two_templates(tmp_path: Path) -> None:
    claimed: list[Claimed] = [("a0", "X", "T1", 0.9), ("a4", "Z", "T1", 0.9)]
    found = scored(tmp_path, claimed).templates
    assert found is not None
    assert (found.items, found.precision, found.recall) == (2, 2.0, 2.0)


def test_without_several_beneficiaries_templates_are_not_scored(tmp_path: Path) -> None:
    found = scored(tmp_path, [("b0", "Y", "T1", 0.9)], [row for row in SENT if row[1] != "A"])
    assert found.templates is None
    assert found.exchanges is not None
    assert found.exchanges.operators["A"].harvest == 0


def test_a_harvest_of_which_nothing_was_claimed_and_a_claim_without_a_harvest(tmp_path: Path) -> None:
    nothing = scored(tmp_path / "one", []).exchanges
    assert nothing is not None
    assert (nothing.claimed, nothing.hits, nothing.harvest) == (0, 0, 8)
    innocent = scored(tmp_path / "two", [("innocent", "X", "T1", 0.9)], [("innocent", None, None)]).exchanges
    assert innocent is not None
    assert (innocent.claimed, innocent.hits, innocent.harvest) == (1, 0, 0)


def test_a_truth_in_many_batches_and_files_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hydrometer.lab.evaluation.parquet_columns.BATCH", 2)
    whole = scored(tmp_path, [("a0", "X", "T1", 0.9), ("b1", "Y", "T1", 0.9)])
    truth = tmp_path / "world.truth"
    rows = pq.read_table(truth / "exchanges.parquet")
    pq.write_table(rows.slice(0, 5), truth / "exchanges-0001.parquet")
    pq.write_table(rows.slice(5), truth / "exchanges-0002.parquet")
    (truth / "exchanges.parquet").unlink()
    assert score(tmp_path / "result", tmp_path / "world") == whole
    assert whole.exchanges is not None
    assert (whole.exchanges.hits, whole.exchanges.harvest) == (2, 8)


def test_a_truth_that_names_an_exchange_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"exchanges\.parquet column exchange_id: names a0 more than once"):
        scored(tmp_path, [("a0", "X", "T1", 0.9)], [*SENT, ("a0", "B", "lab")])


def test_ids_may_be_numbers_and_dictionaries(tmp_path: Path) -> None:
    world = write_world(tmp_path / "world", {"A": "1 2"}, {"person": "3"}, [("7", "A", "lab"), ("8", None, None)])
    result = write_result(tmp_path / "result", {})
    members = {"campaign_id": pa.array(["X", "X"]).dictionary_encode(), "account_id": pa.array([1, 3])}
    pq.write_table(pa.table(members), result / "members.parquet")
    pq.write_table(pa.table({"exchange_id": [7, 8], "campaign_id": ["X", "X"]}), result / "harvested.parquet")
    found = score(result, world)
    assert (found.accounts.flagged, found.accounts.hits) == (2, 1)
    assert found.exchanges is not None
    assert (found.exchanges.claimed, found.exchanges.hits) == (2, 1)
    assert found.templates is None
