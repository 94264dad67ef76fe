"""Where the case against a campaign or an account is weakest."""

from __future__ import annotations

from fixtures.campaign_builders import PLANS, campaign
from hydrometer.contract.evidence_families import FAMILIES
from hydrometer.report.result.appeal_advice import INNOCENT, advise_appeal, describe_weak_points


def test_every_family_has_an_innocent_owner() -> None:
    assert set(INNOCENT) == set(FAMILIES)


def test_a_case_on_one_family_is_called_that_and_one_on_none_too() -> None:
    bits = dict.fromkeys(FAMILIES, 0.0)
    assert advise_appeal(bits | {"timing": 5.0})[0].startswith("the case rests on timing alone (100 % of its bits)")
    assert advise_appeal(bits) == ["the account itself shows no evidence of its own: it is in by its neighbours only"]


def test_the_strongest_family_is_taken_away_and_doubtful_members_are_counted() -> None:
    points = describe_weak_points(campaign(PLANS[0]).evidence, [0.99, 0.7])
    assert points[0].startswith("without content, its strongest family")
    assert points[1].startswith("1 of 2 members are under 80 % likely")
