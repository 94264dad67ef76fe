"""Sittings and workers: who is next, how many at once, and that the work is done in its days."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from hydrometer.contract.errors import InputError
from hydrometer.lab.simulate import LabelledWorld, OperatorSpec, Scenario, make_world, shards
from hydrometer.lab.simulate.scenario import check_scenario

if TYPE_CHECKING:
    from hydrometer.lab.simulate.networks import IntArray

DAY = 86_400_000_000
BASE = OperatorSpec(name="hydra", accounts=30, rate=5, start_day=2, stop_day=9, unequal=0.0)


def world_of(**knobs: object) -> LabelledWorld:
    return make_world(Scenario(honest=60, operators=(msgspec.structs.replace(BASE, **knobs),), outage_day=None), 3)


def harvest_of(world: LabelledWorld) -> tuple[IntArray, IntArray]:
    """Accounts, as numbers, and times of the harvest, in order of time."""
    rows = world.exchanges.filter(pc.is_valid(world.truth_exchanges["campaign"]))
    account = rows["account_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    return account, rows["started_at"].cast(pa.int64()).to_numpy()


def share_of_repeats(account: IntArray) -> float:
    return float((account[1:] == account[:-1]).mean())


def test_a_sitting_is_one_account_after_another() -> None:
    world = world_of(rhythm="sittings", sessions=True)
    account, at = harvest_of(world)
    assert 0.7 * 5 * 7 * 30 < len(at) < 1.15 * 5 * 7 * 30
    assert share_of_repeats(account) > 0.5
    gaps = np.diff(at)
    assert gaps.std() / gaps.mean() > 2
    start = Scenario().start.timestamp() * 1e6
    assert start + 2 * DAY <= at.min()
    assert at.max() < start + 9 * DAY
    sessions = world.exchanges.filter(pc.is_valid(world.truth_exchanges["campaign"]))
    owners = {(row["session_id"], row["account_id"]) for row in sessions.to_pylist()}
    assert len({session for session, _ in owners}) == len(owners) < 0.5 * len(at)
    queue, _ = harvest_of(world_of())
    assert share_of_repeats(queue) < 0.05


def test_more_work_takes_more_desks_and_is_done_all_the_same() -> None:
    _, at = harvest_of(world_of(rhythm="sittings", rate=40.0))
    assert len(at) > 0.7 * 40 * 7 * 30


@pytest.mark.parametrize("workers", [1, 3])
def test_workers_hold_one_task_each(workers: int) -> None:
    """A task takes two seconds at least, so that no more than `workers` begin within two seconds; at work they keep up."""
    account, at = harvest_of(world_of(workers=workers, rate=30.0))
    assert len(at) > 0.9 * 30 * 7 * 30
    assert share_of_repeats(account) < 0.005
    within = np.searchsorted(at, at + 1_990_000) - np.arange(len(at))
    assert within.max() <= workers
    busy = np.diff(at) < 120_000_000
    pace = float(np.diff(at)[busy].mean()) / 1e6
    assert 10 / workers < pace < 30 / workers


def test_shards_share_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "EXCHANGES_PER_SHARD", 2_000)
    world = world_of(workers=2, rate=30.0)
    account, at = harvest_of(world)
    assert len(at) > 0.9 * 30 * 7 * 30
    assert (np.searchsorted(at, at + 1_990_000) - np.arange(len(at))).max() <= 2
    assert share_of_repeats(account) < 0.01


def test_longer_tasks_have_longer_replies() -> None:
    world = world_of(workers=1, rate=30.0)
    rows = world.exchanges.filter(pc.is_valid(world.truth_exchanges["campaign"]))
    gaps = np.diff(rows["started_at"].cast(pa.int64()).to_numpy()).astype(float)
    output = rows["output_tokens"].to_numpy()[:-1]
    at_work = (gaps < 61_000_000) & (output > 60)
    assert np.corrcoef(np.log(gaps[at_work]), np.log(output[at_work]))[0, 1] > 0.5


def test_workers_need_a_queue() -> None:
    with pytest.raises(InputError, match="impossible") as caught:
        check_scenario(Scenario(operators=(msgspec.structs.replace(BASE, workers=2, rhythm="human"),)))
    assert caught.value.column == "hydra.workers"
