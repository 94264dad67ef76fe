"""Worlds in several parts: what belongs together holds across them, and no part tells of guilt."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from hydrometer.lab.simulate import OperatorSpec, Scenario, shards
from hydrometer.lab.simulate.archetype_plugins import find_default_shares, load_archetypes
from hydrometer.lab.simulate.shards import allot_accounts, count_shards, estimate_exchanges, make_shard
from hydrometer.lab.simulate.world import LabelledWorld, make_world, render_shard
from hydrometer.lab.simulate.world_context import WorldContext

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY = 86_400_000_000
HYDRA = OperatorSpec(
    name="hydra",
    accounts=48,
    card="shared",
    accounts_per_card=6,
    bins=2,
    network="shared",
    addresses=5,
    devices="shared",
    rate=6,
    jitter=0.0,
    wordings=3,
    unequal=0.0,
    start_spread_hours=0,
    stop_spread_hours=0,
    ban_day=7.0,
    ban_share=0.5,
    dormant=0.25,
    innocent=0.2,
    customers=30,
)
SCENARIO = Scenario(name="parted", honest=800, operators=(HYDRA,), outage_day=None, shares={"licensed": 0.02})


@pytest.fixture(scope="module")
def world() -> Iterator[LabelledWorld]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "EXCHANGES_PER_SHARD", 5_000)
        assert count_shards(SCENARIO) >= 4
        yield make_world(SCENARIO, 8)


def of_kind(world: LabelledWorld, column: str, value: str) -> pa.Table:
    return world.accounts.filter(pc.equal(world.truth_accounts[column], value))


def sent_by(world: LabelledWorld, accounts: pa.Table) -> pa.Table:
    mine = pc.is_in(world.exchanges["account_id"], accounts["account_id"].combine_chunks())
    return world.exchanges.append_column("slot", world.tasks).filter(mine)


def test_accounts_and_exchanges_are_whole_and_unique(world: LabelledWorld) -> None:
    assert world.accounts.num_rows == 848
    for kind, count in allot_accounts(SCENARIO).items():
        assert of_kind(world, "kind", kind).num_rows == count
    assert pc.count_distinct(world.exchanges["exchange_id"]).as_py() == world.exchanges.num_rows
    assert (np.diff(world.exchanges["started_at"].cast(pa.int64()).to_numpy()) >= 0).all()


def test_squads_have_one_identity(world: LabelledWorld) -> None:
    accounts = of_kind(world, "operator", "hydra")
    sent = sent_by(world, accounts)
    assert accounts.num_rows == 48
    assert sorted(pc.value_counts(accounts["payment_fingerprint"]).field("counts").to_pylist()) == [6] * 8
    assert pc.count_distinct(accounts["payment_bin"]).as_py() == 2
    assert pc.count_distinct(accounts["device_id"]).as_py() == 4
    assert pc.count_distinct(sent["client_ip"]).as_py() == 5
    assert pc.count_distinct(sent["user_agent"]).as_py() == 1
    assert pc.count_distinct(sent["end_user_id"]).as_py() <= 30
    harvest = [
        prompt.replace(slot, "<>")
        for prompt, slot, campaign in zip(
            world.exchanges["prompt"].to_pylist(),
            world.tasks.to_pylist(),
            world.truth_exchanges["campaign"].to_pylist(),
            strict=True,
        )
        if campaign
    ]
    assert len(set(harvest)) == 3


def test_squads_share_bans_and_sleepers(world: LabelledWorld) -> None:
    ban = int(SCENARIO.start.timestamp()) * 1_000_000 + 7 * DAY
    sent = sent_by(world, of_kind(world, "operator", "hydra"))
    seen = sent.group_by("account_id").aggregate([("started_at", "min"), ("started_at", "max")])
    first, last = (seen[f"started_at_{end}"].cast(pa.int64()).to_numpy() for end in ("min", "max"))
    assert (first >= ban).sum() == 12
    assert (last < ban).sum() == 18


def test_squads_take_turns_at_one_queue() -> None:
    """The pooled stream of a clockwork queue stays far more regular than chance when squads share it."""
    clockwork = OperatorSpec(
        name="clock", accounts=40, rate=12, jitter=0.0, unequal=0.0, start_spread_hours=0, stop_spread_hours=0
    )
    scenario = Scenario(honest=300, operators=(clockwork,), outage_day=None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "EXCHANGES_PER_SHARD", 3_000)
        world = make_world(scenario, 2)
    at = sent_by(world, of_kind(world, "operator", "clock"))["started_at"].cast(pa.int64()).to_numpy()
    gaps = np.diff(at[len(at) // 4 : len(at) // 2])
    assert gaps.std() / gaps.mean() < 0.75


def test_what_the_world_shares_is_shared_by_all_parts(world: LabelledWorld) -> None:
    def systems(kind: str) -> dict[str, int]:
        sent = sent_by(world, of_kind(world, "kind", kind))
        users = sent.group_by("system_prompt").aggregate([("account_id", "count_distinct")])
        return dict(
            zip(users["system_prompt"].to_pylist(), users["account_id_count_distinct"].to_pylist(), strict=True)
        )

    assert max(systems("framework").values()) > 5
    assert len(systems("framework")) < 0.6 * of_kind(world, "kind", "framework").num_rows
    assert len(systems("harness")) == 1
    assert pc.count_distinct(of_kind(world, "kind", "licensed")["org_id"]).as_py() <= 3
    assert pc.count_distinct(sent_by(world, of_kind(world, "kind", "nightly"))["client_ip"]).as_py() <= 3
    questions = pc.value_counts(sent_by(world, of_kind(world, "kind", "evaluator"))["slot"])
    assert pc.max(questions.field("counts")).as_py() > 1


def test_every_part_holds_everybody() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "EXCHANGES_PER_SHARD", 5_000)
        number = count_shards(SCENARIO)
    commons = WorldContext(SCENARIO, 8)
    shares = []
    for part in range(number):
        operators = make_shard(commons, part, number).accounts["operator"]
        shares.append((operators == "hydra").mean())
    assert min(shares) > 0.5 * 48 / 848
    assert max(shares) < 1.5 * 48 / 848


def test_a_part_does_not_depend_on_the_parts_made_before() -> None:
    alone, commons = render_shard(WorldContext(SCENARIO, 8), 2, 4), WorldContext(SCENARIO, 8)
    for part in range(2):
        render_shard(commons, part, 4)
    after = render_shard(commons, 2, 4)
    assert after.exchanges.cast(alone.exchanges.schema).equals(alone.exchanges)
    assert after.accounts.equals(alone.accounts)


def test_a_framework_is_in_more_hands_in_a_larger_world() -> None:
    def most(whole: int) -> int:
        framework: Any = load_archetypes()["framework"]
        users = framework._assign_frameworks(np.random.default_rng(1), whole)
        assert len(users) == whole
        return int(np.bincount(users).max())

    assert most(360) <= 60
    assert most(200_000) > 1_000


def test_the_archetypes_tell_how_busy_they_are() -> None:
    """MEAN is what their accounts send in a fortnight, on average over worlds."""
    known = load_archetypes()
    accounts, rows = dict.fromkeys(known, 0), dict.fromkeys(known, 0)
    shares = {kind: 0.0 if share else 0.06 for kind, share in find_default_shares().items() if kind != "person"}
    scenarios = (Scenario(honest=3_000), Scenario(honest=6_000, shares=shares))
    for scenario, seed in product(scenarios, (1, 2, 3)):
        part = make_shard(WorldContext(scenario, seed), 0, 1)
        kinds = part.accounts["kind"]
        for kind in known:
            accounts[kind] += int((kinds == kind).sum())
            rows[kind] += int((kinds == kind)[part.exchanges["account"]].sum())
    off = {kind: rows[kind] / accounts[kind] / module.MEAN for kind, module in known.items()}
    assert {kind: round(ratio, 2) for kind, ratio in off.items() if not 0.8 < ratio < 1.25} == {}
    assert abs(sum(rows.values()) / 3 / sum(map(estimate_exchanges, scenarios)) - 1) < 0.05
