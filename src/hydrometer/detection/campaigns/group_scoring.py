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


@dataclass(frozen=True, slots=True)
class GroupJudgement:
    """What was found of one group."""

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
        return [objection.evidence for objection in self.objections]


def judge_group(
    group: AccountGroup,
    evidence: list[Evidence],
    against: list[Objection],
    seed: str,
    settings: CampaignSettings,
    calibration: ScoreCalibration,
    attainable: float,
) -> GroupJudgement:
    """Weigh one group's evidence for and `against` it."""
    families = _sum_by_family((item.family, item.bits) for item in evidence if item.axis == "coordination")
    families = {family: min(bits, FAMILY_CAP[family]) for family, bits in sorted(families.items())}
    coordination = sum(families.values()) - sum(o.evidence.bits for o in against if o.axis == "coordination")
    harvest = min(HARVEST_CAP, sum(item.bits for item in evidence if item.axis == "harvest"))
    harvest -= sum(o.evidence.bits for o in against if o.axis == "harvest")
    agreeing = [family for family, bits in families.items() if bits >= settings.family_bits]
    probability = calibration.probability(coordination, harvest, attainable)
    if len(agreeing) < 2:
        probability = min(probability, calibration.one_family)
    verdict, reasons = _decide_verdict(
        group, agreeing, coordination, harvest, probability, settings, calibration, calibration.middle(attainable)
    )
    return GroupJudgement(
        group=group,
        seed=seed,
        evidence=sorted(evidence, key=lambda item: (item.axis, -item.bits, item.signal)),
        objections=sorted(against, key=lambda o: (-o.evidence.bits, o.evidence.signal)),
        families=families,
        coordination=round(max(0.0, coordination), 3),
        harvest=round(max(0.0, harvest), 3),
        probability=round(probability, 6),
        verdict=verdict,
        reasons=reasons,
    )


def bound_probability(
    evidence: list[Evidence],
    missing: Iterable[tuple[str, str, float]],
    settings: CampaignSettings,
    calibration: ScoreCalibration,
    attainable: float,
) -> float:
    """Probability of a group that no evidence of signals which were not asked yet can exceed.

    Args:
        found: what the other signals found.
        missing: family, axis and most bits of each signal that was not asked.
    """
    both = [(item.family, item.axis, item.bits) for item in evidence] + list(missing)
    families = _sum_by_family((family, bits) for family, axis, bits in both if axis == "coordination")
    harvest = min(HARVEST_CAP, sum(bits for _, axis, bits in both if axis == "harvest"))
    bits = [min(most, FAMILY_CAP[family]) for family, most in families.items()]
    probability = calibration.probability(sum(bits), harvest, attainable)
    return (
        probability
        if sum(one >= settings.family_bits for one in bits) >= 2
        else min(probability, calibration.one_family)
    )


def _decide_verdict(
    group: AccountGroup,
    agreeing: list[str],
    coordination: float,
    harvest: float,
    probability: float,
    settings: CampaignSettings,
    calibration: ScoreCalibration,
    middle: float,
) -> tuple[str, list[str]]:
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
    if probability >= settings.report_probability:
        return "campaign", [f"{len(agreeing)} independent kinds of evidence agree: {', '.join(agreeing)}."]
    return "rejected", reasons or ["The evidence is short of even odds."]


def compute_attainable_bits(on: Iterable[tuple[str, float]], every: Iterable[tuple[str, float]]) -> float:
    """Coordination that the signals that are on can be expected to reach, each given as (family, cap).

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
        found: evidence by group.
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
    """The record of a tested group."""
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
