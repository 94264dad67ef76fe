"""From evidence to a verdict."""

from __future__ import annotations

from dataclasses import replace as replace_population
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from msgspec.structs import replace as replace_fields

from fixtures.crowds import Person, demands, everything_against, evidence, group, operator, population, strangers
from hydrometer.contract.result_records import CounterEvidence
from hydrometer.contract.settings import CampaignSettings
from hydrometer.detection.campaigns.counter_evidence import Objection
from hydrometer.detection.campaigns.group_scoring import (
    AUTOMATION,
    CAUSE_CAP,
    HARVEST_CAP,
    INSTITUTION,
    LEAST_INSTITUTION,
    MADE,
    MAKER,
    OTHER_CAP,
    PLAIN_DEMANDS,
    SUPPORTED,
    GroupJudgement,
    ScoringRules,
    bound_probability,
    build_candidate,
    compute_attainable_bits,
    control_false_discoveries,
    judge_group,
    weigh_evidence,
)
from hydrometer.detection.campaigns.score_calibration import FULL, load_calibration
from hydrometer.detection.signals.signal import find_signals

if TYPE_CHECKING:
    from hydrometer.contract.result_records import Evidence
    from hydrometer.detection.population.population import Population

SETTINGS = CampaignSettings()
CALIBRATION = load_calibration()
RULES = ScoringRules(SETTINGS, CALIBRATION, FULL)
HYDRA = 20


def crowd(**changes: bool | str) -> Population:
    """Accounts 0 … 19 of an operator, with `changes`, then strangers."""
    rng = np.random.default_rng(1)
    hydra = [Person(sent=p.sent, values=p.values, **changes) for p in operator(rng, HYDRA, name="hydra")]  # type: ignore[arg-type]
    return population([*hydra, *strangers(rng, 150)])


PEOPLE = crowd()


def judged(found: list[Evidence], people: Population = PEOPLE, members: range = range(HYDRA)) -> GroupJudgement:
    one = group(people, members)
    return judge_group(one, found, everything_against(one), "a seed", RULES)


HARVEST = demands(18.0)
OPERATING = ("one work queue", "one pool of exits", "one quota", "made for it")
"""Causes that only one hand explains, the supported ones among them."""
AFFILIATING = tuple(cause for cause in CAUSE_CAP if cause not in OPERATING)
"""Causes that belonging together explains."""


def affiliation(cause: str, bits: float) -> Evidence:
    return evidence(cause, bits)


def operation(cause: str, bits: float) -> Evidence:
    return evidence(cause, bits, kind="operation", family="timing")


ENOUGH = [affiliation("one payer", 12.0), operation("one work queue", 12.0), HARVEST]


def test_an_operator_has_nothing_against_it_here() -> None:
    assert judged([]).objections == []


def test_causes_that_agree_on_a_harvest_by_one_hand_make_a_campaign() -> None:
    judgement = judged([affiliation("one payer", 12.0), operation("one work queue", 10.0), HARVEST])
    assert judgement.verdict == "campaign"
    assert (judgement.coordination, judgement.operation, judgement.harvest) == (22.0, 10.0, 18.0)
    expected = (
        CALIBRATION.coordination_probability(22.0, FULL)
        * CALIBRATION.operation_probability(10.0, FULL)
        * CALIBRATION.harvest_probability(18.0)
    )
    assert judgement.likelihood == pytest.approx(CALIBRATION.raise_to_least(expected, FULL), abs=1e-6)
    assert judgement.probability == judgement.likelihood
    assert judgement.causes == {"one payer": 12.0, "one work queue": 10.0}
    (reason,) = judgement.reasons
    assert "one payer, one work queue" in reason


@given(st.lists(st.tuples(st.sampled_from([*AFFILIATING, "a plug-in's"]), st.floats(0, 60)), max_size=12))
@settings(max_examples=80)
def test_belonging_together_however_tightly_convicts_nobody(found: list[tuple[str, float]]) -> None:
    judgement = judged([*(affiliation(cause, bits) for cause, bits in found), HARVEST, HARVEST])
    assert judgement.verdict in ("watch", "rejected")
    assert judgement.operation == 0.0
    assert judgement.probability < SETTINGS.report_probability


def test_a_community_that_harvests_is_watched() -> None:
    """A course with one supplier, one site and one tool: all of affiliation at its most, and a harvest."""
    judgement = judged([*(affiliation(cause, 60.0) for cause in AFFILIATING), HARVEST])
    assert judgement.verdict == "watch"
    assert any(reason.startswith("Operation 0.0 bits") for reason in judgement.reasons)


def test_operation_short_of_what_is_asked_for_whatever_else_agrees_is_watched() -> None:
    tight = [affiliation(cause, 60.0) for cause in AFFILIATING]
    short, enough = SETTINGS.operation_bits - 0.1, SETTINGS.operation_bits + 3.0
    doubted = judged([*tight, operation("one work queue", short), HARVEST])
    assert doubted.verdict == "watch"
    # The evidence alone would convict; what is reported is how often such groups were an operator's.
    assert doubted.likelihood >= SETTINGS.report_probability > doubted.probability == CALIBRATION.doubted
    assert judged([*tight, operation("one work queue", enough), HARVEST]).verdict == "campaign"


def test_accounts_that_a_machine_operates_each_by_itself_and_that_harvest_are_watched() -> None:
    judgement = judged([operation("one work queue", 12.0), HARVEST])
    assert judgement.verdict == "watch"
    assert judgement.probability <= CALIBRATION.one_cause


@pytest.mark.parametrize("cause", OPERATING + AFFILIATING)
def test_one_cause_alone_convicts_nobody(cause: str) -> None:
    kind = operation if cause in OPERATING else affiliation
    judgement = judged([kind(cause, 60.0), kind(cause, 60.0), HARVEST])
    assert judgement.probability <= CALIBRATION.one_cause
    assert judgement.verdict != "campaign"
    assert any("two independent causes" in reason for reason in judgement.reasons)


def test_a_second_cause_must_say_enough() -> None:
    weak = SETTINGS.cause_bits - 0.1
    exits = operation("one pool of exits", 12.0)
    found = [exits, affiliation("one tool", weak), affiliation("one site", weak), HARVEST]
    assert judged(found).verdict != "campaign"
    assert judged([*found[:2], affiliation("one site", SETTINGS.cause_bits + 3), HARVEST]).verdict == "campaign"


@pytest.mark.parametrize("cause", [*CAUSE_CAP, "a plug-in's"])
def test_a_cause_gives_no_more_than_its_cap(cause: str) -> None:
    beside = [affiliation(other, 60.0) for other in SUPPORTED.get(cause, {})]
    weight = weigh_evidence([*(affiliation(cause, 7.0) for _ in range(9)), *beside])
    assert weight.causes[cause] == CAUSE_CAP.get(cause, OTHER_CAP)


@given(st.integers(1, 6), st.floats(0, 15))
@settings(max_examples=40)
def test_one_fact_that_several_families_show_counts_once(families: int, bits: float) -> None:
    """Joining together brings sign-ups in one hour and first use in one hour: two families, one cause, one bound."""
    names = ("identity", "timing", "infrastructure", "content", "economics", "intelligence")[:families]
    weight = weigh_evidence([evidence("joined together", bits, family=family) for family in names])
    assert weight.causes == {"joined together": pytest.approx(min(CAUSE_CAP["joined together"], families * bits))}
    assert len(RULES.list_agreeing_causes(weight)) <= 1
    assert weight.coordination <= CAUSE_CAP["joined together"]


def test_a_signal_without_a_cause_is_its_own() -> None:
    first, second = (replace(evidence("", 5.0), signal=name) for name in ("one", "two"))
    assert weigh_evidence([first, second]).causes == {"one": 5.0, "two": 5.0}


def test_no_single_cause_reaches_even_odds() -> None:
    assert max(CAUSE_CAP.values()) < CALIBRATION.coordination_middle + 5
    for cause, cap in CAUSE_CAP.items():
        kind = operation if cause in OPERATING else affiliation
        assert judged([kind(cause, cap), HARVEST]).probability < SETTINGS.report_probability


@pytest.mark.parametrize("cause", SUPPORTED)
def test_quotas_and_one_purpose_count_beside_what_ties_the_accounts_only(cause: str) -> None:
    """Equal loads may be the limit of a plan, and one purpose that of a public tool."""
    alone = [operation(cause, 60.0), affiliation("joined together", 60.0), affiliation("one tool", 60.0), HARVEST]
    judgement = judged(alone)
    assert cause not in judgement.causes
    assert judgement.operation == 0.0
    assert not [item for item in judgement.evidence if item.cause == cause], "shown as if it counted"
    assert judgement.verdict != "campaign"
    for other, least in SUPPORTED[cause].items():
        short = weigh_evidence([operation(cause, 60.0), affiliation(other, least - 0.1)])
        assert (short.operation, cause in short.causes) == (0.0, False)
        enough = weigh_evidence([operation(cause, 60.0), affiliation(other, least)])
        assert enough.operation == enough.causes[cause] == CAUSE_CAP[cause]


@pytest.mark.parametrize("cause", SUPPORTED)
def test_staff_and_classes_have_equal_loads_and_one_purpose_whoever_pays_for_them(cause: str) -> None:
    """Where the accounts may be an institution's people, neither speaks of a hand; a queue does all the same."""
    beside = [operation(cause, 60.0), affiliation(MAKER, 60.0)]
    institution = affiliation(INSTITUTION, LEAST_INSTITUTION)
    assert weigh_evidence(beside).operation == CAUSE_CAP[cause]
    assert weigh_evidence([*beside, affiliation(INSTITUTION, LEAST_INSTITUTION - 0.1)]).operation == CAUSE_CAP[cause]
    assert weigh_evidence([*beside, institution]).operation == 0.0
    assert weigh_evidence([*beside, institution, operation("one work queue", 9.0)]).operation == 9.0


@pytest.mark.parametrize("other", ["one site", "one payer", "joined together", "one tool"])
def test_one_purpose_does_not_count_beside_what_an_employer_or_a_course_explains(other: str) -> None:
    """A firm pays its staff's course: one card batch, one office, one start day, and nothing but exercises."""
    weight = weigh_evidence([operation("made for it", 60.0), affiliation(other, 60.0)])
    assert weight.operation == 0.0


@pytest.mark.parametrize("signal", AUTOMATION)
def test_a_machine_behind_each_account_is_not_one_machine_behind_all(signal: str) -> None:
    """An automated course: accounts without sittings that joined together, in one office, paid by one firm."""
    automated = replace_fields(operation("one work queue", 12.0), signal=signal)
    tight = [affiliation(cause, 60.0) for cause in AFFILIATING if cause not in (MAKER, INSTITUTION)]
    judgement = judged([*tight, automated, HARVEST])
    assert judgement.verdict == "watch"
    assert any("nothing shows that the same hand" in reason for reason in judgement.reasons)
    assert judged([*tight, automated, affiliation(MAKER, 8.0), HARVEST]).verdict == "campaign"
    assert judged([*tight, automated, operation("one pool of exits", 9.0), HARVEST]).verdict == "campaign"


def test_a_harvest_has_a_cap_too() -> None:
    assert judged([HARVEST, HARVEST, HARVEST]).harvest == HARVEST_CAP


def test_coordination_without_a_harvest_is_no_campaign() -> None:
    judgement = judged([*ENOUGH[:2], operation("one pool of exits", 10.0)])
    assert judgement.verdict == "rejected"
    assert any(reason.startswith("Harvest") for reason in judgement.reasons)


def test_a_harvest_without_coordination_is_no_campaign() -> None:
    judgement = judged([HARVEST])
    assert judgement.verdict == "rejected"
    assert any(reason.startswith("Coordination") for reason in judgement.reasons)


def test_how_a_model_is_used_says_nothing_where_nobody_knows_what_is_asked() -> None:
    used = evidence("one_way", 9.0, family="economics", axis="harvest")
    leaning = demands(9.0, signal="leaning")
    assert weigh_evidence([used]).harvest == 0.0
    assert weigh_evidence([used, leaning]).harvest == 9.0
    assert weigh_evidence([used, HARVEST]).harvest == HARVEST_CAP


def test_vague_demands_are_watched_however_sure_the_rest_is() -> None:
    coordinated = [affiliation("one payer", 12.0), operation("one work queue", 12.0)]
    vague = judged([*coordinated, demands(18.0, signal="leaning")])
    assert vague.likelihood >= SETTINGS.report_probability
    assert vague.verdict == "watch"
    assert any("vaguely" in reason for reason in vague.reasons)
    for plain in PLAIN_DEMANDS:
        assert judged([*coordinated, demands(18.0, signal=plain)]).verdict == "campaign"


def test_a_small_group_without_organisations_known_is_watched() -> None:
    """Its accounts may be the keys of one customer; a large one is not."""
    unknown = replace_population(PEOPLE, columns=PEOPLE.columns - {"accounts.org_id"})
    judgement = judged(ENOUGH, unknown)
    assert judgement.verdict == "watch"
    assert any("keys of one customer" in reason for reason in judgement.reasons)
    assert judged(ENOUGH).verdict == "campaign"
    rng = np.random.default_rng(1)
    many = SETTINGS.least_accounts_without_orgs
    crowd = population([*operator(rng, many, name="hydra"), *strangers(rng, 150)])
    crowd = replace_population(crowd, columns=crowd.columns - {"accounts.org_id"})
    assert judged(ENOUGH, crowd, range(many)).verdict == "campaign"
    assert judged(ENOUGH, crowd, range(many - 1)).verdict == "watch"


@pytest.mark.parametrize("made", MADE)
def test_a_queue_over_accounts_that_nothing_shows_to_be_made_for_it_is_watched(made: str) -> None:
    """A service may work its customers' own accounts from one queue: they have lives of their own."""
    queue = [operation("one work queue", 12.0), affiliation("one site", 8.0), affiliation("one tool", 4.0), HARVEST]
    lived_in = judged([*queue, affiliation(made, MADE[made] - 0.1)])
    assert lived_in.likelihood >= SETTINGS.report_probability
    assert lived_in.verdict == "watch"
    assert any("a service may work its customers' own accounts" in reason for reason in lived_in.reasons)
    assert judged([*queue, affiliation(made, MADE[made])]).verdict == "campaign"
    assert judged([*queue, operation("one pool of exits", 5.0)]).verdict == "campaign"


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
    assert judgement.verdict != "campaign"


def test_what_an_objection_explains_is_worth_nothing() -> None:
    """An event explains that nobody sits down twice, and leaves the exits as they are."""
    event = Objection(CounterEvidence(signal="short_event", statement="An event."), "operation", ("no_sittings",))
    sittings = replace(operation("one work queue", 9.0), signal="no_sittings")
    paced = replace(operation("one work queue", 4.0), signal="paced_stream")
    exits = operation("one pool of exits", 9.0)
    assert weigh_evidence([sittings, exits]).operation == 18.0
    assert weigh_evidence([sittings, exits], [event]).operation == 9.0
    assert weigh_evidence([sittings, paced, exits], [event]).operation == 13.0


def test_no_evidence_of_signals_that_did_not_run_exceeds_the_bound() -> None:
    signals = [signal for signal in find_signals() if signal.costly]
    assert signals
    found = [affiliation("one payer", 9.0), operation("one work queue", 9.0)]
    bound = bound_probability(found, signals, RULES)
    most = [
        replace(evidence(signal.cause, signal.cap, kind=signal.kind, axis=signal.axis), signal=signal.name)
        for signal in signals
    ]
    for chosen in range(2 ** len(most)):
        some = [item for at, item in enumerate(most) if chosen >> at & 1]
        assert RULES.estimate_probability(weigh_evidence([*found, *some])) <= bound + 1e-12


def test_a_cause_of_which_half_the_signals_are_off_gives_half_its_cap() -> None:
    every = [("one payer", 8.0), ("one payer", 8.0), ("one site", 10.0)]
    assert compute_attainable_bits(every, every) == CAUSE_CAP["one payer"] + CAUSE_CAP["one site"]
    assert compute_attainable_bits(every[1:], every) == CAUSE_CAP["one payer"] / 2 + CAUSE_CAP["one site"]
    assert compute_attainable_bits([], every) == 0.0


ROW = st.tuples(st.sampled_from([*(set(CAUSE_CAP) - {INSTITUTION}), "a plug-in's"]), st.floats(0, 15), st.booleans())


@given(st.lists(ROW, max_size=8), ROW)
@settings(max_examples=60)
def test_more_evidence_never_makes_a_campaign_less_likely(
    found: list[tuple[str, float, bool]], more: tuple[str, float, bool]
) -> None:
    def made(rows: list[tuple[str, float, bool]]) -> list[Evidence]:
        return [
            demands(bits) if harvest else (operation if cause in OPERATING else affiliation)(cause, bits)
            for cause, bits, harvest in rows
        ]

    # Of a watch the evidence alone: what is reported of it is how often such groups were an operator's.
    assert judged(made([*found, more])).likelihood >= judged(made(found)).likelihood


P_VALUES = st.lists(st.lists(st.floats(-12, 0), max_size=6), max_size=5)


@given(P_VALUES, st.integers(0, 40))
@settings(max_examples=150)
def test_false_discoveries_are_held_down_as_benjamini_and_yekutieli_do(found: list[list[float]], more: int) -> None:
    """Brute force: every evidence survives whose p is at most that of some rank within its bound."""
    tests = sum(map(len, found)) + more
    rate = 0.01
    p_values = sorted(10.0**p for row in found for p in row)
    harmonic = sum(1 / n for n in range(1, tests + 1)) if tests else 1.0
    within = [p for rank, p in enumerate(p_values, 1) if p <= rate * rank / (max(1, tests) * harmonic)]
    near = [p for rank, p in enumerate(p_values, 1) if 0.8 < p * max(1, tests) * harmonic / (rate * rank) < 1.25]
    kept = control_false_discoveries(
        [[evidence("one tool", 1.0, log10_p=p) for p in row] for row in found], tests, rate
    )
    limit = max(within, default=-1.0)
    if near:
        return  # the harmonic sum is approximated: too near to call
    assert [[item.log10_p for item in row] for row in kept] == [[p for p in row if 10.0**p <= limit] for row in found]


def test_the_same_finding_is_worth_less_among_more_tests() -> None:
    found = [[evidence("one tool", 9.0, log10_p=-4.0)]]
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
    assert (candidate.coordination, candidate.operation, candidate.harvest) == (24.0, 12.0, 18.0)
