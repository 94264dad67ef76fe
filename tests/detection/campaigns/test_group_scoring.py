"""From evidence to a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.crowds import Person, everything_against, evidence, group, operator, population, strangers
from hydrometer.contract.evidence_families import FAMILIES
from hydrometer.contract.settings import CampaignSettings
from hydrometer.detection.campaigns.group_scoring import (
    FAMILY_CAP,
    HARVEST_CAP,
    GroupJudgement,
    ScoringRules,
    build_candidate,
    control_false_discoveries,
    judge_group,
)
from hydrometer.detection.campaigns.score_calibration import FULL, load_calibration

if TYPE_CHECKING:
    from hydrometer.contract.result_records import Evidence
    from hydrometer.detection.population.population import Population

SETTINGS = CampaignSettings()
CALIBRATION = load_calibration()
HYDRA = 20


def crowd(**changes: bool | str) -> Population:
    """Accounts 0 … 19 of an operator, with `changes`, then strangers."""
    rng = np.random.default_rng(1)
    hydra = [Person(sent=p.sent, values=p.values, **changes) for p in operator(rng, HYDRA, name="hydra")]  # type: ignore[arg-type]
    return population([*hydra, *strangers(rng, 150)])


PEOPLE = crowd()


def judged(found: list[Evidence], people: Population = PEOPLE, members: range = range(HYDRA)) -> GroupJudgement:
    one = group(people, members)
    return judge_group(
        one,
        found,
        everything_against(one),
        "a seed",
        ScoringRules(SETTINGS, CALIBRATION, FULL),
    )


HARVEST = evidence("content", 18.0, axis="harvest")


def test_an_operator_has_nothing_against_it_here() -> None:
    assert judged([]).objections == []


def test_families_that_agree_on_a_harvest_make_a_campaign() -> None:
    judgement = judged([evidence("identity", 12.0), evidence("timing", 10.0), HARVEST])
    assert judgement.verdict == "campaign"
    assert judgement.coordination == 22.0
    assert judgement.harvest == 18.0
    assert judgement.probability == pytest.approx(CALIBRATION.probability(22.0, 18.0, FULL), abs=1e-6)
    assert judgement.families == {"identity": 12.0, "timing": 10.0}
    (reason,) = judgement.reasons
    assert "identity, timing" in reason


@pytest.mark.parametrize("family", FAMILIES)
def test_one_family_alone_convicts_nobody(family: str) -> None:
    judgement = judged([evidence(family, 60.0), evidence(family, 60.0), HARVEST])
    assert judgement.probability <= CALIBRATION.one_family
    assert judgement.verdict == "rejected"
    assert any("two independent kinds" in reason for reason in judgement.reasons)


def test_a_second_family_must_say_enough() -> None:
    weak = SETTINGS.family_bits - 0.1
    found = [evidence("identity", 12.0), evidence("timing", weak), evidence("infrastructure", weak), HARVEST]
    assert judged(found).verdict == "rejected"
    assert judged([*found[:2], evidence("infrastructure", SETTINGS.family_bits + 3), HARVEST]).verdict == "campaign"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_gives_no_more_than_its_cap(family: str) -> None:
    judgement = judged([evidence(family, 7.0) for _ in range(9)])
    assert judgement.families == {family: FAMILY_CAP[family]}
    assert judgement.coordination == FAMILY_CAP[family]


def test_no_single_family_reaches_even_odds() -> None:
    assert max(FAMILY_CAP.values()) < CALIBRATION.coordination_middle + 5
    for family, cap in FAMILY_CAP.items():
        assert judged([evidence(family, cap), HARVEST]).probability < SETTINGS.report_probability


def test_a_harvest_has_a_cap_too() -> None:
    assert judged([HARVEST, HARVEST, HARVEST]).harvest == HARVEST_CAP


def test_coordination_without_a_harvest_is_no_campaign() -> None:
    judgement = judged([evidence("identity", 12.0), evidence("timing", 12.0), evidence("infrastructure", 10.0)])
    assert judgement.verdict == "rejected"
    assert any(reason.startswith("Harvest") for reason in judgement.reasons)


def test_a_harvest_without_coordination_is_no_campaign() -> None:
    judgement = judged([HARVEST])
    assert judgement.verdict == "rejected"
    assert any(reason.startswith("Coordination") for reason in judgement.reasons)


ENOUGH = [evidence("identity", 12.0), evidence("timing", 12.0), HARVEST]


def test_who_may_train_on_outputs_is_authorised() -> None:
    assert judged(ENOUGH, crowd(authorised=True)).verdict == "authorised"


def test_accounts_of_one_organisation_are_a_single_customer() -> None:
    assert judged(ENOUGH, crowd(org="one")).verdict == "single_customer"


def test_fewer_organisations_than_a_campaign_needs_are_none() -> None:
    judgement = judged(ENOUGH, members=range(SETTINGS.least_orgs - 1))
    assert judgement.verdict == "rejected"
    assert any("organisations" in reason for reason in judgement.reasons)


def test_what_speaks_against_is_taken_off() -> None:
    judgement = judged(ENOUGH, crowd(verified=True))
    assert "known_customers" in {item.signal for item in judgement.counter_evidence}
    taken = sum(o.evidence.bits for o in judgement.objections if o.axis == "coordination")
    assert judgement.coordination == pytest.approx(24.0 - taken)
    assert judgement.verdict == "rejected"


@given(
    st.lists(st.tuples(st.sampled_from(FAMILIES), st.floats(0, 15), st.booleans()), max_size=8),
    st.tuples(st.sampled_from(FAMILIES), st.floats(0, 15), st.booleans()),
)
@settings(max_examples=60, deadline=None)
def test_more_evidence_never_makes_a_campaign_less_likely(
    found: list[tuple[str, float, bool]], more: tuple[str, float, bool]
) -> None:
    def made(rows: list[tuple[str, float, bool]]) -> list[Evidence]:
        return [evidence(f, bits, axis="harvest" if harvest else "coordination") for f, bits, harvest in rows]

    assert judged(made([*found, more])).probability >= judged(made(found)).probability


P_VALUES = st.lists(st.lists(st.floats(-12, 0), max_size=6), max_size=5)


@given(P_VALUES, st.integers(0, 40))
@settings(max_examples=150, deadline=None)
def test_false_discoveries_are_held_down_as_benjamini_and_yekutieli_do(found: list[list[float]], more: int) -> None:
    """Brute force: every evidence survives whose p is at most that of some rank within its bound."""
    tests = sum(map(len, found)) + more
    rate = 0.01
    p_values = sorted(10.0**p for row in found for p in row)
    harmonic = sum(1 / n for n in range(1, tests + 1)) if tests else 1.0
    within = [p for rank, p in enumerate(p_values, 1) if p <= rate * rank / (max(1, tests) * harmonic)]
    near = [p for rank, p in enumerate(p_values, 1) if 0.8 < p * max(1, tests) * harmonic / (rate * rank) < 1.25]
    kept = control_false_discoveries([[evidence("content", 1.0, log10_p=p) for p in row] for row in found], tests, rate)
    limit = max(within, default=-1.0)
    if near:
        return  # the harmonic sum is approximated: too near to call
    assert [[item.log10_p for item in row] for row in kept] == [[p for p in row if 10.0**p <= limit] for row in found]


def test_the_same_finding_is_worth_less_among_more_tests() -> None:
    found = [[evidence("content", 9.0, log10_p=-4.0)]]
    assert control_false_discoveries(found, 5, 0.01) == found
    assert control_false_discoveries(found, 100_000, 0.01) == [[]]


def test_a_candidate_tells_the_judgement() -> None:
    judgement = judged(ENOUGH)
    candidate = build_candidate(judgement, 7, "HY-1")
    assert (candidate.id, candidate.campaign_id, candidate.verdict) == ("G007", "HY-1", "campaign")
    assert (candidate.accounts, candidate.organisations) == (HYDRA, HYDRA)
    assert candidate.exchanges == sum(len(p.sent) for p in operator(np.random.default_rng(1), HYDRA, name="hydra"))
    assert candidate.reasons == judgement.reasons
    assert candidate.seed == "a seed"
