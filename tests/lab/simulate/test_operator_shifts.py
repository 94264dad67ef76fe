"""Churn: accounts live some days and are relieved by fresh ones; and more than one outage."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import pyarrow.compute as pc
import pytest

from hydrometer.contract.errors import InputError
from hydrometer.lab.simulate import OperatorSpec, Scenario, make_world
from hydrometer.lab.simulate.scenario import check_scenario
from hydrometer.lab.simulate.scenario_scaling import WorldSize, scale_scenario
from hydrometer.lab.simulate.shards import estimate_harvest

BASE = OperatorSpec(
    name="hydra", accounts=60, rate=6, start_day=2, stop_day=28, churn_days=5, signup_days=1, start_spread_hours=0
)
SCENARIO = Scenario(honest=40, days=30, operators=(BASE,), outage_day=None, volume=0.3)


def lives_of(spec: OperatorSpec) -> tuple[list[dict[str, Any]], dict[str, list[datetime]]]:
    """The operator's accounts, and the times of each one's exchanges."""
    world = make_world(msgspec.structs.replace(SCENARIO, operators=(spec,)), 3)
    accounts = world.accounts.filter(pc.not_equal(world.truth_accounts["operator"], "")).to_pylist()
    sent: dict[str, list[datetime]] = {account["account_id"]: [] for account in accounts}
    for row in world.exchanges.select(["account_id", "started_at"]).to_pylist():
        if row["account_id"] in sent:
            sent[row["account_id"]].append(row["started_at"])
    return accounts, sent


@pytest.mark.parametrize("rhythm", ["queue", "human", "sittings"])
def test_accounts_live_some_days_and_sign_up_when_they_are_needed(rhythm: str) -> None:
    accounts, sent = lives_of(msgspec.structs.replace(BASE, rhythm=rhythm))
    assert len(accounts) == 60
    lives = [(max(times) - min(times)) / timedelta(days=1) for times in sent.values() if len(times) > 1]
    # People have days on which they do nothing, the first and the last among them.
    assert (1.5 if rhythm == "human" else 2.5) < np.median(lives) < 6
    assert max(lives) < 15
    total = sum(map(len, sent.values()))
    assert total == pytest.approx(estimate_harvest(SCENARIO, BASE), rel=0.35)
    begun = {account["account_id"]: min(sent[account["account_id"]], default=None) for account in accounts}
    waits = [begun[a["account_id"]] - a["created_at"] for a in accounts if begun[a["account_id"]]]
    assert min(waits) > timedelta(0)
    assert np.median([wait / timedelta(days=1) for wait in waits]) < 1.5
    days = {(time - SCENARIO.start).days for times in sent.values() for time in times}
    assert days >= set(range(4, 27))
    assert len({account["created_at"].date() for account in accounts}) > 12


def test_few_live_at_once() -> None:
    _, sent = lives_of(BASE)
    alive = [
        sum(min(times) <= SCENARIO.start + timedelta(days=day) <= max(times) for times in sent.values() if times)
        for day in range(4, 27)
    ]
    assert 8 <= np.mean(alive) <= 16


def test_churn_grows_with_the_days() -> None:
    longer = scale_scenario(msgspec.structs.replace(SCENARIO, outages=(5.0,)), WorldSize(days=60), 1)
    assert (longer.operators[0].churn_days, longer.outages) == (10.0, (10.0,))


@pytest.mark.parametrize("churn", [-1.0, 26.0])
def test_a_life_is_shorter_than_the_work(churn: float) -> None:
    with pytest.raises(InputError, match="impossible") as caught:
        check_scenario(msgspec.structs.replace(SCENARIO, operators=(msgspec.structs.replace(BASE, churn_days=churn),)))
    assert caught.value.column == "hydra.churn_days"


def test_every_outage_silences_the_world() -> None:
    scenario = msgspec.structs.replace(SCENARIO, honest=300, outage_day=6.5, outages=(12.5, 20.5), outage_hours=8.0)
    at = [row - scenario.start for row in make_world(scenario, 2).exchanges["started_at"].to_pylist()]
    for day in (6.5, 12.5, 20.5):
        assert not any(timedelta(days=day) <= time < timedelta(days=day, hours=8) for time in at)
    with pytest.raises(InputError, match="impossible"):
        check_scenario(msgspec.structs.replace(scenario, outages=(31.0,)))
