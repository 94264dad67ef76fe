"""What others wrote: results of other detectors, and files that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fixtures.small_worlds import write_result, write_world
from hydrometer.contract.errors import InputError
from hydrometer.lab.evaluation import score
from hydrometer.lab.truth_folder import locate_truth_folder


@pytest.fixture
def world(tmp_path: Path) -> Path:
    return write_world(tmp_path / "world", {"A": "a1 a2"}, {"person": "p1 p2"}, [("e1", "A", "lab")])


@pytest.fixture
def result(tmp_path: Path) -> Path:
    return write_result(tmp_path / "result", {"X": {"a1": 0.9}})


def test_members_alone_are_scored_and_what_is_absent_is_told(world: Path, result: Path) -> None:
    pq.write_table(pa.table({"campaign_id": ["X", "X"], "account_id": ["a1", "a2"]}), result / "members.parquet")
    found = score(result, world)
    assert found.operators[0].found
    assert found.exchanges is None
    assert [what.split(":")[0] for what in found.absent] == [
        "members.parquet probability",
        "campaigns.json",
        "candidates.json with considered.parquet",
        "harvested.parquet",
        "results of successive days",
    ]


def test_campaigns_may_be_a_list_and_disagree_with_the_members(world: Path, result: Path) -> None:
    (result / "campaigns.json").write_text(json.dumps([{"id": "Y", "probability": 0.8}]))
    found = score(result, world)
    assert found.notes == {"campaigns in members that campaigns.json lacks": 1}
    assert found.calibration.notes == {"listed campaigns without members": 1}


def test_a_result_without_rows_is_no_error(world: Path, result: Path) -> None:
    empty = pa.table({"campaign_id": pa.nulls(0), "account_id": pa.nulls(0)})
    pq.write_table(empty, result / "members.parquet")
    pq.write_table(pa.table({"exchange_id": pa.nulls(0), "campaign_id": pa.nulls(0)}), result / "harvested.parquet")
    found = score(result, world)
    assert (found.accounts.flagged, found.campaigns.campaigns, found.pairs.claimed) == (0, 0, 0)
    assert found.exchanges is not None
    assert found.exchanges.harvest == 1


def test_an_operator_may_be_null_for_honest_accounts(world: Path, result: Path) -> None:
    truth = world.with_name("world.truth") / "accounts.parquet"
    columns = {
        "account_id": ["a1", "a2", "p1"],
        "operator": ["A", "A", None],
        "kind": ["operator", "operator", "person"],
    }
    pq.write_table(pa.table(columns), truth)
    assert list(score(result, world).benign) == ["person"]


def test_a_result_or_truth_that_is_not_there_is_named(world: Path, result: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"world\.truth/accounts\.parquet: is missing"):
        score(result, tmp_path / "elsewhere" / "world")
    with pytest.raises(InputError, match="nowhere: no such folder"):
        score(tmp_path / "nowhere", world)
    (result / "members.parquet").unlink()
    with pytest.raises(InputError, match=r"members\.parquet: is missing"):
        score(result, world)


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"campaign_id": ["X"]}, r"members\.parquet column account_id: is missing"),
        ({"campaign_id": ["X", "X"], "account_id": ["a1", None]}, r"members\.parquet:2 column account_id: is null"),
        ({"campaign_id": ["X"], "account_id": [["a1"]]}, r"column account_id: is list"),
        (
            {"campaign_id": ["X", "X"], "account_id": ["a1", "a2"], "probability": [0.5, 1.5]},
            r"members\.parquet:2 column probability: is 1\.5, no probability",
        ),
        (
            {"campaign_id": ["X"], "account_id": ["a1"], "probability": [float("nan")]},
            r"members\.parquet:1 column probability: is nan, no probability",
        ),
        ({"campaign_id": ["X"], "account_id": ["a1"], "probability": ["high"]}, "column probability: is string"),
    ],
)
def test_members_that_cannot_be_used_are_named(
    columns: dict[str, list[object]], problem: str, world: Path, result: Path
) -> None:
    pq.write_table(pa.table(columns), result / "members.parquet")
    with pytest.raises(InputError, match=problem):
        score(result, world)


def test_a_damaged_file_is_named(world: Path, result: Path) -> None:
    (result / "harvested.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(InputError, match=r"harvested\.parquet: cannot be read"):
        score(result, world)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "cannot be used"),
        ('{"campaigns": 3}', "cannot be used"),
        ('[{"id": "X"}, {"id": "X"}]', "lists X more than once"),
        ('[{"id": "X", "probability": 7}]', "gives X 7, no probability"),
    ],
)
def test_campaigns_that_cannot_be_used_are_named(content: str, problem: str, world: Path, result: Path) -> None:
    (result / "campaigns.json").write_text(content)
    with pytest.raises(InputError, match=rf"campaigns\.json: {problem}"):
        score(result, world)


def test_a_truth_that_names_an_account_twice_is_refused(world: Path, result: Path) -> None:
    columns = {"account_id": ["a1", "a1"], "operator": ["A", ""], "kind": ["operator", "person"]}
    pq.write_table(pa.table(columns), world.with_name("world.truth") / "accounts.parquet")
    with pytest.raises(InputError, match="names a1 more than once"):
        score(result, world)


def test_a_threshold_beyond_a_probability_is_refused(world: Path, result: Path) -> None:
    with pytest.raises(InputError, match="threshold from 0 to 1"):
        score(result, world, 1.5)


def test_the_truth_lies_beside_its_world_or_is_named_itself() -> None:
    assert locate_truth_folder(Path("worlds/one")) == Path("worlds/one.truth")
    assert locate_truth_folder(Path("worlds/one.truth")) == Path("worlds/one.truth")
