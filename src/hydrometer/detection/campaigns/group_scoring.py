"""From evidence to a verdict: false discoveries held down, families combined, two of them required.

Log-likelihood bounds of one family are not added without limit, because signals of one family depend on each other;
across families they are. The two axes must both carry: coordination without harvest is a class or an agency,
harvest without coordination is a tool in many hands.
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

FAMILY_CAP = {
    "content": 4.0,
    "identity": 12.0,
    "infrastructure": 10.0,
    "timing": 12.0,
    "economics": 4.0,
    "intelligence": 8.0,
}
"""Most bits a family may give to coordination."""
HARVEST_CAP = 20.0


@dataclass(frozen=True)
class ScoringRules:
    """By what evidence becomes a probability and a verdict."""

    settings: CampaignSettings
    calibration: ScoreCalibration
    attainable: float
    """Most bits of coordination that the signals that are on can give."""

    @property
    def coordination_middle(self) -> float:
        """Bits of coordination for even odds."""
        return self.calibration.middle(self.attainable)

    def estimate_probability(self, coordination: float, harvest: float, family_bits: Iterable[float]) -> float:
        """Return the probability of a campaign from bits on both axes and those of each family of coordination."""
        probability = self.calibration.probability(coordination, harvest, self.attainable)
        agreeing = sum(bits >= self.settings.family_bits for bits in family_bits)
        return probability if agreeing >= 2 else min(probability, self.calibration.one_family)


@dataclass(frozen=True, slots=True)
class GroupJudgement:
    """The weighed evidence on one group, and the verdict."""

    group: AccountGroup
    seed: str
    evidence: list[Evidence]
    objections: list[Objection]
    families: dict[str, float]
    coordination: float
    harvest: float
    probability: float
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
    families = _sum_by_family((item.family, item.bits) for item in evidence if item.axis == "coordination")
    families = {family: min(bits, FAMILY_CAP[family]) for family, bits in sorted(families.items())}
    coordination = sum(families.values()) - sum(o.evidence.bits for o in objections if o.axis == "coordination")
    harvest = min(HARVEST_CAP, sum(item.bits for item in evidence if item.axis == "harvest"))
    harvest -= sum(o.evidence.bits for o in objections if o.axis == "harvest")
    weight = _GroupWeight(
        agreeing=[family for family, bits in families.items() if bits >= rules.settings.family_bits],
        coordination=coordination,
        harvest=harvest,
        probability=rules.estimate_probability(coordination, harvest, families.values()),
    )
    verdict, reasons = _decide_verdict(group, weight, rules)
    return GroupJudgement(
        group=group,
        seed=seed,
        evidence=sorted(evidence, key=lambda item: (item.axis, -item.bits, item.signal)),
        objections=sorted(objections, key=lambda o: (-o.evidence.bits, o.evidence.signal)),
        families=families,
        coordination=round(max(0.0, coordination), 3),
        harvest=round(max(0.0, harvest), 3),
        probability=round(weight.probability, 6),
        verdict=verdict,
        reasons=reasons,
    )


def bound_probability(
    evidence: list[Evidence],
    untested: Iterable[tuple[str, str, float]],
    rules: ScoringRules,
) -> float:
    """Return the probability of a group that no evidence of signals which did not run yet can exceed.

    Args:
        evidence: what the other signals gave.
        untested: family, axis and most bits of each signal that did not run.
    """
    both = [(item.family, item.axis, item.bits) for item in evidence] + list(untested)
    families = _sum_by_family((family, bits) for family, axis, bits in both if axis == "coordination")
    harvest = min(HARVEST_CAP, sum(bits for _, axis, bits in both if axis == "harvest"))
    bits = [min(most, FAMILY_CAP[family]) for family, most in families.items()]
    return rules.estimate_probability(sum(bits), harvest, bits)


@dataclass(frozen=True)
class _GroupWeight:
    """Families that agree on coordination, bits on either axis, and the probability that comes of them."""

    agreeing: list[str]
    coordination: float
    harvest: float
    probability: float


def _decide_verdict(group: AccountGroup, weight: _GroupWeight, rules: ScoringRules) -> tuple[str, list[str]]:
    """Return the verdict on a group, and the reasons in words."""
    settings, calibration, middle = rules.settings, rules.calibration, rules.coordination_middle
    agreeing, coordination, harvest = weight.agreeing, weight.coordination, weight.harvest
    if float(np.mean(group.population.authorised[group.accounts])) > 0.5:
        return "authorised", ["These customers may train on outputs: their agreement says so."]
    if group.size < 2:
        return "single_customer", [
            "All accounts belong to one declared organisation: one customer's use, not a network."
        ]
    reasons = []
    if len(agreeing) < 2:
        shown = agreeing[0] if agreeing else "no family"
        reasons.append(f"Fewer than two independent kinds of evidence for one hand: {shown} alone.")
    if coordination < middle:
        reasons.append(f"Coordination {coordination:.1f} bits; {middle:.1f} are needed for even odds.")
    if harvest < calibration.harvest_middle:
        reasons.append(f"Harvest {harvest:.1f} bits; {calibration.harvest_middle:.1f} are needed for even odds.")
    if group.size < settings.least_orgs:
        return "rejected", [*reasons, f"Only {group.size} organisations."]
    if weight.probability >= settings.report_probability:
        return "campaign", [f"{len(agreeing)} independent kinds of evidence agree: {', '.join(agreeing)}."]
    return "rejected", reasons or ["The evidence is short of even odds."]


def compute_attainable_bits(on: Iterable[tuple[str, float]], every: Iterable[tuple[str, float]]) -> float:
    """Return the coordination that the signals that are on can be expected to reach, each given as (family, cap).

    A family of which half the signals are off gives half its cap: what remains seldom makes up for what is missing.
    """
    whole, there = _sum_by_family(every), _sum_by_family(on)
    return sum(FAMILY_CAP[family] * there.get(family, 0.0) / bits for family, bits in whole.items())


def _sum_by_family(signals: Iterable[tuple[str, float]]) -> dict[str, float]:
    summed: dict[str, float] = {}
    for family, cap in signals:
        summed[family] = summed.get(family, 0.0) + cap
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
        harvest=judgement.harvest,
        probability=judgement.probability,
        seed=judgement.seed,
        reasons=judgement.reasons,
        evidence=judgement.evidence,
        counter_evidence=judgement.counter_evidence,
        campaign_id=campaign_id,
    )
