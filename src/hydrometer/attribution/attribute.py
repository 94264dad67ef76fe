"""The attribution of one campaign: two questions, each with every hypothesis weighed on the same evidence."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from hydrometer.attribution.answering import NOT_ATTRIBUTED, answer
from hydrometer.attribution.habits import habits, unknown_zones
from hydrometer.attribution.item import Item
from hydrometer.attribution.kinds import KINDS
from hydrometer.attribution.matching import hits
from hydrometer.attribution.standing import standing
from hydrometer.attribution.values import shown_values, too_common, unseen_values
from hydrometer.attribution.weighing import priors
from hydrometer.contract.attribution import Attribution
from hydrometer.contract.intel import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hydrometer.attribution.case import Case
    from hydrometer.attribution.kinds import Tier
    from hydrometer.attribution.matching import Hit
    from hydrometer.attribution.standing import Standing
    from hydrometer.attribution.weighing import Weighed
    from hydrometer.contract.attribution import Answer
    from hydrometer.contract.intel import Dossiers
    from hydrometer.contract.settings import AttributionSettings

FOR_ITSELF, FOR_OTHERS, LET_OUT = 0.85, 0.05, 0.4
"""Chances that an actor that does both gathers outputs for itself; that one who gathers for another would be found so; and
the same where the accounts belong to a pool that several use."""
HERE = Source(id="source--this-analysis", name="this analysis", reliability="A")


def attribute(case: Case, dossiers: Dossiers, settings: AttributionSettings) -> Attribution:
    """Say who may run a campaign and who may get its outputs, and how sure that is.

    The same dossiers in any order give the same attribution.
    """
    if not dossiers.actors:
        return Attribution(status="not attributed", why="the dossiers name no actors", dossiers=_given(dossiers))
    stand = standing(dossiers, case)
    found, incomparable = hits(case, stand)
    items = sorted(
        (*shown_values(case, stand, found), *unseen_values(case, stand, found), *habits(case, stand, found)),
        key=lambda item: item.order,
    )
    names = {actor.id: actor.name for actor in stand.actors}
    doubt = 1.0 - case.campaign.probability
    operators = [actor.id for actor in stand.actors if "operator" in actor.roles]
    about = [item for item in items if item.question == "operator"]
    prior = priors(operators, nobody=_either(settings.nobody, doubt), known=settings.known)
    operator, weighed = answer("operator", about, prior, names, settings)
    served = [actor.id for actor in stand.actors if "beneficiary" in actor.roles]
    prior = priors(served, nobody=_either(settings.several, doubt), known=settings.known)
    about = [item for item in items if item.question == "beneficiary"]
    about += _of_operator(about, [i for i in items if i.question == "operator"], weighed, operator, served, names)
    beneficiary, _ = answer("beneficiary", sorted(about, key=lambda item: item.order), prior, names, settings)
    answers = [operator, beneficiary]
    left = Counter({**stand.left_out, **incomparable})
    left["actors: unknown timezone"] += unknown_zones(stand)
    left["findings: too common to weigh anything"] += too_common(items)
    return Attribution(
        status="attributed" if any(a.conclusion != NOT_ATTRIBUTED for a in answers) else "not attributed",
        why=_why(answers, found, stand),
        answers=answers,
        dossiers={
            **_given(dossiers),
            "indicators weighed": len(stand.claims),
            "indicators seen": len({hit.claim.indicator.id for hit in found}),
            **{name: count for name, count in sorted(left.items()) if count},
        },
    )


def _either(one: float, other: float) -> float:
    return min(0.99, 1.0 - (1.0 - one) * (1.0 - other))


def _given(dossiers: Dossiers) -> dict[str, int]:
    return {name: len(getattr(dossiers, name)) for name in dossiers.__struct_fields__}


def _of_operator(
    about: Sequence[Item],
    found: Sequence[Item],
    weighed: Weighed,
    operator: Answer,
    served: Sequence[str],
    names: Mapping[str, str],
) -> Iterator[Item]:
    """Yield what is known of the operator as evidence on the beneficiary: one finding an actor, and hardly one for a pool.

    Let L be the likelihood ratio of an actor as the operator. Those who do both gather for themselves with chance r; who
    gathers for another is found to be this operator with chance s: (r L + 1 − r) / (s L + 1 − s), at most r / s.
    Wordings are left out of L when they speak on the beneficiary themselves.
    """
    direct = {(item.actor, item.kind) for item in about}
    for actor in served:
        if actor not in weighed.totals:
            continue
        mine = [
            (place, item)
            for place, item in enumerate(found)
            if item.actor == actor and (item.actor, item.kind) not in direct
        ]
        total = math.fsum(weighed.counted[place] for place, _ in mine)
        if abs(total) < 0.01:
            continue
        gained = math.fsum(max(0.0, weighed.counted[place]) for place, _ in mine)
        let = math.fsum(weighed.counted[place] for place, item in mine if item.shared and weighed.counted[place] > 0)
        shared = total > 0 and let >= gained / 2
        others = LET_OUT if shared else FOR_OTHERS
        ratio = 2.0**total
        bits = math.log2((FOR_ITSELF * ratio + 1 - FOR_ITSELF) / (others * ratio + 1 - others))
        strong = operator.hypotheses[0].id == actor and operator.confidence != "low" and not shared
        yield Item(
            "beneficiary",
            "operator",
            actor,
            HERE,
            min(KINDS["operator"].most, bits),
            f"What is known of the operator speaks {'for' if total > 0 else 'against'} {names[actor]}",
            "the pool is let to several" if shared else "who runs accounts need not get the outputs",
            hard=strong,
            shared=shared,
            tier=_costliest([(item.tier, weighed.counted[place]) for place, item in mine]),
        )


def _costliest(counted: Sequence[tuple[Tier, float]]) -> Tier:
    """The tier of half of the bits that speak for an actor, cheaper ones counted with it: what an imitator had to pay."""
    gained = [(tier, bits) for tier, bits in counted if bits > 0]
    whole = math.fsum(bits for _, bits in gained)
    if whole and math.fsum(bits for tier, bits in gained if tier == "held") >= whole / 2:
        return "held"
    cheap = math.fsum(bits for tier, bits in gained if tier == "cheap")
    return "cheap" if cheap > whole / 2 else "rented"


def _why(answers: Sequence[Answer], found: Sequence[Hit], stand: Standing) -> str:
    told = [_summary(answer) for answer in answers]
    earlier = sorted(
        {stand.past[name].name for hit in found for name in hit.claim.indicator.indicates if name in stand.past}
    )
    if earlier:
        told.append(f"it shows values of the earlier {', '.join(earlier)}")
    return "; ".join(told)


def _summary(answer: Answer) -> str:
    best = answer.hypotheses[0]
    if answer.conclusion != NOT_ATTRIBUTED:
        return f"{answer.question}: {answer.conclusion}, {answer.likelihood}, {answer.confidence} confidence"
    return (
        f"{answer.question}: not attributed, since {best.name} is the likeliest ({answer.likelihood}, "
        f"{answer.confidence} confidence)"
    )
