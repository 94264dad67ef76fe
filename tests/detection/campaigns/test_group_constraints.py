"""Groups keep to what people found of accounts."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.crowds import HYDRA, HydraEvidence, operator, population, strangers
from hydrometer.contract.cases import AccountLabel, Constraint, ConstraintFile
from hydrometer.contract.progress import SilentProgress
from hydrometer.contract.settings import CampaignSettings
from hydrometer.detection.campaigns.campaign_findings import CampaignFindings, PriorKnowledge, find_campaigns
from hydrometer.detection.campaigns.comparison_features import build_comparison_features
from hydrometer.detection.campaigns.group_constraints import (
    CLEARED,
    GroupConstraints,
    build_group_constraints,
    count_agreements,
)
from hydrometer.detection.campaigns.group_scoring import ScoringRules
from hydrometer.detection.campaigns.score_calibration import FULL, load_calibration

if TYPE_CHECKING:
    from hydrometer.detection.campaigns.comparison_features import ComparisonFeatures
    from hydrometer.detection.population.population import Population


@cache
def crowd() -> tuple[Population, ComparisonFeatures]:
    """A hydra of HYDRA accounts among 60 strangers, and their traits."""
    rng = np.random.default_rng(1)
    people = population([*operator(rng, HYDRA, name="hydra"), *strangers(rng, 250, demand=0.002)])
    return people, build_comparison_features(people, []).without_family("content")


def found(
    *constraints: Constraint, earlier: dict[str, set[str]] | None = None
) -> tuple[CampaignFindings, GroupConstraints, list[str]]:
    people, _ = crowd()
    bounds = build_group_constraints(people, ConstraintFile(constraints=constraints), earlier or {})
    findings = find_campaigns(
        people,
        HydraEvidence(),
        ScoringRules(CampaignSettings(), load_calibration(), FULL),
        SilentProgress(),
        PriorKnowledge(earlier or {}, bounds),
    )
    return findings, bounds, findings.members["account_id"].to_pylist()


def test_a_cleared_account_is_never_a_member_and_explain_says_why() -> None:
    accounts = list(crowd()[0].accounts[:HYDRA])
    findings, bounds, members = found(Constraint(kind="cleared", account=accounts[3]))
    assert members == [name for name in accounts if name != accounts[3]]
    assert bounds.counts["accounts cleared by a person"] == 1
    assert not pc.any(pc.equal(findings.members["account_id"], accounts[3])).as_py()
    rows = findings.considered.filter(pc.field("account_id") == accounts[3])
    assert rows.num_rows
    assert not pc.any(rows["member"]).as_py()
    assert any(CLEARED in why for why in rows["reasons"].to_pylist())


def test_a_campaign_of_cleared_accounts_is_none() -> None:
    accounts = list(crowd()[0].accounts[:HYDRA])
    findings, _, members = found(*(Constraint(kind="cleared", account=name) for name in accounts))
    assert findings.campaigns == []
    assert members == []


def test_linked_accounts_go_together_and_those_kept_apart_do_not() -> None:
    accounts = list(crowd()[0].accounts)
    _, bounds, members = found(
        Constraint(kind="must_link", account=accounts[HYDRA], other=accounts[HYDRA + 1]),
        Constraint(kind="must_link", account=accounts[HYDRA + 1], other=accounts[0]),
        Constraint(kind="cannot_link", account=accounts[1], other=accounts[2]),
    )
    assert {accounts[HYDRA], accounts[HYDRA + 1]} < set(members)
    assert len({accounts[1], accounts[2]} & set(members)) == 1
    assert bounds.counts["accounts that a person linked to a member, taken in"] == 2
    assert bounds.counts["members that a person keeps apart from another, left out"] == 1


def test_accounts_are_held_for_and_against_a_campaign_of_the_result_before() -> None:
    accounts = list(crowd()[0].accounts)
    earlier = {"HY-old": set(accounts[:HYDRA]), "HY-other": set(accounts[HYDRA + 5 : HYDRA + 30])}
    findings, bounds, members = found(
        Constraint(kind="cannot_link", account=accounts[4], campaign="HY-old"),
        Constraint(kind="must_link", account=accounts[HYDRA + 2], campaign="HY-old"),
        Constraint(kind="must_link", account=accounts[HYDRA + 3], campaign="HY-other"),
        Constraint(kind="cannot_link", account=accounts[5], campaign="HY-gone"),
        Constraint(kind="cleared", account="nobody"),
        earlier=earlier,
    )
    assert [campaign.id for campaign in findings.campaigns] == ["HY-old"]
    assert accounts[4] not in members
    assert accounts[HYDRA + 2] in members
    assert accounts[HYDRA + 3] not in members
    assert bounds.counts["constraints on accounts or campaigns that are not here"] == 2


@pytest.mark.parametrize("kind", ["must_link", "cannot_link"])
def test_without_constraints_nothing_changes(kind: str) -> None:
    accounts = list(crowd()[0].accounts)
    far = Constraint(kind=kind, account=accounts[HYDRA + 7], other=accounts[HYDRA + 8])  # type: ignore[arg-type]
    assert found(far)[2] == found()[2] == accounts[:HYDRA]


def test_what_was_found_is_held_against_labels() -> None:
    labels = [
        AccountLabel(account=name, campaign=campaign, operator=operator)
        for name, campaign, operator in (
            ("a", "1", True),
            ("b", "1", True),
            ("c", "1", False),
            ("c", "2", True),
            ("d", "1", False),
        )
    ]
    assert count_agreements(ConstraintFile(labels=tuple(labels)), {"a", "d", "e"}) == {
        "accounts that a person found an operator's: members": 1,
        "accounts that a person found an operator's: not members, or not here": 2,
        "accounts that a person found honest: members all the same": 1,
    }


PAIRS = st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)).filter(lambda pair: pair[0] != pair[1]), max_size=6)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 39), max_size=5), PAIRS, PAIRS, st.integers(0, 2**32))
def test_groups_keep_to_every_constraint(
    cleared: list[int], together: list[tuple[int, int]], apart: list[tuple[int, int]], seed: int
) -> None:
    people, traits = crowd()
    mask = np.zeros(people.size, dtype=np.bool_)
    mask[cleared] = True
    bounds = GroupConstraints(mask, together=together, apart=apart)
    owner = np.random.default_rng(seed).integers(0, 3, people.size)
    groups = [(owner == n) & (np.arange(people.size) < 45) for n in range(2)]
    kept = bounds.apply(traits, groups)
    assert not np.any(np.logical_and.reduce(kept))
    for members in kept:
        assert not np.any(members & mask)
        assert not any(members[one] and members[other] for one, other in apart)
    if not apart:
        for one, other in together:
            free = not any(g[one] for g in kept) or not any(g[other] for g in kept)
            assert mask[one] or mask[other] or not free or not any(g[one] or g[other] for g in kept)
