"""One question answered: the record of what was weighed, what speaks against it, and what would change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.attribution.confidence import Judged, judge
from hydrometer.attribution.weighing import Weighed, weigh
from hydrometer.contract.attribution import NOBODY, UNKNOWN, Answer, AttributionEvidence, Hypothesis
from hydrometer.contract.likelihood import likelihood

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydrometer.attribution.item import Item
    from hydrometer.contract.attribution import Confidence
    from hydrometer.contract.intel import Role
    from hydrometer.contract.settings import AttributionSettings

NOT_ATTRIBUTED = "not attributed"
RANK: Mapping[Confidence, int] = {"low": 0, "moderate": 1, "high": 2}
NOBODY_NAMES: Mapping[Role, str] = {
    "operator": "no common actor",
    "beneficiary": "no common actor: several, or none",
}


def answer(
    question: Role,
    items: Sequence[Item],
    prior: Mapping[str, float],
    names: Mapping[str, str],
    settings: AttributionSettings,
) -> tuple[Answer, Weighed]:
    """Answer one question of the findings on it; `names` are those of the actors by id."""
    known = {**names, UNKNOWN: "an actor not in the dossiers", NOBODY: NOBODY_NAMES[question]}
    weighed = weigh(items, prior, settings)
    judged = judge(items, weighed, prior, settings)
    leader = weighed.leader
    probability = weighed.probability[leader]
    attributed = (
        leader not in (UNKNOWN, NOBODY)
        and probability >= settings.least_probability
        and RANK[judged.confidence] >= RANK[settings.least_confidence]
    )
    reasons = [_named(reason, known) for reason in judged.reasons]
    made = Answer(
        question=question,
        conclusion=known[leader] if attributed else NOT_ATTRIBUTED,
        probability=round(probability, 4),
        likelihood=likelihood(probability),
        confidence=judged.confidence,
        confidence_reasons=reasons,
        hypotheses=[
            Hypothesis(id=h, name=known[h], prior=round(prior[h], 6), probability=round(weighed.probability[h], 6))
            for h in weighed.order
        ],
        evidence=_evidence(question, items, weighed, known),
        against=_against(items, weighed, known),
        would_change=_would_change(question, weighed, judged, known, settings),
    )
    return made, weighed


def _evidence(
    question: Role, items: Sequence[Item], weighed: Weighed, known: Mapping[str, str]
) -> list[AttributionEvidence]:
    rows = []
    for place, item in enumerate(items):
        counted = weighed.counted[place]
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
    if weighed.several > 0:
        one, other = (known[name] for name in weighed.hands)
        rows.append(
            AttributionEvidence(
                kind="several_hands",
                group="several_hands",
                statement=f"Different values point to {one} and to {other}",
                bits={NOBODY: round(weighed.several, 3)},
            )
        )
    return sorted(
        rows, key=lambda row: (-max(abs(b) for b in row.bits.values()), row.group, row.kind, row.statement, question)
    )


def _against(items: Sequence[Item], weighed: Weighed, known: Mapping[str, str]) -> str:
    """The strongest evidence against the likeliest hypothesis, or its strongest rival where nothing speaks against it."""
    leader, second = weighed.order[0], weighed.order[1]
    contrary = [
        (bits, items[place].statement)
        for place, bits in enumerate(weighed.counted)
        if (items[place].actor == leader and bits < 0)
    ]
    contrary += [
        (-bits, items[place].statement)
        for place, bits in enumerate(weighed.counted)
        if items[place].actor != leader and bits > 0 and weighed.totals[items[place].actor] > 0
    ]
    if contrary:
        return min(contrary)[1]
    return f"Nothing found speaks against it; next is {known[second]} with {weighed.probability[second]:.0%}"


def _would_change(
    question: Role, weighed: Weighed, judged: Judged, known: Mapping[str, str], settings: AttributionSettings
) -> list[str]:
    leader = weighed.leader
    if leader == UNKNOWN:
        best = next((h for h in weighed.order if h not in (UNKNOWN, NOBODY)), None)
        told = ["A dossier that holds payment instruments, devices or lasting addresses of these accounts"]
        if best is not None and weighed.totals[best] > 0:
            told.append(f"Evidence for {known[best]} that an imitator could not show")
        return told
    if leader == NOBODY:
        return ["One actor's values on the members that now point to different ones"]
    told = []
    for group, other in sorted(judged.without.items()):
        if other.leader != leader or other.probability[leader] < settings.least_probability:
            held = other.leader
            told.append(
                f"If the {group} evidence were wrong: {known[held]}, {likelihood(other.probability[held])} "
                f"({other.probability[held]:.0%})"
            )
    if len(judged.hard) < 2:
        told.append(
            f"Payment instruments, devices or telephone numbers of {known[leader]} with several members would confirm it"
            if question == "operator"
            else f"Outputs of these exchanges in a product of {known[leader]} would confirm it"
        )
    told.append("Evidence for another actor that an imitator could not show")
    return told


def _named(reason: str, known: Mapping[str, str]) -> str:
    for name, shown in known.items():
        if name not in (UNKNOWN, NOBODY):
            reason = reason.replace(name, shown)
    return reason
