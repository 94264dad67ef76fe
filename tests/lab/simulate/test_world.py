"""Worlds: the same seed gives the same world, tables keep their schema, and the truth fits the traffic."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrometer.contract.account_columns import ACCOUNTS
from hydrometer.contract.errors import InputError
from hydrometer.contract.exchange_columns import EXCHANGES
from hydrometer.lab.simulate import SCENARIOS, LabelledWorld, OperatorSpec, Scenario, make_world, write_world
from hydrometer.lab.simulate.archetype_plugins import find_default_shares, load_archetypes
from hydrometer.lab.simulate.shards import allot_accounts

if TYPE_CHECKING:
    from pathlib import Path

INNOCENT = {"innocent", "cohorts", "communities"}
"""Scenarios in which nobody harvests."""
SMALL = Scenario(name="small", honest=300, operators=(OperatorSpec(name="hydra", accounts=20, rate=4, innocent=0.3),))


@pytest.fixture(scope="module")
def small() -> LabelledWorld:
    return make_world(SMALL, 5)


def test_same_seed_same_world(small: LabelledWorld) -> None:
    again = make_world(SMALL, 5)
    for name in ("exchanges", "accounts", "truth_accounts", "truth_exchanges"):
        assert getattr(again, name).equals(getattr(small, name)), name
    assert again.releases == small.releases


def test_other_seed_other_world(small: LabelledWorld) -> None:
    other = make_world(SMALL, 6)
    common = set(other.exchanges["prompt"].to_pylist()) & set(small.exchanges["prompt"].to_pylist())
    assert len(common) < 0.2 * small.exchanges.num_rows
    assert not set(other.accounts["account_id"].to_pylist()) & set(small.accounts["account_id"].to_pylist())


def test_an_operator_leaves_the_honest_accounts_as_they_are(small: LabelledWorld) -> None:
    innocent = make_world(msgspec.structs.replace(SMALL, operators=()), 5)
    honest = small.accounts.filter(pc.equal(small.truth_accounts["operator"], ""))
    assert innocent.accounts.column("account_id").equals(honest.column("account_id"))


def test_tables_keep_the_contract(small: LabelledWorld) -> None:
    for table, contract in ((small.exchanges, EXCHANGES), (small.accounts, ACCOUNTS)):
        assert table.schema.equals(contract.schema)
        table.validate(full=True)
        for name in contract.needed:
            assert table[name].null_count == 0, name
    assert len(set(small.exchanges["exchange_id"].to_pylist())) == small.exchanges.num_rows
    assert len(set(small.accounts["account_id"].to_pylist())) == small.accounts.num_rows
    assert pc.all(pc.is_in(small.exchanges["account_id"], small.accounts["account_id"].combine_chunks())).as_py()


def test_times_lie_in_the_span_and_after_sign_up(small: LabelledWorld) -> None:
    at = small.exchanges["started_at"].cast(pa.int64()).to_numpy()
    assert (np.diff(at) >= 0).all()
    start = int(SMALL.start.timestamp()) * 1_000_000
    assert at[0] >= start
    assert at[-1] < start + SMALL.days * 86_400_000_000
    born = dict(zip(*(small.accounts[c].to_pylist() for c in ("account_id", "created_at")), strict=True))
    rows = zip(small.exchanges["account_id"].to_pylist(), small.exchanges["started_at"].to_pylist(), strict=True)
    assert all(born[account] < when for account, when in rows)


def test_truth_fits_the_traffic(small: LabelledWorld) -> None:
    assert small.truth_exchanges["exchange_id"].equals(small.exchanges["exchange_id"])
    assert small.truth_accounts["account_id"].equals(small.accounts["account_id"])
    operator = dict(zip(*(small.truth_accounts[c].to_pylist() for c in ("account_id", "operator")), strict=True))
    kind = dict(zip(*(small.truth_accounts[c].to_pylist() for c in ("account_id", "kind")), strict=True))
    assert sum(o == "hydra" for o in operator.values()) == 20
    assert all((kind[a] == "operator") == bool(operator[a]) for a in operator)
    for account, campaign, beneficiary in zip(
        small.exchanges["account_id"].to_pylist(),
        small.truth_exchanges["campaign"].to_pylist(),
        small.truth_exchanges["beneficiary"].to_pylist(),
        strict=True,
    ):
        assert campaign is None or campaign == operator[account]
        assert (campaign is None) == (beneficiary is None)


def test_slots_stand_in_their_prompts(small: LabelledWorld) -> None:
    assert len(small.tasks) == small.exchanges.num_rows
    assert all(s in p for s, p in zip(small.tasks.to_pylist(), small.exchanges["prompt"].to_pylist(), strict=True))


def test_nobody_uses_a_model_before_its_release(small: LabelledWorld) -> None:
    out = {r["model"]: r["released_at"] for r in small.releases}
    newest = max(out, key=lambda m: out[m])
    rows = small.exchanges.filter(pc.equal(small.exchanges["model"], newest))
    assert rows.num_rows > 0
    assert pc.min(rows["started_at"]).as_py().isoformat() >= out[newest].replace("Z", "+00:00")


def test_every_archetype_has_its_head_count() -> None:
    counts = allot_accounts(Scenario(honest=3_000))
    assert counts.keys() == load_archetypes().keys()
    assert sum(counts.values()) == 3_000
    shares = find_default_shares()
    assert min(count for kind, count in counts.items() if shares[kind]) >= 6
    assert not any(count for kind, count in counts.items() if not shares[kind])


def test_an_outage_silences_everybody() -> None:
    world = make_world(Scenario(honest=400, outage_day=9.0, outage_hours=4.0), 1)
    hour = (
        world.exchanges["started_at"].cast(pa.int64()).to_numpy() - int(SMALL.start.timestamp()) * 10**6
    ) // 3_600_000_000
    counts = np.bincount(hour, minlength=14 * 24)
    assert counts[9 * 24 : 9 * 24 + 4].sum() == 0
    assert counts[9 * 24 + 4] > 2 * counts[9 * 24 - 1]


@pytest.mark.parametrize(
    "scenario",
    [
        Scenario(shares={"unicorn": 0.1}),
        Scenario(shares={"quiet": 1.5}),
        Scenario(operators=(OperatorSpec(name="a"), OperatorSpec(name="a"))),
        Scenario(operators=(OperatorSpec(name=""),)),
        Scenario(operators=(OperatorSpec(name="a", innocent=1.0),)),
        Scenario(operators=(OperatorSpec(name="a", start_day=15.0),)),
        Scenario(days=2),
        Scenario(release_day=20.0),
    ],
)
def test_an_impossible_scenario_is_refused(scenario: Scenario) -> None:
    with pytest.raises(InputError):
        make_world(scenario, 1)


@given(
    honest=st.integers(1, 90),
    days=st.integers(3, 20),
    accounts=st.integers(1, 6),
    rhythm=st.sampled_from(["queue", "human", "bursts"]),
    network=st.sampled_from(["shared", "subnet", "vpn", "residential"]),
    innocent=st.sampled_from([0.0, 0.5]),
    release=st.sampled_from([None, 0.0, 2.0]),
    seed=st.integers(0, 1_000),
)
@settings(max_examples=15)
def test_small_and_odd_worlds_can_be_made(
    honest: int, days: int, accounts: int, rhythm: Any, network: Any, innocent: float, release: float | None, seed: int
) -> None:
    spec = OperatorSpec(
        name="x", accounts=accounts, rhythm=rhythm, network=network, innocent=innocent, rate=1, ban_day=1.5, warmup=0.3
    )
    scenario = Scenario(honest=honest, days=days, operators=(spec,), release_day=release, outage_day=1.0)
    world = make_world(scenario, seed)
    world.exchanges.validate(full=True)
    assert world.accounts.num_rows == honest + accounts
    assert pc.all(pc.less(world.exchanges["started_at"], scenario.start + timedelta(days=days))).as_py()


def test_a_written_world_reads_back(small: LabelledWorld, tmp_path: Path) -> None:
    write_world(small, tmp_path / "w")
    assert pq.read_table(tmp_path / "w" / "exchanges.parquet").equals(small.exchanges)
    assert pq.read_table(tmp_path / "w.truth" / "accounts.parquet").equals(small.truth_accounts)
    assert json.loads((tmp_path / "w" / "models.json").read_text()) == small.releases
    write_world(make_world(SMALL, 5), tmp_path / "v")
    for name in ("exchanges.parquet", "accounts.parquet", "models.json"):
        assert (tmp_path / "v" / name).read_bytes() == (tmp_path / "w" / name).read_bytes()


def test_the_named_scenarios() -> None:
    wanted = {
        *(f"ladder{i}" for i in range(1, 8)),
        "residential_only",
        "search_phase",
        "two_tools",
        "february",
        "innocent",
    }
    assert wanted | {"mixed_pool"} <= SCENARIOS.keys()
    assert not SCENARIOS["innocent"].operators
    assert all(scenario.name == name for name, scenario in SCENARIOS.items())
    assert all(scenario.operators for name, scenario in SCENARIOS.items() if name not in INNOCENT)
