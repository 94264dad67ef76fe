"""Operators are found and honest customers are not."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from msgspec.structs import replace

from fixtures.detected_worlds import Labelled, Outcome, detected, labelled, written
from hydrometer.lab.simulate import SCENARIOS

if TYPE_CHECKING:
    from pathlib import Path


def within(part: set[str], whole: set[str]) -> float:
    """Share of `part` that lies in `whole`."""
    return len(part & whole) / max(1, len(part))


def sent_by(accounts: set[str], exchanges: pa.Table) -> set[str]:
    """Exchange ids of some accounts."""
    mine = pc.is_in(exchanges["account_id"], value_set=pa.array(sorted(accounts)))
    return set(exchanges.filter(mine)["exchange_id"].to_pylist())


def test_the_small_worlds_operator_is_one_campaign(small: Labelled, small_outcome: Outcome) -> None:
    (operator,) = small.operators.values()
    ((name, members),) = small_outcome.groups.items()
    assert within(members, operator) >= 0.99
    assert within(operator, members) >= 0.9
    (campaign,) = small_outcome.campaigns
    assert campaign.id == name
    assert campaign.accounts == len(members)
    assert campaign.probability >= 0.8


@pytest.mark.parametrize(("scenario", "honest"), [("ladder2", 900), ("two_tools", 600)])
def test_each_operator_is_a_campaign_of_its_own(scenario: str, honest: int, site_key: Path, tmp_path: Path) -> None:
    world = labelled(replace(SCENARIOS[scenario], honest=honest), 7, tmp_path / "world")
    outcome = detected(world.folder, tmp_path / "result", site_key)
    assert len(outcome.groups) == len(world.operators)
    for operator in world.operators.values():
        members = max(outcome.groups.values(), key=lambda group: len(group & operator))
        assert within(members, operator) >= 0.99
        assert within(operator, members) >= 0.9


def test_a_mixed_pool_is_found_and_its_innocent_customers_exchanges_are_left(
    mixed: Labelled, mixed_outcome: Outcome
) -> None:
    assert within(mixed_outcome.members, mixed.run_by_operators) >= 0.99
    assert within(mixed.run_by_operators, mixed_outcome.members) >= 0.9
    taken, harvest = set(mixed_outcome.taken), mixed.harvest()
    innocent = sent_by(mixed_outcome.members, mixed.world.exchanges) - harvest
    assert len(innocent) > len(harvest)
    assert within(taken, harvest) >= 0.97
    assert within(innocent, taken) <= 0.01


def test_of_a_mixed_pools_harvest_a_part_is_taken(mixed: Labelled, mixed_outcome: Outcome) -> None:
    # By exchange, only what the demand model or a wording of the pool's own shows: sure before complete.
    assert within(mixed.harvest(), set(mixed_outcome.taken)) >= 0.15


def test_of_a_pure_pools_harvest_nearly_all_and_nothing_else_is_taken(small: Labelled, small_outcome: Outcome) -> None:
    taken = set(small_outcome.taken)
    assert within(small.harvest(), taken) >= 0.9
    assert within(taken, small.harvest()) >= 0.99


@pytest.mark.parametrize("dropped", [(), ("client_ip", "client_asn", "ja4", "user_agent"), ("session_id", "turns")])
def test_a_world_without_operators_has_no_campaign(
    dropped: tuple[str, ...], innocent: Labelled, site_key: Path, tmp_path: Path
) -> None:
    exchanges = innocent.world.exchanges.drop_columns(list(dropped))
    traffic = written(tmp_path / "world", exchanges, innocent.world.accounts, innocent.world.releases)
    outcome = detected(traffic, tmp_path / "result", site_key)
    assert outcome.campaigns == []
    assert outcome.taken == []
    assert outcome.members == set()
    assert "No campaign" in (outcome.out / "report.html").read_text("utf-8")


def test_a_template_tells_its_wording_and_hides_what_was_poured_into_it(
    small: Labelled, small_outcome: Outcome
) -> None:
    shown = [t for campaign in small_outcome.campaigns for t in campaign.exhibit.templates if t.wording]
    assert shown
    for template in shown:
        assert any(segment.slot for segment in template.wording)
        assert sum(len(segment.text) for segment in template.wording if not segment.slot) >= 40
    page = (small_outcome.out / "report.html").read_text("utf-8")
    records = (small_outcome.out / "campaigns.json").read_text("utf-8")
    tasks = [task for task in pc.unique(small.world.tasks).to_pylist() if task and len(task) >= 30]
    assert len(tasks) > 1_000
    assert not [task for task in tasks if task in records or html.escape(task) in page or task in page]
