"""Results as a detection of some size would write them, made of nothing but arithmetic and a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from hydrometer.contract.result_records import (
    CONSIDERED,
    FAMILIES,
    HARVESTED,
    MEMBERS,
    Campaign,
    CandidateGroup,
    CounterEvidence,
    RunRecord,
    SkippedSignal,
    StageUsage,
)

from .campaign_builders import PLANS, Plan, campaign

if TYPE_CHECKING:
    from hydrometer.contract.table_spec import TableSpec

POPULATION = 61_204


@dataclass(frozen=True)
class Result:
    """The pieces of a result, in memory."""

    campaigns: list[Campaign]
    run: RunRecord
    candidates: list[CandidateGroup]
    members: pa.Table
    harvested: pa.Table
    considered: pa.Table

    def but(self, **changes: Any) -> Result:
        return replace(self, **changes)


def table(declared: TableSpec, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=declared.schema)


def member_rows(plan: Plan, made: Campaign) -> list[dict[str, Any]]:
    rng = random.Random(plan.id + "members")
    rows = []
    for index in range(plan.accounts):
        strength = max(0.2, 1 - index / plan.accounts * 0.9)
        exchanges = max(2, round(made.exchanges / plan.accounts * rng.uniform(0.5, 1.5)))
        first = made.first_seen + timedelta(hours=rng.uniform(0, 60))
        reasons = ["sends a wording of template t-91c0a4e2", "takes its turn in the divided work list"]
        if index % 3:
            reasons.append("comes from 203.0.113.0/24, which 9 other accounts use")
        if index % 5 == 0:
            reasons.append(f"paid with card range 453204, {index % 7 + 1} minutes after another member")
        rows.append(
            {
                "campaign_id": plan.id,
                "account_id": f"acct_{rng.getrandbits(64):016x}",
                "probability": round(0.55 + 0.449 * strength, 4),
                **{
                    f"bits_{f}": round(strength * b * rng.uniform(0.6, 1.2), 3)
                    for f, b in zip(FAMILIES, BITS, strict=True)
                },
                "first_seen": first,
                "last_seen": max(first + timedelta(hours=1), made.last_seen - timedelta(hours=rng.uniform(0, 90))),
                "exchanges": exchanges,
                "harvested": round(exchanges * plan.share),
                "reasons": reasons,
            }
        )
    return rows


BITS = (9.0, 3.0, 2.5, 1.4, 0.6, 0.0)

OTHERS = (
    (
        "c-0412",
        "rejected",
        3_412,
        3_388,
        0.31,
        0.12,
        "one carrier’s addresses",
        "The address is seen in 41,203 accounts: it weighs nothing.",
    ),
    (
        "c-0077",
        "rejected",
        641,
        640,
        0.58,
        0.21,
        "one framework’s default prompt",
        "Only the content family speaks for it; the wording is a framework default.",
    ),
    (
        "c-0198",
        "rejected",
        118,
        1,
        0.93,
        0.34,
        "one university’s network",
        "A class with one assignment: no demand for traces, and it ends with the term.",
    ),
    (
        "c-0203",
        "rejected",
        54,
        51,
        0.22,
        0.88,
        "step-by-step benchmark prompts",
        "Benchmark runs on release day by customers who share nothing else.",
    ),
    (
        "c-0230",
        "rejected",
        23,
        9,
        0.81,
        0.09,
        "one card for nine customers",
        "An agency’s card: the traffic of its customers has nothing in common.",
    ),
    (
        "c-0251",
        "rejected",
        12,
        12,
        0.66,
        0.44,
        "nightly start at 02:00 UTC",
        "Starts together, but so do 2,114 other accounts; no harvest.",
    ),
    (
        "c-0260",
        "rejected",
        7,
        7,
        0.47,
        0.61,
        "shared rare template",
        "One family of evidence only; two are needed.",
    ),
    (
        "c-0266",
        "authorised",
        31,
        1,
        0.97,
        0.96,
        "shared rare template",
        "The customer’s agreement allows training on outputs.",
    ),
    (
        "c-0271",
        "single_customer",
        16,
        1,
        0.88,
        0.91,
        "shared rare template",
        "All 16 accounts belong to one declared organisation.",
    ),
)


def candidates(campaigns: list[Campaign]) -> list[CandidateGroup]:
    accepted = [
        CandidateGroup(
            id=f"c-{index:04d}",
            verdict="campaign",
            accounts=made.accounts,
            organisations=max(2, made.accounts - 3),
            exchanges=made.exchanges,
            coordination=made.coordination,
            harvest=made.harvest,
            probability=made.probability,
            seed="shared rare template",
            reasons=["Five independent families agree, and the pooled traffic is a harvest."],
            evidence=made.evidence,
            counter_evidence=made.counter_evidence,
            campaign_id=made.id,
        )
        for index, made in enumerate(campaigns)
    ]
    others = [
        CandidateGroup(
            id=name,
            verdict=verdict,
            accounts=accounts,
            organisations=organisations,
            exchanges=accounts * 310,
            coordination=round(coordination * 30, 2),
            harvest=round(harvest * 20, 2),
            probability=round(coordination * harvest * (0.3 if verdict == "rejected" else 0.9), 4),
            seed=seed,
            reasons=[reason],
            counter_evidence=[CounterEvidence(signal="popular", statement="The shared value is popular", bits=1.5)],
        )
        for name, verdict, accounts, organisations, coordination, harvest, seed, reason in OTHERS
    ]
    return accepted + others


def run(**changes: Any) -> RunRecord:
    fields: dict[str, Any] = {
        "version": "0.1.0",
        "versions": {"python": "3.12.4", "duckdb": "1.4.2", "pyarrow": "21.0.0", "numpy": "2.3.1"},
        "started_at": datetime(2026, 3, 1, 6, 30, 11, tzinfo=UTC),
        "status": "done",
        "seed": 7,
        "settings": {"seed": 7, "threads": 0, "memory": "4GB", "exhibits": True, "fingerprint": {"shingle_words": 3}},
        "inputs": ["traffic/february"],
        "rows": {"exchanges": 3_204_118, "accounts": POPULATION, "organisations": 58_377},
        "rejected": {"started_at is no time": 17, "exchange_id is missing": 3},
        "repaired": {"client_ip: not an address": 210},
        "notes": {"exchange_id seen before": 41},
        "absent_columns": ["ja4", "phone_hash"],
        "signals_off": [
            SkippedSignal(
                signal="tls_contradiction",
                why="column ja4 is absent",
                costs="Clients that pretend to be another are not seen.",
            ),
            SkippedSignal(
                signal="partner_indicators", why="no intel folder was given", costs="Known actors are not recognised."
            ),
        ],
        "caps": ["41 exchanges had more than 20,000 words; the rest of their words counts in their length only."],
        "stages": [
            StageUsage(name="read", seconds=41.2, rows=3_204_118, peak_memory_mb=612.0),
            StageUsage(name="fingerprint", seconds=88.9, rows=3_204_118, peak_memory_mb=902.4),
            StageUsage(name="link", seconds=23.5, rows=61_204, peak_memory_mb=1_340.0),
        ],
        "calibration": {
            "method": "isotonic on the log-odds",
            "on": "240 simulated worlds with every decoy, 1,911 groups",
            "family_caps": {
                "content": 16.0,
                "identity": 12.0,
                "infrastructure": 10.0,
                "timing": 12.0,
                "economics": 4.0,
                "intelligence": 8.0,
                "harvest": 20.0,
            },
            "expected_error": 0.014,
            "reliability": [
                {"predicted": p, "observed": o, "n": n}
                for p, o, n in (
                    (0.03, 0.02, 1204),
                    (0.22, 0.19, 88),
                    (0.5, 0.54, 61),
                    (0.78, 0.75, 94),
                    (0.98, 0.985, 464),
                )
            ],
        },
        "first_exchange": datetime(2026, 2, 1, 0, 0, 4, tzinfo=UTC),
        "last_exchange": datetime(2026, 2, 28, 23, 59, 51, tzinfo=UTC),
        "thresholds": {"coordination": 14.0, "harvest": 7.0, "probability": 0.5},
    }
    return RunRecord(**(fields | changes))


def result(plans: tuple[Plan, ...] = PLANS) -> Result:
    """Make a result with a campaign for each plan, and the groups that are none."""
    campaigns = [campaign(plan) for plan in plans]
    members = [row for plan, made in zip(plans, campaigns, strict=True) for row in member_rows(plan, made)]
    groups = candidates(campaigns)
    of_campaign = {group.campaign_id: group.id for group in groups if group.campaign_id}
    considered = [
        {name: row.get(name) for name in CONSIDERED.names}
        | {"candidate_id": of_campaign[row["campaign_id"]], "member": True}
        for row in members
    ]
    for group, account, probability, reason in (
        ("c-0230", "acct_agency_01", 0.04, "shares a card with 22 accounts, and nothing else"),
        ("c-0000", "acct_neighbour", 0.21, "comes from 203.0.113.0/24, but sends none of the wordings"),
        ("c-0412", "acct_neighbour", 0.01, "one of 41,203 accounts behind the carrier’s address"),
    ):
        considered.append(
            {
                "candidate_id": group,
                "account_id": account,
                "probability": probability,
                **{f"bits_{family}": 0.0 for family in FAMILIES},
                "bits_infrastructure": 1.25,
                "member": False,
                "reasons": [reason],
            }
        )
    harvested = [
        {
            "exchange_id": f"ex_{plan.id}_{n:06d}",
            "campaign_id": plan.id,
            "template_id": "t-91c0a4e2",
            "probability": 0.97,
        }
        for plan in plans
        for n in range(40)
    ]
    return Result(
        campaigns, run(), groups, table(MEMBERS, members), table(HARVESTED, harvested), table(CONSIDERED, considered)
    )


def big(campaigns: int, accounts: int, days: int = 28) -> Result:
    """Make a result of many campaigns with as many accounts each."""
    plans = tuple(
        Plan(f"hydra-{n:06x}", accounts, days, 20.0, 0.7, 0.6 + 0.39 * n / campaigns) for n in range(campaigns)
    )
    return result(plans)
