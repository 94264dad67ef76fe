"""The attribution of one campaign: two questions, each with every hypothesis weighed on the same evidence."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from hydrometer.contract import Attribution, IntelSource
from hydrometer.intelligence.attribution.admissible_intel import select_admissible_intel
from hydrometer.intelligence.attribution.assessment import NOT_ATTRIBUTED, answer_question
from hydrometer.intelligence.attribution.behavioural_evidence import collect_habit_evidence, count_unknown_zones
from hydrometer.intelligence.attribution.evidence import EvidenceItem
from hydrometer.intelligence.attribution.evidence_kinds import KINDS
from hydrometer.intelligence.attribution.indicator_evidence import (
    collect_shown_evidence,
    collect_unseen_evidence,
    count_too_common,
)
from hydrometer.intelligence.attribution.indicator_matching import match_indicators
from hydrometer.intelligence.attribution.posterior import spread_prior

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hydrometer.contract import AttributionAnswer, AttributionSettings, Dossiers
    from hydrometer.intelligence.attribution.admissible_intel import AdmissibleIntel
    from hydrometer.intelligence.attribution.campaign_profile import CampaignProfile
    from hydrometer.intelligence.attribution.evidence_kinds import Tier
    from hydrometer.intelligence.attribution.indicator_matching import IndicatorHit
    from hydrometer.intelligence.attribution.posterior import WeighedEvidence

FOR_ITSELF, FOR_OTHERS, LET_OUT = 0.85, 0.05, 0.4
"""Chances that an actor that does both gathers outputs for itself; that one who gathers for another would be found so; and
the same where the accounts belong to a pool that several use."""
HERE = IntelSource(id="source--this-analysis", name="this analysis", reliability="A")


def attribute_campaign(profile: CampaignProfile, dossiers: Dossiers, settings: AttributionSettings) -> Attribution:
    """Say who may run a campaign and who may get its outputs, and how sure that is.

    The same dossiers in any order give the same attribution.
    """
    if not dossiers.actors:
        return Attribution(
            status="not attributed", why="the dossiers name no actors", dossiers=_count_dossiers(dossiers)
        )
    intel = select_admissible_intel(dossiers, profile)
    indicator_hits, incomparable = match_indicators(profile, intel)
    items = sorted(
        (
            *collect_shown_evidence(profile, intel, indicator_hits),
            *collect_unseen_evidence(profile, intel, indicator_hits),
            *collect_habit_evidence(profile, intel, indicator_hits),
        ),
        key=lambda item: item.order,
    )
    names = {actor.id: actor.name for actor in intel.actors}
    doubt = 1.0 - profile.campaign.probability
    operators = [actor.id for actor in intel.actors if "operator" in actor.roles]
    about = [item for item in items if item.question == "operator"]
    prior = spread_prior(operators, nobody=_combine_chances(settings.nobody, doubt), known_share=settings.known)
    operator, weighed = answer_question("operator", about, prior, names, settings)
    served = [actor.id for actor in intel.actors if "beneficiary" in actor.roles]
    prior = spread_prior(served, nobody=_combine_chances(settings.several, doubt), known_share=settings.known)
    about = [item for item in items if item.question == "beneficiary"]
    about += _derive_operator_evidence(
        about, [i for i in items if i.question == "operator"], weighed, operator, served, names
    )
    beneficiary, _ = answer_question("beneficiary", sorted(about, key=lambda item: item.order), prior, names, settings)
    answers = [operator, beneficiary]
    left = Counter({**intel.left_out, **incomparable})
    left["actors: unknown timezone"] += count_unknown_zones(intel)
    left["findings: too common to weigh anything"] += count_too_common(items)
    return Attribution(
        status="attributed" if any(a.conclusion != NOT_ATTRIBUTED for a in answers) else "not attributed",
        why=_explain_status(answers, indicator_hits, intel),
        answers=answers,
        dossiers={
            **_count_dossiers(dossiers),
            "indicators weighed": len(intel.claims),
            "indicators seen": len({hit.claim.indicator.id for hit in indicator_hits}),
            **{name: count for name, count in sorted(left.items()) if count},
        },
    )


def _combine_chances(one: float, other: float) -> float:
    return min(0.99, 1.0 - (1.0 - one) * (1.0 - other))


def _count_dossiers(dossiers: Dossiers) -> dict[str, int]:
    return {name: len(getattr(dossiers, name)) for name in dossiers.__struct_fields__}


def _derive_operator_evidence(
    about: Sequence[EvidenceItem],
    operator_items: Sequence[EvidenceItem],
    weighed: WeighedEvidence,
    operator: AttributionAnswer,
    served: Sequence[str],
    names: Mapping[str, str],
) -> Iterator[EvidenceItem]:
    """Yield what is known of the operator as evidence on the beneficiary: one finding an actor, and hardly one for a pool.

    Let L be the likelihood ratio of an actor as the operator. Those who do both gather for themselves with chance r; who
    gathers for another is found to be this operator with chance s: (r L + 1 − r) / (s L + 1 − s), at most r / s.
    Templates are left out of L when they speak on the beneficiary themselves.
    """
    direct = {(item.actor, item.kind) for item in about}
    for actor in served:
        if actor not in weighed.totals:
            continue
        mine = [
            (index, item)
            for index, item in enumerate(operator_items)
            if item.actor == actor and (item.actor, item.kind) not in direct
        ]
        total = math.fsum(weighed.counted[index] for index, _ in mine)
        if abs(total) < 0.01:
            continue
        gained = math.fsum(max(0.0, weighed.counted[index]) for index, _ in mine)
        let = math.fsum(weighed.counted[index] for index, item in mine if item.shared and weighed.counted[index] > 0)
        shared = total > 0 and let >= gained / 2
        others = LET_OUT if shared else FOR_OTHERS
        ratio = 2.0**total
        bits = math.log2((FOR_ITSELF * ratio + 1 - FOR_ITSELF) / (others * ratio + 1 - others))
        strong = operator.hypotheses[0].id == actor and operator.confidence != "low" and not shared
        yield EvidenceItem(
            "beneficiary",
            "operator",
            actor,
            HERE,
            min(KINDS["operator"].most, bits),
            f"What is known of the operator speaks {'for' if total > 0 else 'against'} {names[actor]}",
            "the pool is let to several" if shared else "who runs accounts need not get the outputs",
            hard=strong,
            shared=shared,
            tier=_find_decisive_tier([(item.tier, weighed.counted[index]) for index, item in mine]),
        )


def _find_decisive_tier(counted: Sequence[tuple[Tier, float]]) -> Tier:
    """Return the tier of half of the bits for an actor, cheaper ones counted with it: what an imitator had to pay."""
    gained = [(tier, bits) for tier, bits in counted if bits > 0]
    whole = math.fsum(bits for _, bits in gained)
    if whole and math.fsum(bits for tier, bits in gained if tier == "held") >= whole / 2:
        return "held"
    cheap = math.fsum(bits for tier, bits in gained if tier == "cheap")
    return "cheap" if cheap > whole / 2 else "rented"


def _explain_status(
    answers: Sequence[AttributionAnswer], indicator_hits: Sequence[IndicatorHit], intel: AdmissibleIntel
) -> str:
    sentences = [_summarise_answer(answer) for answer in answers]
    earlier = sorted(
        {
            intel.past_campaigns[name].name
            for hit in indicator_hits
            for name in hit.claim.indicator.indicates
            if name in intel.past_campaigns
        }
    )
    if earlier:
        sentences.append(f"it shows values of the earlier {', '.join(earlier)}")
    return "; ".join(sentences)


def _summarise_answer(answer: AttributionAnswer) -> str:
    best = answer.hypotheses[0]
    if answer.conclusion != NOT_ATTRIBUTED:
        return f"{answer.question}: {answer.conclusion}, {answer.likelihood}, {answer.confidence} confidence"
    return (
        f"{answer.question}: not attributed, since {best.name} is the likeliest ({answer.likelihood}, "
        f"{answer.confidence} confidence)"
    )
