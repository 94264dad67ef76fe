"""One question answered: the record of what was weighed, what speaks against it, and what would change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.contract import (
    NOBODY,
    UNKNOWN,
    AttributionAnswer,
    AttributionEvidence,
    Hypothesis,
    describe_probability,
)
from hydrometer.intelligence.attribution.analytic_confidence import ConfidenceJudgement, judge_confidence
from hydrometer.intelligence.attribution.posterior import WeighedEvidence, weigh_evidence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydrometer.contract import AttributionSettings, Confidence, Role
    from hydrometer.intelligence.attribution.evidence import EvidenceItem

NOT_ATTRIBUTED = "not attributed"
RANK: Mapping[Confidence, int] = {"low": 0, "moderate": 1, "high": 2}
NOBODY_NAMES: Mapping[Role, str] = {
    "operator": "no common actor",
    "beneficiary": "no common actor: several, or none",
}


def answer_question(
    question: Role,
    items: Sequence[EvidenceItem],
    prior: Mapping[str, float],
    names: Mapping[str, str],
    settings: AttributionSettings,
) -> tuple[AttributionAnswer, WeighedEvidence]:
    """Answer one question of the findings on it; `names` are those of the actors by id."""
    hypothesis_names = {**names, UNKNOWN: "an actor not in the dossiers", NOBODY: NOBODY_NAMES[question]}
    weighed = weigh_evidence(items, prior, settings)
    judged = judge_confidence(items, weighed, prior, settings)
    leader = weighed.leader
    probability = weighed.probability[leader]
    attributed = (
        leader not in (UNKNOWN, NOBODY)
        and probability >= settings.least_probability
        and RANK[judged.confidence] >= RANK[settings.least_confidence]
    )
    reasons = [_insert_names(reason, hypothesis_names) for reason in judged.reasons]
    made = AttributionAnswer(
        question=question,
        conclusion=hypothesis_names[leader] if attributed else NOT_ATTRIBUTED,
        probability=round(probability, 4),
        likelihood=describe_probability(probability),
        confidence=judged.confidence,
        confidence_reasons=reasons,
        hypotheses=[
            Hypothesis(
                id=h, name=hypothesis_names[h], prior=round(prior[h], 6), probability=round(weighed.probability[h], 6)
            )
            for h in weighed.order
        ],
        evidence=_list_evidence(question, items, weighed, hypothesis_names),
        against=_pick_counter_evidence(items, weighed, hypothesis_names),
        would_change=_list_decisive_findings(question, weighed, judged, hypothesis_names, settings),
    )
    return made, weighed


def _list_evidence(
    question: Role, items: Sequence[EvidenceItem], weighed: WeighedEvidence, hypothesis_names: Mapping[str, str]
) -> list[AttributionEvidence]:
    rows = []
    for index, item in enumerate(items):
        counted = weighed.counted[index]
        note = item.note
        if abs(counted) < abs(item.bits) - 0.05:
            less = "counts once with the rest of its group" if counted == 0 else "counts for less beside the rest"
            note = f"{note}; {less}" if note else less
        rows.append(
            AttributionEvidence(
                kind=item.kind,
                group=item.group,
                statement=item.statement,
                bits={item.actor: round(counted, 3)},
                sources=[item.source.name],
                note=note,
            )
        )
    if weighed.nobody_bits > 0:
        one, other = (hypothesis_names[name] for name in weighed.hands)
        rows.append(
            AttributionEvidence(
                kind="several_hands",
                group="several_hands",
                statement=f"Different values point to {one} and to {other}",
                bits={NOBODY: round(weighed.nobody_bits, 3)},
            )
        )
    return sorted(
        rows, key=lambda row: (-max(abs(b) for b in row.bits.values()), row.group, row.kind, row.statement, question)
    )


def _pick_counter_evidence(
    items: Sequence[EvidenceItem], weighed: WeighedEvidence, hypothesis_names: Mapping[str, str]
) -> str:
    """Return the strongest evidence against the likeliest hypothesis, or for its rival where nothing speaks against it."""
    leader, second = weighed.order[0], weighed.order[1]
    contrary = [
        (bits, items[index].statement)
        for index, bits in enumerate(weighed.counted)
        if (items[index].actor == leader and bits < 0)
    ]
    contrary += [
        (-bits, items[index].statement)
        for index, bits in enumerate(weighed.counted)
        if items[index].actor != leader and bits > 0 and weighed.totals[items[index].actor] > 0
    ]
    if contrary:
        return min(contrary)[1]
    return f"Nothing found speaks against it; next is {hypothesis_names[second]} with {weighed.probability[second]:.0%}"


def _list_decisive_findings(
    question: Role,
    weighed: WeighedEvidence,
    judged: ConfidenceJudgement,
    hypothesis_names: Mapping[str, str],
    settings: AttributionSettings,
) -> list[str]:
    leader = weighed.leader
    if leader == UNKNOWN:
        best = next((h for h in weighed.order if h not in (UNKNOWN, NOBODY)), None)
        findings = ["A dossier that holds payment instruments, devices or lasting addresses of these accounts"]
        if best is not None and weighed.totals[best] > 0:
            findings.append(f"Evidence for {hypothesis_names[best]} that an imitator could not show")
        return findings
    if leader == NOBODY:
        return ["One actor's values on the members that now point to different ones"]
    findings = []
    for group, other in sorted(judged.without.items()):
        if other.leader != leader or other.probability[leader] < settings.least_probability:
            new_leader = other.leader
            findings.append(
                f"If the {group} evidence were wrong: {hypothesis_names[new_leader]}, {describe_probability(other.probability[new_leader])} "
                f"({other.probability[new_leader]:.0%})"
            )
    if len(judged.hard) < 2:
        findings.append(
            f"Payment instruments, devices or telephone numbers of {hypothesis_names[leader]} with several members would confirm it"
            if question == "operator"
            else f"Outputs of these exchanges in a product of {hypothesis_names[leader]} would confirm it"
        )
    findings.append("Evidence for another actor that an imitator could not show")
    return findings


def _insert_names(reason: str, hypothesis_names: Mapping[str, str]) -> str:
    for name, shown in hypothesis_names.items():
        if name not in (UNKNOWN, NOBODY):
            reason = reason.replace(name, shown)
    return reason
