"""Why a campaign is one, and why an account is in it or not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyarrow.compute as pc
import pytest

from hydrometer import api
from hydrometer.contract.errors import InputError

if TYPE_CHECKING:
    from fixtures.detected_worlds import Labelled, Outcome
    from hydrometer.report.explanation import Explanation


def section(explanation: Explanation, begins: str) -> list[str]:
    """Statements under the heading that begins so."""
    (found,) = [section.items for section in explanation.sections if section.title.startswith(begins)]
    return found


def test_of_a_member(small_outcome: Outcome) -> None:
    ((name, members),) = small_outcome.groups.items()
    account = min(members)
    explanation = api.explain(small_outcome.out, campaign=None, account=account)
    (row,) = small_outcome.read().members.filter(pc.field("account_id") == account).to_pylist()
    assert explanation.subject == "account"
    assert explanation.verdict.startswith(f"Member of campaign {name}")
    assert explanation.probability == row["probability"]
    told = section(explanation, f"Why it is in {name}")
    assert told[: len(row["reasons"])] == row["reasons"]
    assert len(row["reasons"]) >= 2
    assert f"{row['harvested']:,} of {row['exchanges']:,} exchanges harvested" in told[-1]


def test_of_hobbyists_who_ask_alike_and_are_no_members(small: Labelled, small_outcome: Outcome) -> None:
    """None of them pays with a card of the operator's, and the explanation says so."""
    considered = set(small_outcome.read().considered["account_id"].to_pylist())
    hobbyists = sorted(set(small.of_kind("hobbyist")) & considered)
    assert hobbyists
    for account in hobbyists:
        explanation = api.explain(small_outcome.out, campaign=None, account=account)
        assert explanation.verdict.startswith("Member of no campaign")
        assert explanation.probability is not None
        assert explanation.probability < 0.5
        why = section(explanation, "Why not")
        (against,) = [told for told in why if "card" in told]
        assert re.match(r"(differs: )?not ", against)


def test_of_an_account_that_is_in_no_group(small_outcome: Outcome) -> None:
    explanation = api.explain(small_outcome.out, campaign=None, account="who-is-this")
    assert explanation.verdict == "Never in any candidate group."
    assert explanation.probability is None
    with pytest.raises(InputError):
        api.explain(small_outcome.out, campaign=None, account="")


def test_of_a_campaign(small_outcome: Outcome) -> None:
    (campaign,) = small_outcome.campaigns
    explanation = api.explain(small_outcome.out, campaign=campaign.id, account=None)
    assert explanation.probability == campaign.probability
    assert f"{campaign.accounts:,} accounts harvested {campaign.harvested:,} exchanges" in explanation.verdict
    families = {item.family for item in campaign.evidence if item.axis == "coordination"}
    assert len(families) >= 2
    for family in families:
        assert any(line.startswith(f"{family} ") for line in section(explanation, "Why it is a campaign"))
    assert section(explanation, "What speaks against it")
    assert not [line for line in explanation.lines() if "None" in line or "nan" in line.split()]


def test_of_a_group_that_was_let_go(small_outcome: Outcome) -> None:
    rejected = [candidate for candidate in small_outcome.read().candidates if candidate.verdict != "campaign"]
    assert rejected
    for candidate in rejected:
        explanation = api.explain(small_outcome.out, campaign=candidate.id, account=None)
        assert explanation.verdict.startswith("No campaign")
        assert section(explanation, "Why it is no campaign") == candidate.reasons
        assert candidate.reasons


def test_of_a_campaign_that_is_not_there(small_outcome: Outcome) -> None:
    (name,) = small_outcome.groups
    with pytest.raises(InputError, match=name):
        api.explain(small_outcome.out, campaign=name[:-1], account=None)
