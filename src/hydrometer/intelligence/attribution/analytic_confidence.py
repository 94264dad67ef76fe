"""How good the basis of an answer is: apart from how likely it is, as ICD 203 asks.

High: two independent groups of evidence that cannot be planted, nothing that strongly contradicts, and the answer stands
when any one group, or any one source that does not stand alone, is left out. Moderate: one such group, which is not the
infrastructure (what is rented is let again), and another of any kind, nothing that strongly contradicts, and no single
partner that decides. Else low.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydrometer.contract import NOBODY, UNKNOWN
from hydrometer.intelligence.attribution.evidence_kinds import KINDS, STANDS_ALONE
from hydrometer.intelligence.attribution.posterior import WeighedEvidence, weigh_evidence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydrometer.contract import AttributionSettings, Confidence
    from hydrometer.intelligence.attribution.evidence import EvidenceItem

SUPPORTS = 1.0
"""Bits from which a group supports an answer."""
HARD = 2.0
"""Bits from which evidence that cannot be planted counts as such."""
CONTRADICTS = 0.9
"""Bits against the answer from which a group strongly contradicts."""
RIVAL = 3.0
"""Bits of hard evidence for another actor that strongly contradict."""
HELD_GROUPS = frozenset(kind.group for kind in KINDS.values() if kind.tier == "held")
STANDS = 0.5
"""Probability that the answer keeps when something is left out."""


@dataclass(frozen=True)
class ConfidenceJudgement:
    """A confidence, why, and what else was learnt by leaving things out."""

    confidence: Confidence
    reasons: list[str]
    without: Mapping[str, WeighedEvidence]
    """By group that supports the answer: what would be concluded without it."""
    hard: frozenset[str]
    """Hard groups for the answer."""


def judge_confidence(
    items: Sequence[EvidenceItem], weighed: WeighedEvidence, prior: Mapping[str, float], settings: AttributionSettings
) -> ConfidenceJudgement:
    """Judge the basis of the likeliest hypothesis."""
    leader = weighed.leader
    if leader == UNKNOWN:
        return ConfidenceJudgement(
            "low", ["No dossier explains the evidence; that none does is no proof of a newcomer"], {}, frozenset()
        )
    if leader == NOBODY:
        reason = (
            "Values that cannot be planted point to different actors"
            if weighed.hands
            else "The group itself is doubtful"
        )
        return ConfidenceJudgement("moderate" if weighed.hands else "low", [reason], {}, frozenset())
    mine = [index for index, item in enumerate(items) if item.actor == leader]
    groups: dict[str, float] = defaultdict(float)
    for index in mine:
        groups[items[index].group] += weighed.counted[index]
    supporting = sorted(group for group, bits in groups.items() if bits >= SUPPORTS)
    hard_items = [index for index in mine if items[index].hard and weighed.counted[index] >= HARD]
    hard = frozenset(items[index].group for index in hard_items)
    without = {group: weigh_evidence([i for i in items if i.group != group], prior, settings) for group in supporting}
    likely = _leads_clearly(weighed, leader)
    fragile = sorted(group for group in supporting if likely and not _leads_clearly(without[group], leader))
    alone = _find_sole_sources(items, leader, prior, settings) if likely else []
    contradictions = _find_contradictions(items, weighed, leader, groups, hard)
    stale = bool(hard_items) and all(items[index].stale for index in hard_items)
    independent = len(supporting) >= 2
    if not likely:
        confidence: Confidence = "low"
    elif len(hard) >= 2 and not (contradictions or fragile or alone or stale):
        confidence = "high"
    elif hard - {"infrastructure"} and independent and not (contradictions or alone or stale):
        confidence = "moderate"
    else:
        confidence = "low"
    reasons = [
        f"{_format_count(len(supporting), 'independent group')} of evidence{_format_list(supporting)}",
        f"{_format_count(len(hard), 'group')} that an imitator could hardly show{_format_list(sorted(hard))}",
        f"Sources: {', '.join(sorted({_describe_source(items[index]) for index in mine if weighed.counted[index] > 0})) or 'none'}",
        *([] if likely else ["It is less likely than not"]),
        *(f"Contradiction: {reason}" for reason in contradictions),
        *(f"Does not stand without the {group} evidence" for group in fragile),
        *(f"Rests on {name} alone" for name in alone),
        *(["What it rests on was last known in use long ago"] if stale else []),
    ]
    if not contradictions:
        reasons.append("Nothing found strongly contradicts it")
    return ConfidenceJudgement(confidence, reasons, without, hard)


def _leads_clearly(weighed: WeighedEvidence, leader: str) -> bool:
    return weighed.leader == leader and weighed.probability[leader] >= STANDS


def _find_sole_sources(
    items: Sequence[EvidenceItem], leader: str, prior: Mapping[str, float], settings: AttributionSettings
) -> list[str]:
    """Return the names of the sources, not of the grade that stands alone, without any one of which the answer falls."""
    sources = {
        item.source.id: item.source
        for item in items
        if item.actor == leader and item.bits > 0 and item.source.reliability not in STANDS_ALONE
    }
    return [
        sources[name].name
        for name in sorted(sources)
        if not _leads_clearly(
            weigh_evidence([item for item in items if item.source.id != name], prior, settings), leader
        )
    ]


def _find_contradictions(
    items: Sequence[EvidenceItem],
    weighed: WeighedEvidence,
    leader: str,
    groups: Mapping[str, float],
    hard: frozenset[str],
) -> list[str]:
    contradictions = [
        f"the {group} evidence does not fit"
        for group, bits in sorted(groups.items())
        if bits <= -CONTRADICTS and group not in HELD_GROUPS
    ]
    absent = math.fsum(bits for bits in groups.values() if bits < 0)
    # A known actor seldom shows all that is known of it: what is absent contradicts where nothing hard is there.
    if not contradictions and not hard and absent <= -CONTRADICTS:
        contradictions.append("much that its dossier would lead one to expect is not seen")
    rivals: dict[str, float] = defaultdict(float)
    for index, item in enumerate(items):
        if item.actor != leader and item.hard and not _shares_values(items, leader, item):
            rivals[item.actor] += weighed.counted[index]
    return contradictions + [f"hard evidence for {name}" for name, bits in sorted(rivals.items()) if bits >= RIVAL]


def _shares_values(items: Sequence[EvidenceItem], leader: str, item: EvidenceItem) -> bool:
    return any(i.actor == leader and i.kind == item.kind and i.values & item.values for i in items)


def _describe_source(item: EvidenceItem) -> str:
    return f"{item.source.name} ({item.source.reliability})"


def _format_count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _format_list(names: Sequence[str]) -> str:
    return f": {', '.join(names)}" if names else ""
