"""Campaigns of a made-up detection: evidence, exhibits and stories."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hydrometer.contract.attribution_records import (
    Attribution,
    AttributionAnswer,
    AttributionEvidence,
    Hypothesis,
    build_empty_attribution,
)
from hydrometer.contract.result_records import (
    Campaign,
    CampaignExhibit,
    CounterEvidence,
    Evidence,
    SharedEntity,
    Template,
    TemplateSegment,
)

START = datetime(2026, 2, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Plan:
    """One campaign to be made."""

    id: str
    accounts: int
    days: int
    pace: float
    share: float
    probability: float
    night: bool = True
    releases: list[tuple[str, str]] = field(default_factory=list)


PLANS = (
    Plan(
        "hydra-7c41e0",
        225,
        26,
        26.0,
        0.61,
        0.9987,
        releases=[("lumen-4.6", "2026-02-11T16:00:00Z"), ("lumen-4.6-mini", "2026-02-12T09:00:00Z")],
    ),
    Plan("hydra-1b90fa", 38, 19, 44.0, 0.94, 0.981, night=False),
    Plan("hydra-e5330d", 9, 12, 61.0, 0.83, 0.724),
)


def evidence(family: str, signal: str, statement: str, bits: float, **more: Any) -> Evidence:
    log10_p = -bits * math.log10(2) - 1
    fields: dict[str, Any] = {
        "statistic": round(bits * 3.7, 2),
        "null": "degree-aware co-occurrence",
        "p_value": 10.0**log10_p,
        "log10_p": log10_p,
    }
    return Evidence(family=family, signal=signal, statement=statement, bits=bits, **(fields | more))


def evidences(accounts: int, strength: float) -> list[Evidence]:
    n = accounts
    found = [
        evidence(
            "content",
            "shared_template",
            f"{n} of {n} accounts send wordings of 3 templates that only 6 other accounts send",
            14.2 * strength,
        ),
        evidence(
            "content",
            "slot_sweep",
            "No slot content comes twice in 84,112 exchanges, though 225 accounts draw from it: a divided work list",
            9.8 * strength,
            null="slots drawn with replacement by each account",
        ),
        evidence(
            "content",
            "elicitation_share",
            "71 % of the exchanges ask for a full reasoning trace; of like customers 2 % do",
            11.4 * strength,
            axis="harvest",
            null="like-sized organisations of the same plan",
        ),
        evidence("identity", "card_batch", f"{n // 2} accounts paid with 4 consecutive card ranges", 8.1 * strength),
        evidence(
            "identity",
            "signup_burst",
            f"{n * 2 // 3} accounts were made within 31 hours",
            5.2 * strength,
            null="scan statistic over sign-ups by hour",
        ),
        evidence(
            "infrastructure",
            "rare_network",
            f"{n * 4 // 5} accounts come from 3 networks that 11 other accounts use",
            6.6 * strength,
        ),
        evidence(
            "timing",
            "load_balance",
            "The pooled stream is more even than its accounts: a queue feeds them",
            4.9 * strength,
            null="accounts shifted by days, daily profile kept",
        ),
        evidence(
            "economics", "to_the_limit", "Accounts use 97 % of their plan every day", 1.6 * strength, axis="harvest"
        ),
    ]
    return found if strength > 0.7 else found[:3] + found[5:7]


def exhibit(plan: Plan, entities: list[SharedEntity], templates: list[Template]) -> CampaignExhibit:
    rng = random.Random(plan.id)
    days = [(START.date() + timedelta(days=d)).isoformat() for d in range(plan.days)]
    hours: list[list[int]] = []
    for index in range(plan.days):
        ramp = min(1.0, (index + 1) / 4) * (0.25 if index in {9, 10} else 1.0)
        per_hour = plan.accounts * plan.pace / 24 * ramp
        hours.append(
            [
                max(0, round(per_hour * rng.uniform(0.75, 1.25) * (1.0 if plan.night or 1 <= hour <= 13 else 0.03)))
                for hour in range(24)
            ]
        )
    total = [sum(row) for row in hours]
    return CampaignExhibit(
        days=days,
        exchanges_by_day=total,
        harvested_by_day=[round(value * plan.share * rng.uniform(0.9, 1.0)) for value in total],
        hour_by_day=hours,
        entities=entities,
        templates=templates,
        releases=plan.releases,
    )


def entities(accounts: int, many: bool = True) -> list[SharedEntity]:
    def one(
        kind: str, value: str, family: str, part: float, others: int, bits: float, ignored: bool = False
    ) -> SharedEntity:
        held = max(2, round(accounts * part))
        return SharedEntity(
            kind=kind, value=value, family=family, accounts=held, population=held + others, bits=bits, ignored=ignored
        )

    found = [
        one("template", "t-91c0a4e2", "content", 1.0, 6, 14.2),
        one("template", "t-03be77d1", "content", 0.62, 0, 9.8),
        one("card range", "453204 (issuer in another country)", "identity", 0.41, 3, 5.6),
        one("network /24", "203.0.113.0/24", "infrastructure", 0.44, 9, 4.1),
        one("address", "2001:db8:4f::/48", "infrastructure", 0.36, 2, 3.9),
        one("client", "JA4 t13d1516h2_8daaf6152771_02713d6af862", "infrastructure", 0.8, 120, 2.2),
        one("e-mail shape", "firstname.lastname + 4 digits @ mailbox.example", "identity", 0.71, 512, 2.0),
        one("carrier", "AS64496 Example Mobile", "infrastructure", 0.2, 41_158, 0.0, True),
        one("tool set", "framework default agent", "content", 0.5, 12_730, 0.0, True),
    ]
    extra = [one("device", f"dev-{i:04x}", "identity", 0.05, i % 3, 1.5 - i / 20) for i in range(9)]
    return found + extra if many else found[:4] + found[7:8]


def templates(exchanges: int, accounts: int) -> list[Template]:
    text = TemplateSegment
    return [
        Template(
            id="t-91c0a4e2",
            exchanges=round(exchanges * 0.58),
            accounts=accounts,
            elicitation="reasoning_trace",
            wording=[
                text("You are a careful tutor. Solve the problem.\nThink aloud inside <thinking> tags, step by step, "),
                text("and leave no step out.\n\nProblem: "),
                text("problem", slot=True),
                text("\nSubject: "),
                text("", slot=True),
                text("\n\nAfter the thinking, give the final answer on one line as ANSWER: <value>."),
            ],
        ),
        Template(
            id="t-03be77d1",
            exchanges=round(exchanges * 0.27),
            accounts=round(accounts * 0.62),
            elicitation="grading",
            wording=[
                text("Here is a question and two answers. Score each from 1 to 10 and say why.\nQ: "),
                text("question", slot=True),
                text("\nA: "),
                text("answer", slot=True),
                text("\nB: "),
                text("answer", slot=True),
            ],
        ),
        Template(id="t-5d200b6f", exchanges=round(exchanges * 0.1), accounts=max(2, accounts // 3), elicitation="none"),
    ]


def campaign(plan: Plan) -> Campaign:
    strength = min(1.0, 0.55 + plan.accounts / 100)
    drawn = exhibit(plan, entities(plan.accounts, plan.accounts > 20), [])
    exchanges, harvested = sum(drawn.exchanges_by_day), sum(drawn.harvested_by_day)
    drawn = exhibit(plan, drawn.entities, templates(harvested, plan.accounts))
    return Campaign(
        id=plan.id,
        probability=plan.probability,
        coordination=round(14 + plan.accounts**0.5 * 1.3, 2),
        harvest=round(min(20.0, 4 + plan.share * 17), 2),
        first_seen=START + timedelta(hours=3, minutes=12),
        last_seen=START + timedelta(days=plan.days - 1, hours=21, minutes=40),
        accounts=plan.accounts,
        exchanges=exchanges,
        harvested=harvested,
        capabilities={"maths": 0.58, "code": 0.24, "analysis": 0.11, "knowledge": 0.05, "chat": 0.02},
        elicitation={"reasoning_trace": 0.61, "grading": 0.28, "none": 0.11},
        models={"lumen-4.5": harvested // 3, "lumen-4.6": harvested // 2, "lumen-4.6-mini": harvested // 12},
        evidence=evidences(plan.accounts, strength),
        counter_evidence=[
            CounterEvidence(
                signal="own_traffic",
                statement=f"{100 - round(plan.share * 100)} % of the accounts’ exchanges carry no demand of it",
                bits=2.4,
            ),
            CounterEvidence(
                signal="aged_accounts", statement="11 accounts are older than two years and paid throughout", bits=1.1
            ),
            CounterEvidence(signal="public_template", statement="A paper of 2025 prints a wording close to t-03be77d1"),
        ],
        story=[
            (
                f"{plan.accounts} accounts of {max(2, plan.accounts - 3)} customers send one divided work list in three"
                f" wordings that ask for every step of the reasoning, {harvested:,} exchanges in {plan.days} days."
            ),
            "They were paid with four consecutive card ranges and turned to lumen-4.6 within hours of its release.",
            "About two fifths of the traffic is other customers’: the accounts look like a reseller’s pool.",
        ],
        attribution=attributed() if plan.accounts > 100 else build_empty_attribution(),
        exhibit=drawn,
    )


def attributed() -> Attribution:
    """A pool whose operator is told with moderate confidence, and whose beneficiary is not."""
    names = {
        "actor-1": "Grey Heron",
        "unknown": "an actor not in the dossiers",
        "actor-2": "Lake Eight",
        "nobody": "no common actor",
    }

    def hypotheses(*probabilities: float) -> list[Hypothesis]:
        made = [
            Hypothesis(id=key, name=name, prior=0.25, probability=probability)
            for (key, name), probability in zip(names.items(), probabilities, strict=True)
        ]
        return sorted(made, key=lambda hypothesis: -hypothesis.probability)

    paid = AttributionEvidence(
        kind="payment",
        group="payment",
        statement="9 accounts pay with an instrument of Grey Heron's that 9 of 500,000 accounts show.",
        bits={"actor-1": 9.25, "actor-2": -0.5, "nobody": -3.0},
        sources=["this site"],
    )
    named = AttributionEvidence(
        kind="product",
        group="cheap to plant",
        statement="The shared wording names Lake Eight's product “Tarn”.",
        bits={"actor-2": 1.5},
        sources=["Northern Exchange"],
        note="Anybody can write a name: capped.",
    )
    return Attribution(
        status="attributed",
        why="One of two questions has an answer above the confidence that was asked for.",
        answers=[
            AttributionAnswer(
                question="operator",
                conclusion="Grey Heron",
                probability=0.91,
                likelihood="very likely",
                confidence="moderate",
                confidence_reasons=["Two independent groups of evidence agree.", "One of them is cheap to plant."],
                hypotheses=hypotheses(0.91, 0.06, 0.02, 0.01),
                evidence=[paid, named],
                against="The wording names another actor's product.",
                would_change=["An instrument of another actor's on these accounts."],
            ),
            AttributionAnswer(
                question="beneficiary",
                conclusion="not attributed",
                probability=0.55,
                likelihood="likely",
                confidence="low",
                confidence_reasons=["Only names, which anybody can write, speak of a beneficiary."],
                hypotheses=hypotheses(0.2, 0.55, 0.24, 0.01),
                evidence=[named],
                against="",
                would_change=["A sighting of the same demand by a partner."],
            ),
        ],
        dossiers={"actors": 2, "indicators": 41, "expired": 3},
    )
