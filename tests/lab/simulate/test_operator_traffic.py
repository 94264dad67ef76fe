"""Operators: each knob of the spec shows in the traffic."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from hydrometer.lab.simulate import SCENARIOS, LabelledWorld, OperatorSpec, Scenario, make_world

DAY = 86_400_000_000
HOUR = DAY // 24
BASE = OperatorSpec(name="hydra", accounts=30, rate=5, start_day=2, stop_day=9, unequal=0.0)


def world_of(honest: int = 60, seed: int = 3, **knobs: object) -> LabelledWorld:
    spec = msgspec.structs.replace(BASE, **knobs)
    return make_world(Scenario(honest=honest, operators=(spec,), outage_day=None), seed)


def rows_of(world: LabelledWorld) -> list[dict[str, Any]]:
    """The operator's exchanges with their truth, in order of time."""
    mine = set(accounts_of(world))
    table = world.exchanges.append_column("campaign", world.truth_exchanges["campaign"])
    return [row for row in table.to_pylist() if row["account_id"] in mine]


def accounts_of(world: LabelledWorld) -> dict[str, dict[str, Any]]:
    keep = pc.not_equal(world.truth_accounts["operator"], "")
    return {row["account_id"]: row for row in world.accounts.filter(keep).to_pylist()}


@pytest.mark.parametrize("rhythm", ["queue", "human", "bursts"])
@pytest.mark.parametrize("rate", [2.0, 12.0])
def test_rate_and_span_hold(rhythm: str, rate: float) -> None:
    rows = rows_of(world_of(rhythm=rhythm, rate=rate))
    per_day = len(rows) / 30 / 7
    assert rate * 0.8 < per_day < rate * 1.15
    times = [row["started_at"] for row in rows]
    start = Scenario().start
    assert min(times) >= start + timedelta(days=2)
    assert max(times) <= start + timedelta(days=9)


def test_a_queue_is_more_regular_than_chance() -> None:
    def spread(jitter: float) -> float:
        at = np.array([row["started_at"].timestamp() for row in rows_of(world_of(jitter=jitter, start_spread_hours=0))])
        gaps = np.diff(at)
        return float(gaps.std() / gaps.mean())

    assert spread(0.1) < 0.4
    assert spread(1.0) > 0.8


def test_human_hours_have_nights_and_a_queue_has_none() -> None:
    def quietest(rhythm: str) -> float:
        world = world_of(rhythm=rhythm, rate=30.0)
        hours = Counter(
            row["started_at"].hour for row in rows_of(world) if accounts_of(world)[row["account_id"]]["country"] == "US"
        )
        return min(hours[h] for h in range(24)) / (sum(hours.values()) / 24)

    assert quietest("human") < 0.4
    assert quietest("queue") > 0.6


def test_cards_e_mails_devices() -> None:
    accounts = accounts_of(
        world_of(card="shared", accounts_per_card=10, devices="shared", email="digits", email_domain="throwaway")
    ).values()
    assert len({a["payment_fingerprint"] for a in accounts}) == 3
    assert len({a["device_id"] for a in accounts}) == 2
    assert all(a["email_local"][-3:].isdigit() and a["email_local"][:-3].isalpha() for a in accounts)
    assert all(a["email_domain"].endswith(".example") for a in accounts)
    accounts = accounts_of(world_of(card="bin", bins=2)).values()
    assert len({a["payment_fingerprint"] for a in accounts}) == 30
    assert len({a["payment_bin"] for a in accounts}) == 2
    accounts = accounts_of(world_of(card="unique")).values()
    assert len({a["payment_bin"] for a in accounts}) > 8


def test_ages() -> None:
    start = Scenario().start + timedelta(days=2)
    fresh = [a["created_at"] for a in accounts_of(world_of(age="fresh", signup_days=1.0)).values()]
    assert all(start - timedelta(days=1.2) < made < start for made in fresh)
    aged = [a["created_at"] for a in accounts_of(world_of(age="aged")).values()]
    assert all(made < Scenario().start - timedelta(days=19) for made in aged)
    assert max(aged) - min(aged) > timedelta(days=300)


def test_networks() -> None:
    shared = {row["client_ip"] for row in rows_of(world_of(network="shared", addresses=3))}
    assert len(shared) <= 3
    subnet = {row["client_ip"] for row in rows_of(world_of(network="subnet"))}
    assert len(subnet) > 10
    assert len({ip.rsplit(".", 1)[0] for ip in subnet}) == 1
    world = world_of(honest=400, network="residential", rate=20.0, networks_per_account=25)
    own: dict[str, set[str]] = {}
    for row in rows_of(world):
        own.setdefault(row["account_id"], set()).add(row["client_ip"])
    assert np.median([len(ips) for ips in own.values()]) > 12
    others = pc.invert(pc.is_in(world.exchanges["account_id"], pa.array(list(own))))
    people = set(world.exchanges.filter(others)["client_ip"].to_pylist())
    assert len(set.union(*own.values()) & people) > 5


@pytest.mark.parametrize("wordings", [1, 10])
def test_few_wordings_are_shared_and_tasks_are_swept_once(wordings: int) -> None:
    world = world_of(wordings=wordings, kinds=("reasoning",))
    table = world.exchanges.append_column("slot", world.tasks).filter(pc.is_valid(world.truth_exchanges["campaign"]))
    demands = Counter(
        p.replace(s, "<>") for p, s in zip(table["prompt"].to_pylist(), table["slot"].to_pylist(), strict=True)
    )
    assert len(demands) == wordings
    assert len(set(table["slot"].to_pylist())) == table.num_rows


def test_two_hundred_wordings() -> None:
    world = world_of(wordings=200, rate=10.0, reworded=0.5)
    table = world.exchanges.append_column("slot", world.tasks).filter(pc.is_valid(world.truth_exchanges["campaign"]))
    demands = {p.replace(s, "<>") for p, s in zip(table["prompt"].to_pylist(), table["slot"].to_pylist(), strict=True)}
    assert 190 <= len(demands) <= 200


def test_innocent_share_and_end_users() -> None:
    rows = rows_of(world_of(innocent=0.6, rate=8.0, end_users=True))
    assert 0.55 < sum(row["campaign"] is None for row in rows) / len(rows) < 0.65
    assert all(row["end_user_id"] for row in rows)
    assert not any(row["end_user_id"] for row in rows_of(world_of(innocent=0.6, end_users=False)))


def test_search_phase_comes_first_and_is_refused() -> None:
    world = world_of(start_day=6, search_days=4.0, search_refused=0.85, search_rate=6.0)
    before = [row for row in rows_of(world) if row["started_at"] < Scenario().start + timedelta(days=6)]
    assert len(before) > 400
    assert 0.8 < sum(row["stop_reason"] == "refusal" for row in before) / len(before) < 0.9
    assert len({row["prompt"] for row in before}) == len(before)


def test_pivot_within_a_day_of_the_release() -> None:
    scenario = Scenario()
    assert scenario.release_day is not None
    out = scenario.start + timedelta(days=scenario.release_day)
    rows = rows_of(world_of(pivot=True))
    assert all((row["model"] == "borealis-3.5") for row in rows if row["started_at"] > out + timedelta(hours=24))
    assert not any((row["model"] == "borealis-3.5") for row in rows_of(world_of(pivot=False)))


def test_a_ban_wakes_the_dormant_pool() -> None:
    ban = Scenario().start + timedelta(days=5)
    first: dict[str, datetime] = {}
    last: dict[str, datetime] = {}
    for row in rows_of(world_of(ban_day=5.0, ban_share=0.5, dormant=0.4, wake_hours=4.0, rate=20.0)):
        first.setdefault(row["account_id"], row["started_at"])
        last[row["account_id"]] = row["started_at"]
    woken = [a for a in first if first[a] >= ban]
    stopped = [a for a in last if last[a] < ban]
    assert len(woken) == 12
    assert len(stopped) == 9
    assert max(first[a] for a in woken) < ban + timedelta(hours=8)


def test_warm_up_comes_before_the_harvest() -> None:
    rows = rows_of(world_of(warmup=2.0, start_day=5.0))
    harvest = min(row["started_at"] for row in rows if row["campaign"])
    warm = [row for row in rows if row["started_at"] < harvest]
    assert all(row["campaign"] is None for row in warm)
    assert len(warm) > 30 * 5


def test_a_forged_header_contradicts_its_handshake() -> None:
    forged: dict[str, set[tuple[str, str]]] = {}
    for row in rows_of(world_of(client="forged", rate=20.0)):
        forged.setdefault(row["account_id"], set()).add((row["user_agent"], row["ja4"]))
    assert all(len({agent for agent, _ in pairs}) > 3 for pairs in forged.values())
    assert all(len({ja4 for _, ja4 in pairs}) == 1 for pairs in forged.values())


def test_sessions_and_turns_look_like_chats_if_asked() -> None:
    rows = rows_of(world_of(sessions=True, turns=3))
    assert all(row["session_id"] for row in rows)
    assert 2.5 < np.mean([row["turns"] for row in rows]) < 3.5
    assert not any(row["session_id"] or row["turns"] > 1 for row in rows_of(world_of()))


def test_two_operators_and_the_hobbyists_use_one_tool() -> None:
    scenario = msgspec.structs.replace(SCENARIOS["two_tools"], honest=600)
    world = make_world(scenario, 2)
    kinds = dict(
        zip(world.truth_accounts["account_id"].to_pylist(), world.truth_accounts["kind"].to_pylist(), strict=True)
    )
    operators = dict(
        zip(world.truth_accounts["account_id"].to_pylist(), world.truth_accounts["operator"].to_pylist(), strict=True)
    )
    demands: dict[str, set[str]] = {}
    for account, prompt, slot in zip(
        world.exchanges["account_id"].to_pylist(),
        world.exchanges["prompt"].to_pylist(),
        world.tasks.to_pylist(),
        strict=True,
    ):
        demands.setdefault(operators[account] or kinds[account], set()).add(prompt.replace(slot, "<>"))
    assert len(demands["north"]) == 10
    assert demands["north"] == demands["south"]
    assert demands["north"] <= demands["hobbyist"]
    assert demands["north"] <= demands["licensed"]


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_scenario_can_be_made_small(name: str) -> None:
    scenario = SCENARIOS[name]
    small = msgspec.structs.replace(
        scenario, honest=80, operators=tuple(msgspec.structs.replace(s, accounts=20) for s in scenario.operators)
    )
    world = make_world(small, 1)
    campaigns = set(world.truth_exchanges["campaign"].to_pylist()) - {None}
    assert campaigns == {spec.name for spec in scenario.operators}


DIGESTS = {"ladder5": "6d7c54121cbb340e", "september": "5d208911e3efb59f", "search_phase": "107dd5a068d7ea41"}


@pytest.mark.parametrize("name", sorted(DIGESTS))
def test_knobs_that_are_off_change_no_world(name: str) -> None:
    """Worlds of before there were suppliers, languages, salts, churn and workers are the same, row by row."""
    scenario = SCENARIOS[name]
    world = make_world(
        msgspec.structs.replace(
            scenario, honest=40, operators=tuple(msgspec.structs.replace(s, accounts=12) for s in scenario.operators)
        ),
        1,
    )
    digest = sha256()
    for table in (world.exchanges, world.accounts):
        for column in table.column_names:
            digest.update(repr(table[column].to_pylist()).encode())
    assert digest.hexdigest()[:16] == DIGESTS[name]
