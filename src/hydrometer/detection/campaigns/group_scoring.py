"""From evidence to a verdict: false discoveries held down, causes combined, operation required.

Evidence of one cause is not added without limit: joining together brings sign-up bursts and synchronous first use, and both are one
fact. Coordination is of two kinds. Affiliation is what belonging together explains: one employer, one course, one tool, one supplier.
Operation is what only one hand explains. A campaign needs both axes and operation: coordination without harvest is a class or an agency, harvest
without coordination is a tool in many hands, and both without operation are a community, of which nobody is accused.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract import CandidateGroup, CounterEvidence, Evidence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hydrometer.contract import CampaignSettings
    from hydrometer.detection.campaigns.counter_evidence import Objection
    from hydrometer.detection.campaigns.score_calibration import ScoreCalibration
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.signals.signal import Signal

CAUSE_CAP = {
    "one work queue": 12.0,
    "one pool of exits": 12.0,
    "one quota": 7.0,
    "made for it": 7.0,
    "one payer": 12.0,
    "one maker of accounts": 8.0,
    "one site": 8.0,
    "one institution": 8.0,
    "joined together": 7.0,
    "habits of use": 5.0,
    "one tool": 4.0,
}
"""Most bits that evidence of one cause may give together: what has one cause counts once."""
SUPPORTED = {
    "one quota": {"one maker of accounts": 5.0, "one payer": 5.0, "one site": 5.0},
    "made for it": {"one maker of accounts": 4.0},
}
"""Causes that count, and as operation, only beside one of others with so many bits: equal loads may be the limit of a plan, and one
purpose that of a course, whoever pays for it."""
MADE = {"one maker of accounts": 4.0, "one payer": 5.0, "joined together": 3.0}
"""Bits from which accounts were made, or began, for what they are used for."""
AUTOMATION = ("no_sittings", "single_purpose")
"""Signals of operation that each account shows by itself: a machine works it, or it has one purpose. That it is one hand's must be told by
others."""
LEAST_HAND = 3.0
"""Bits from which one of those others tells it."""
MAKER = "one maker of accounts"
INSTITUTION = "one institution"
LEAST_INSTITUTION = 4.0
"""Bits from which accounts may be an institution's people: staff and classes have equal loads and single purposes, whoever pays for them."""
PLAIN_DEMANDS = ("elicitation", "search_phase")
"""Signals that tell plainly what is asked of the model."""
OTHER_CAP = 8.0
"""The same of a cause that is not listed: a plug-in's."""
HARVEST_CAP = 20.0


@dataclass(frozen=True, slots=True)
class GroupWeight:
    """Bits of a group by axis, and by cause of its coordination."""

    causes: dict[str, float]
    """Bits of each cause of coordination, bounded."""
    coordination: float
    operation: float
    """Of the coordination, what only one hand explains."""
    harvest: float
    asks: bool
    """Whether it is known plainly what is asked of the model."""
    operating: frozenset[str]
    """Causes of operation."""
    hand: float
    """Most bits of one signal that tells one hand, and not only that each account is worked by a machine."""


@dataclass(frozen=True)
class ScoringRules:
    """By what evidence becomes a probability and a verdict."""

    settings: CampaignSettings
    calibration: ScoreCalibration
    attainable: float
    """Most bits of coordination that the signals that are on can give."""

    def estimate_probability(self, weight: GroupWeight) -> float:
        """Return the probability of a campaign."""
        calibration = self.calibration
        probability = calibration.raise_to_least(
            self.estimate_affiliated_harvest(weight)
            * calibration.operation_probability(weight.operation, self.attainable),
            self.attainable,
        )
        return probability if len(self.list_agreeing_causes(weight)) >= 2 else min(probability, calibration.one_cause)

    def estimate_affiliated_harvest(self, weight: GroupWeight) -> float:
        """Return the probability that a group harvests together, whoever operates it."""
        return self.calibration.coordination_probability(
            weight.coordination, self.attainable
        ) * self.calibration.harvest_probability(weight.harvest)

    def estimate_operated_harvest(self, weight: GroupWeight) -> float:
        """Return the probability that accounts which harvest are operated by machines, whether together or each by itself."""
        return self.calibration.operation_probability(
            weight.operation, self.attainable
        ) * self.calibration.harvest_probability(weight.harvest)

    def list_agreeing_causes(self, weight: GroupWeight) -> list[str]:
        """Return the causes of coordination that count towards the two that must agree."""
        return [cause for cause, bits in weight.causes.items() if bits >= self.settings.cause_bits]


@dataclass(frozen=True, slots=True)
class GroupJudgement:
    """The weighed evidence on one group, and the verdict."""

    group: AccountGroup
    seed: str
    evidence: list[Evidence]
    objections: list[Objection]
    causes: dict[str, float]
    coordination: float
    operation: float
    harvest: float
    likelihood: float
    """Probability of a campaign by the evidence alone."""
    probability: float
    """The same, bounded where a doubt remains."""
    verdict: str
    reasons: list[str]

    @property
    def counter_evidence(self) -> list[CounterEvidence]:
        """The objections as the record of a campaign holds them."""
        return [objection.evidence for objection in self.objections]


def judge_group(
    group: AccountGroup,
    evidence: list[Evidence],
    objections: list[Objection],
    seed: str,
    rules: ScoringRules,
) -> GroupJudgement:
    """Weigh one group's evidence and the objections to it."""
    weight = weigh_evidence(evidence, objections)
    # What counts only beside other evidence, and stands alone, is not shown as if it counted.
    evidence = [item for item in evidence if item.axis == "harvest" or (item.cause or item.signal) in weight.causes]
    likelihood = rules.estimate_probability(weight)
    verdict, reasons = _decide_verdict(group, weight, likelihood, rules)
    probability = min(likelihood, rules.calibration.doubted) if verdict == "watch" else likelihood
    return GroupJudgement(
        group=group,
        seed=seed,
        evidence=sorted(evidence, key=lambda item: (item.axis, -item.bits, item.signal)),
        objections=sorted(objections, key=lambda o: (-o.evidence.bits, o.evidence.signal)),
        causes=weight.causes,
        coordination=round(max(0.0, weight.coordination), 3),
        operation=round(max(0.0, weight.operation), 3),
        harvest=round(max(0.0, weight.harvest), 3),
        likelihood=round(likelihood, 6),
        probability=round(probability, 6),
        verdict=verdict,
        reasons=reasons,
    )


def weigh_evidence(evidence: Iterable[Evidence], objections: Iterable[Objection] = ()) -> GroupWeight:
    """Sum evidence by cause and axis, each cause bounded, and take off what speaks against it."""
    evidence, objections = list(evidence), list(objections)
    explained = {signal for objection in objections for signal in objection.explains}
    # How the model is used says what for only where it is known what is asked: many write long articles.
    is_plain = any(item.signal in PLAIN_DEMANDS for item in evidence)
    causes: dict[str, float] = {}
    operating: set[str] = set()
    hand = harvest = 0.0
    for item in evidence:
        cause = item.cause or item.signal
        if item.axis == "harvest":
            harvest += item.bits if item.family == "content" or is_plain else 0.0
        else:
            causes[cause] = causes.get(cause, 0.0) + (0.0 if item.signal in explained else item.bits)
            if item.kind == "operation":
                operating.add(cause)
    bounded = {cause: min(bits, _find_cap(cause)) for cause, bits in sorted(causes.items())}
    bounded = {cause: bits for cause, bits in bounded.items() if _is_supported(cause, bounded)}
    for item in evidence:
        counts = (item.cause or item.signal) in bounded and item.signal not in explained
        if item.kind == "operation" and item.signal not in AUTOMATION and counts:
            hand = max(hand, item.bits)
    against = {"coordination": 0.0, "harvest": 0.0}
    for objection in objections:
        if objection.axis in against:
            against[objection.axis] += objection.evidence.bits
    return GroupWeight(
        causes=bounded,
        coordination=sum(bounded.values()) - against["coordination"],
        operation=sum(bits for cause, bits in bounded.items() if cause in operating),
        harvest=min(HARVEST_CAP, harvest) - against["harvest"],
        asks=is_plain,
        hand=hand,
        operating=frozenset(cause for cause in bounded if cause in operating and bounded[cause] > 0),
    )


def _is_supported(cause: str, causes: dict[str, float]) -> bool:
    needed = SUPPORTED.get(cause)
    if needed is None:
        return True
    supported = any(causes.get(other, 0.0) >= least for other, least in needed.items())
    return supported and causes.get(INSTITUTION, 0.0) < LEAST_INSTITUTION


def _find_cap(cause: str) -> float:
    return CAUSE_CAP.get(cause, OTHER_CAP)


def bound_probability(
    evidence: list[Evidence],
    untested: Iterable[Signal],
    rules: ScoringRules,
) -> float:
    """Return the probability of a group that no evidence of signals which did not run yet can exceed.

    Args:
        evidence: what the other signals gave.
        untested: the signals that did not run.
    """
    most = [
        Evidence(
            family=signal.family,
            signal=signal.name,
            statement="",
            statistic=0.0,
            null="",
            p_value=0.0,
            log10_p=0.0,
            bits=signal.cap,
            axis=signal.axis,
            kind=signal.kind,
            cause=signal.cause,
        )
        for signal in untested
    ]
    weight = weigh_evidence([*evidence, *most])
    return max(
        rules.estimate_probability(weight),
        rules.estimate_affiliated_harvest(weight),
        rules.estimate_operated_harvest(weight),
    )


def _decide_verdict(
    group: AccountGroup, weight: GroupWeight, probability: float, rules: ScoringRules
) -> tuple[str, list[str]]:
    """Return the verdict on a group, and the reasons in words."""
    settings, calibration = rules.settings, rules.calibration
    if float(np.mean(group.population.authorised[group.accounts])) > 0.5:
        return "authorised", ["These customers may train on outputs: their agreement says so."]
    if group.size < 2:
        return "single_customer", [
            "All accounts belong to one declared organisation: one customer's use, not a network."
        ]
    agreeing = rules.list_agreeing_causes(weight)
    reasons = []
    if probability >= settings.report_probability and group.size >= settings.least_orgs:
        reasons = _list_doubts(group, weight, settings)
        if not reasons:
            return "campaign", [f"{len(agreeing)} independent causes agree: {', '.join(agreeing)}."]
        return "watch", reasons
    if len(agreeing) < 2:
        shown = agreeing[0] if agreeing else "no cause"
        reasons.append(f"Fewer than two independent causes for one hand: {shown} alone.")
    for name, bits, needed in (
        ("Coordination", weight.coordination, calibration.middle(rules.attainable)),
        ("Operation", weight.operation, calibration.operation_bound(rules.attainable)),
        ("Harvest", weight.harvest, calibration.harvest_middle),
    ):
        if bits < needed:
            reasons.append(f"{name} {max(0.0, bits):.1f} bits; {needed:.1f} are needed for even odds.")
    if group.size < settings.least_orgs:
        return "rejected", [*reasons, f"Only {group.size} organisations."]
    suspected = max(rules.estimate_affiliated_harvest(weight), rules.estimate_operated_harvest(weight))
    if suspected >= settings.report_probability:
        return "watch", reasons
    return "rejected", reasons or ["The evidence is short of even odds."]


def _list_doubts(group: AccountGroup, weight: GroupWeight, settings: CampaignSettings) -> list[str]:
    """Return why a group that is likelier a campaign than not is watched only."""
    doubts = []
    if weight.operation < settings.operation_bits:
        doubts.append(
            f"Operation {max(0.0, weight.operation):.1f} bits; {settings.operation_bits:.1f} are needed whatever else agrees: "
            "belonging together convicts nobody."
        )
    operating = weight.operating
    if operating == {"one work queue"} and all(weight.causes.get(made, 0.0) < least for made, least in MADE.items()):
        doubts.append(
            "One queue works accounts that nothing shows to have been made for it, or to begin together: a service may work its "
            "customers' own accounts so."
        )
    if weight.hand < LEAST_HAND and weight.causes.get(MAKER, 0.0) < MADE[MAKER]:
        doubts.append(
            "Each account is worked by a machine, or for one purpose, and nothing shows that the same hand works them: an automated "
            "course looks so."
        )
    if not weight.asks:
        doubts.append(
            "What is asked of the model is known only vaguely: its wordings lean to demands, and none is plainly one."
        )
    if "accounts.org_id" not in group.population.columns and group.size < settings.least_accounts_without_orgs:
        doubts.append(
            f"No organisations are known, and {group.size} accounts may be the keys of one customer "
            f"(below {settings.least_accounts_without_orgs})."
        )
    return doubts


def compute_attainable_bits(on: Iterable[tuple[str, float]], every: Iterable[tuple[str, float]]) -> float:
    """Return the coordination that the signals that are on can be expected to reach, each given as (cause, cap).

    A cause of which half the signals are off gives half its cap: what remains seldom makes up for what is missing.
    """
    whole, there = _sum_by_cause(every), _sum_by_cause(on)
    return sum(_find_cap(cause) * there.get(cause, 0.0) / bits for cause, bits in whole.items())


def _sum_by_cause(signals: Iterable[tuple[str, float]]) -> dict[str, float]:
    summed: dict[str, float] = {}
    for cause, cap in signals:
        summed[cause] = summed.get(cause, 0.0) + cap
    return summed


def control_false_discoveries(evidence: list[list[Evidence]], tests: int, rate: float) -> list[list[Evidence]]:
    """Keep the evidence that survives Benjamini & Yekutieli (2001) over every test of every group.

    Args:
        evidence: evidence by group.
        tests: how many tests were made, with or without a finding.
    """
    ranked = sorted(item.log10_p for group in evidence for item in group)
    harmonic = math.log(max(tests, 1)) + 0.5772156649
    limit = -math.inf
    for rank, log10_p in enumerate(ranked, start=1):
        if log10_p <= math.log10(rate * rank / (max(tests, 1) * max(1.0, harmonic))):
            limit = log10_p
    return [[item for item in group if item.log10_p <= limit] for group in evidence]


def build_candidate(judgement: GroupJudgement, number: int, campaign_id: str | None) -> CandidateGroup:
    """Return the record of a tested group."""
    group = judgement.group
    return CandidateGroup(
        id=f"G{number:03d}",
        verdict=judgement.verdict,
        accounts=int(group.accounts.size),
        organisations=group.size,
        exchanges=int(group.population.events.counts[group.accounts].sum()),
        coordination=judgement.coordination,
        operation=judgement.operation,
        harvest=judgement.harvest,
        probability=judgement.probability,
        seed=judgement.seed,
        reasons=judgement.reasons,
        evidence=judgement.evidence,
        counter_evidence=judgement.counter_evidence,
        campaign_id=campaign_id,
    )
