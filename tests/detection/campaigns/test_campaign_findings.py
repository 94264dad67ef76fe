"""From a measured population to findings, with the tests of groups stood in for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc
from msgspec.structs import replace

from fixtures.crowds import DAY, HYDRA, HydraEvidence, evidence, mask, operator, population, strangers
from hydrometer.contract.progress import SilentProgress
from hydrometer.contract.result_records import CONSIDERED, MEMBERS
from hydrometer.contract.settings import CampaignSettings
from hydrometer.detection.campaigns import campaign_findings
from hydrometer.detection.campaigns.campaign_findings import CampaignFindings, PriorKnowledge, find_campaigns
from hydrometer.detection.campaigns.candidate_generation import ProposedGroup
from hydrometer.detection.campaigns.group_scoring import ScoringRules
from hydrometer.detection.campaigns.score_calibration import FULL, load_calibration

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from hydrometer.contract.result_records import Evidence
    from hydrometer.detection.campaigns.group_evaluation import SignalTests
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import Bools, Population


def crowd(seed: int = 1) -> Population:
    rng = np.random.default_rng(seed)
    return population([*operator(rng, HYDRA, name="hydra"), *strangers(rng, 250, demand=0.002)])


def found(
    people: Population, earlier: dict[str, set[str]] | None = None, *, signals: SignalTests | None = None
) -> CampaignFindings:
    return find_campaigns(
        people,
        signals or HydraEvidence(),
        ScoringRules(CampaignSettings(), load_calibration(), FULL),
        SilentProgress(),
        PriorKnowledge(earlier or {}),
    )


def test_the_operator_is_a_campaign_with_its_members_and_its_harvest() -> None:
    people = crowd()
    findings = found(people)
    (campaign,), (harvest,) = findings.campaigns, findings.harvests
    assert findings.members.schema.equals(MEMBERS.schema)
    assert findings.considered.schema.equals(CONSIDERED.schema)
    assert findings.members["account_id"].to_pylist() == people.accounts[:HYDRA]
    assert campaign.accounts == HYDRA
    assert campaign.exchanges == pc.sum(findings.members["exchanges"]).as_py()
    assert campaign.harvested == harvest.exchanges.size == pc.sum(findings.members["harvested"]).as_py()
    (candidate,) = [candidate for candidate in findings.candidates if candidate.campaign_id]
    assert candidate.campaign_id == campaign.id
    assert findings.tests >= 20
    inside = findings.considered.filter(pc.field("member"))
    assert sorted(inside["account_id"].to_pylist()) == people.accounts[:HYDRA]


def test_a_campaign_is_followed_from_the_result_before() -> None:
    people = crowd()
    (campaign,) = found(people, {"HY-before": set(people.accounts[5:HYDRA])}).campaigns
    assert campaign.id == "HY-before"


def test_nobody_who_asks_is_nobody_found() -> None:
    rng = np.random.default_rng(2)
    findings = found(population(strangers(rng, 200)))
    assert findings.campaigns == []
    assert findings.members.num_rows == 0
    assert findings.considered.schema.equals(CONSIDERED.schema)
    assert not [candidate for candidate in findings.candidates if candidate.verdict == "campaign"]


def test_the_exhibit_counts_what_the_campaign_sent() -> None:
    people = crowd()
    (campaign,) = found(people).campaigns
    exhibit = campaign.exhibit
    assert sum(exhibit.exchanges_by_day) == campaign.exchanges
    assert sum(exhibit.harvested_by_day) == campaign.harvested
    assert [sum(day) for day in exhibit.hour_by_day] == exhibit.exchanges_by_day
    assert len(exhibit.days) == len(exhibit.exchanges_by_day) == len(exhibit.harvested_by_day)
    assert len(exhibit.days) == people.end // DAY - people.start // DAY + 1
    times = people.events.time[: int(people.events.starts[HYDRA])]
    assert (
        exhibit.exchanges_by_day
        == np.bincount(times // DAY - people.start // DAY, minlength=len(exhibit.days)).tolist()
    )


def test_the_exhibit_shows_what_members_share_and_how_many_others_do() -> None:
    people = crowd()
    (campaign,) = found(people).campaigns
    shown = {(entity.kind, entity.value): entity for entity in campaign.exhibit.entities}
    assert (shown["bin", "hydra bank 0"].accounts, shown["bin", "hydra bank 0"].population) == (HYDRA, HYDRA)
    assert not [value for kind, value in shown if kind in ("phone", "payment")]
    for entity in shown.values():
        assert 2 <= entity.accounts <= entity.population


def test_the_story_tells_the_numbers() -> None:
    (campaign,) = found(crowd()).campaigns
    one, two = campaign.story
    assert f"{HYDRA} accounts of {HYDRA} organisations" in one
    assert "2 independent causes (one payer, one work queue)" in one
    assert f"{campaign.harvested:,} of {campaign.exchanges:,} exchanges" in two


def test_a_group_whose_accounts_are_all_in_a_larger_campaign_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    people = crowd()
    hydra = mask(people.size, range(HYDRA))
    monkeypatch.setattr(
        campaign_findings,
        "propose_groups",
        lambda *_: [ProposedGroup(hydra, "first"), ProposedGroup(hydra, "second")],
    )
    findings = found(people)
    assert len(findings.campaigns) == 1
    assert all(candidate.accounts for candidate in findings.candidates)


def test_members_are_told_first_what_they_show_of_operation() -> None:
    facts = found(crowd()).members["facts"].to_pylist()
    assert {row[0] for row in facts} == {"is dealt its requests one by one"}


class SomeOperated(HydraEvidence):
    """Of the hydra's accounts only some show for themselves that they are operated."""

    def mask_showing(self, group: AccountGroup, evidence: Sequence[Evidence]) -> Bools:
        return super().mask_showing(group, evidence) & (np.arange(group.population.size) < HYDRA - 5)


class Community(HydraEvidence):
    """The same accounts as a community: they belong together and harvest, and nothing operates them."""

    def __call__(self, group: AccountGroup, costly: bool) -> list[Evidence]:
        return [
            replace(item, kind="affiliation", cause="one site") if item.kind == "operation" else item
            for item in super().__call__(group, costly)
        ] + ([evidence("joined together", 7.0)] if super().__call__(group, False) and not costly else [])


def test_who_does_not_show_operation_itself_is_no_member() -> None:
    people = crowd()
    findings = found(people, signals=SomeOperated())
    (campaign,) = findings.campaigns
    assert (campaign.verdict, campaign.accounts) == ("campaign", HYDRA - 5)
    assert findings.members["account_id"].to_pylist() == people.accounts[: HYDRA - 5]
    carried = set(people.accounts[HYDRA - 5 : HYDRA])
    inside = findings.considered.filter(pc.field("member"))
    assert not carried & set(inside["account_id"].to_pylist())


def test_a_community_that_harvests_is_watched_and_none_of_it_is_named() -> None:
    people = crowd()
    findings = found(people, signals=Community())
    (watch,) = findings.campaigns
    assert (watch.verdict, watch.accounts, watch.operation) == ("watch", HYDRA, 0.0)
    assert watch.suspected_accounts == (0, HYDRA)
    assert not findings.campaign_accounts.any()
    named = {name for table in (findings.members, findings.considered) for name in table["account_id"].to_pylist()}
    assert not named & set(people.accounts[:HYDRA])
    assert findings.indicators.num_rows == 0
    (candidate,) = [candidate for candidate in findings.candidates if candidate.campaign_id]
    assert (candidate.campaign_id, candidate.verdict) == (watch.id, "watch")


def test_a_watch_is_followed_from_the_result_before_too() -> None:
    people = crowd()
    (watch,) = found(people, {"HY-before": set(people.accounts[:HYDRA])}, signals=Community()).campaigns
    assert watch.id == "HY-before"
