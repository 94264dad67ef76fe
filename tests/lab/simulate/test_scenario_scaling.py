"""Scenarios at another size, and recipes from files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrometer.contract.errors import InputError
from hydrometer.lab.simulate import ALL, SCENARIOS, OperatorSpec, Scenario, make_world, shards
from hydrometer.lab.simulate.scenario_loader import load_scenario
from hydrometer.lab.simulate.scenario_scaling import WorldSize, scale_scenario

if TYPE_CHECKING:
    from pathlib import Path


@given(
    accounts=st.integers(200, 5_000_000),
    operated=st.none() | st.integers(3, 90),
    days=st.none() | st.integers(3, 200),
    name=st.sampled_from(sorted(ALL)),
)
@settings(max_examples=60)
def test_accounts_and_days_are_as_asked(accounts: int, operated: int | None, days: int | None, name: str) -> None:
    scenario = ALL[name]
    if operated is not None and len(scenario.operators) > operated:
        return
    if not scenario.operators:
        operated = None
    made = scale_scenario(scenario, WorldSize(accounts=accounts, operator_accounts=operated, days=days), 1)
    mine = sum(spec.accounts for spec in made.operators)
    assert made.honest + mine == accounts
    assert operated is None or mine == operated
    assert made.days == (days or scenario.days)
    for before, after in zip(scenario.operators, made.operators, strict=True):
        assert after.start_day / made.days == pytest.approx(before.start_day / scenario.days)


def test_proportions_stay() -> None:
    before = SCENARIOS["february"]
    after = scale_scenario(
        before, WorldSize(accounts=10 * (before.honest + sum(s.accounts for s in before.operators))), 1
    )
    for one, other in zip(before.operators, after.operators, strict=True):
        assert other.accounts == pytest.approx(10 * one.accounts, rel=0.02)
        assert other.customers == pytest.approx(10 * one.customers, rel=0.02)
        assert other.rate == one.rate


@pytest.mark.parametrize(("accounts", "exchanges"), [(700, 12_000), (700, 45_000)])
def test_exchanges_come_within_a_twentieth(accounts: int, exchanges: int) -> None:
    scenario = scale_scenario(SCENARIOS["ladder2"], WorldSize(accounts=accounts, exchanges=exchanges), 3)
    world = make_world(scenario, 3)
    assert world.exchanges.num_rows == pytest.approx(exchanges, rel=0.05)
    harvested = world.exchanges.num_rows - world.truth_exchanges["campaign"].null_count
    usual = make_world(scale_scenario(SCENARIOS["ladder2"], WorldSize(accounts=accounts), 3), 3)
    share = 1 - usual.truth_exchanges["campaign"].null_count / usual.exchanges.num_rows
    assert harvested / world.exchanges.num_rows == pytest.approx(share, rel=0.2)


def test_operators_can_be_scaled_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "EXCHANGES_PER_SHARD", 10_000)
    size = WorldSize(accounts=1_000, exchanges=40_000, operator_accounts=60, harvested=4_000)
    world = make_world(scale_scenario(SCENARIOS["february"], size, 2), 2)
    assert world.accounts.num_rows == 1_000
    assert sum(map(bool, world.truth_accounts["operator"].to_pylist())) == 60
    assert world.exchanges.num_rows == pytest.approx(40_000, rel=0.05)
    assert world.exchanges.num_rows - world.truth_exchanges["campaign"].null_count == pytest.approx(4_000, rel=0.05)


@pytest.mark.parametrize(
    ("name", "size", "complaint"),
    [
        ("innocent", WorldSize(harvested=10), "no operator"),
        ("ladder1", WorldSize(accounts=0), "accounts"),
        ("february", WorldSize(operator_accounts=2), "too few"),
        ("ladder1", WorldSize(accounts=100, operator_accounts=100), "honest"),
        ("ladder1", WorldSize(accounts=500, exchanges=10), "cannot be had"),
        ("ladder1", WorldSize(accounts=500, exchanges=2_000, harvested=5_000), "operators alone"),
        ("ladder1", WorldSize(days=1), "days"),
    ],
)
def test_impossible_sizes_are_refused(name: str, size: WorldSize, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        scale_scenario(SCENARIOS[name], size, 1)


def test_a_recipe_is_read_from_toml_and_json(tmp_path: Path) -> None:
    wanted = Scenario(name="mine", honest=50, shares={"class": 0.2}, operators=(OperatorSpec(name="x", rate=2.0),))
    toml = 'name = "mine"\nhonest = 50\nshares = {class = 0.2}\n[[operators]]\nname = "x"\nrate = 2.0\n'
    (tmp_path / "mine.toml").write_text(toml)
    (tmp_path / "mine.json").write_bytes(json.dumps(msgspec.to_builtins(wanted)).encode())
    assert load_scenario(str(tmp_path / "mine.toml")) == wanted
    assert load_scenario(str(tmp_path / "mine.json")) == wanted
    assert load_scenario("ladder4") == SCENARIOS["ladder4"]


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("no.toml", None, "cannot be read"),
        ("a.toml", "honest = ", "a.toml"),
        ("a.toml", "honst = 3", "honst"),
        ("a.json", '{"operators": [{"name": "x", "network": "tor"}]}', r"operators\[0\]\.network"),
        ("a.json", '{"days": 2}', "days"),
        ("a.json", '{"shares": {"unicorn": 0.5}}', "unicorn"),
        ("a.json", "\ud800", "a.json"),
    ],
)
def test_a_bad_recipe_is_refused_where_it_is_bad(tmp_path: Path, name: str, text: str | None, complaint: str) -> None:
    if text is not None:
        (tmp_path / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(InputError, match=complaint):
        load_scenario(str(tmp_path / name))


def test_an_unknown_scenario_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="ladder1"):
        load_scenario("ladder9")
