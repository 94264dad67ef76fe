"""Two scenarios that no tuning sees: other operators, other habits, the second phrasebook, other honest crowds.

They are kept out of `SCENARIOS`, from which thresholds, weights and calibrations are learnt. Whoever tunes a detector
neither runs them nor reads what they send; they are there for the numbers that are published.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hydrometer.lab.simulate.scenario import OperatorSpec, Scenario

if TYPE_CHECKING:
    from collections.abc import Mapping

_LANTERN = OperatorSpec(
    name="lantern",
    accounts=150,
    beneficiaries=("P", "Q"),
    card="bin",
    bins=3,
    email="digits",
    signup_days=9,
    networks_per_account=12,
    client="mixed",
    channels=("api", "azure"),
    rhythm="human",
    rate=3.5,
    unequal=0.5,
    start_spread_hours=36,
    stop_spread_hours=20,
    kinds=("relay",),
    phrasebook="second",
    frame="working_memory",
    wordings=12,
    reworded=0.4,
    sessions=True,
    turns=3,
    innocent=0.75,
    end_users=False,
    customers=260,
    pivot=True,
)
"""A relay: three in four exchanges are its customers' own, and a note for the model rides on the others."""

_FERRYMAN = OperatorSpec(
    name="ferryman",
    accounts=110,
    beneficiaries=("R",),
    card="unique",
    email="ordinary",
    signup_days=20,
    network="vpn",
    client="common",
    rhythm="bursts",
    rate=8,
    unequal=0.4,
    start_day=4.5,
    start_spread_hours=60,
    stop_spread_hours=30,
    kinds=("replay", "grading"),
    phrasebook="second",
    wordings=14,
    reworded=0.5,
    system=True,
    sweep=False,
    sessions=True,
    turns=5,
)
"""Sends the sessions of its own assistant's users again, as the free trial of that assistant runs out."""

_TINKER = OperatorSpec(
    name="tinker",
    accounts=70,
    beneficiaries=("S",),
    card="bin",
    bins=2,
    email="machine",
    email_domain="throwaway",
    signup_days=4,
    client="forged",
    jitter=0.6,
    rate=9,
    unequal=0.3,
    start_day=5,
    kinds=("reasoning", "search"),
    phrasebook="second",
    frame="debugging",
    wordings=16,
    reworded=0.5,
    refused=0.05,
    search_days=2.5,
    search_rate=4,
    search_refused=0.75,
    search_accounts=0.5,
    ban_day=9.0,
    ban_share=0.5,
    dormant=0.3,
    wake_hours=8,
)
"""Searches for a technique, scales the winners up inside fake fault reports, and has a pool in reserve."""

_DREDGER = OperatorSpec(
    name="dredger",
    accounts=140,
    beneficiaries=("T",),
    card="unique",
    email="ordinary",
    age="aged",
    warmup=0.8,
    networks_per_account=25,
    client="common",
    channels=("api", "bedrock", "vertex"),
    rhythm="human",
    rate=4,
    unequal=0.5,
    start_day=3,
    start_spread_hours=40,
    stop_spread_hours=40,
    kinds=("agentic", "tools"),
    phrasebook="second",
    frame="override",
    wordings=60,
    reworded=0.4,
    system=True,
    sessions=True,
    innocent=0.25,
    end_users=False,
)
"""Trajectories of agents over three ways in, on aged accounts, under the name of another vendor's product."""

_SIEVE = OperatorSpec(
    name="sieve",
    accounts=273,
    beneficiaries=("U",),
    card="bin",
    bins=4,
    email="digits",
    signup_days=12,
    network="vpn",
    client="common",
    jitter=0.7,
    rate=16,
    unequal=0.3,
    stop_day=12,
    start_spread_hours=190,
    stop_spread_hours=190,
    kinds=("grading", "trace_cleaning"),
    phrasebook="second",
    wordings=30,
    reworded=0.5,
)
"""Judges and cleans what other models wrote, over accounts that live some days each and relieve one another."""

_KELP = OperatorSpec(
    name="kelp",
    accounts=80,
    beneficiaries=("V",),
    card="unique",
    email="ordinary",
    devices="shared",
    signup_days=60,
    networks_per_account=4,
    client="common",
    rhythm="human",
    rate=6,
    unequal=0.6,
    start_day=2,
    start_spread_hours=24,
    stop_spread_hours=24,
    phrasebook="second",
    frame="same_language",
    wordings=24,
    reworded=0.25,
    sessions=True,
    turns=3,
)
"""Wants reasoning in languages other than English, on accounts that are paid for and keep human hours."""

HELD_OUT: Mapping[str, Scenario] = {
    "night_market": Scenario(
        name="night_market",
        start=datetime(2026, 8, 3, tzinfo=UTC),
        operators=(_LANTERN, _FERRYMAN, _TINKER),
        shares={
            "aggregator": 0.008,
            "class": 0.07,
            "evaluator": 0.025,
            "hackathon": 0.035,
            "hobbyist": 0.03,
            "redteam": 0.006,
            "viral": 0.045,
        },
        release_day=3.6,
        outage_day=11.2,
        hobby_tool="anvil",
    ),
    "quiet_harbour": Scenario(
        name="quiet_harbour",
        start=datetime(2026, 5, 18, tzinfo=UTC),
        operators=(_DREDGER, _SIEVE, _KELP),
        shares={
            "agency": 0.045,
            "audit": 0.015,
            "drift": 0.015,
            "enterprise": 0.14,
            "framework": 0.15,
            "harness": 0.11,
            "licensed": 0.008,
            "nightly": 0.075,
            "shared-key": 0.012,
        },
        release_day=8.4,
        outage_day=None,
        hobby_tool="driftwood",
    ),
}
"""`night_market`: many hobbyists, classes, hackathons and evaluators, and among them a relay, a replayer and a
searcher. `quiet_harbour`: a business quarter with many agencies, nightly jobs, auditors and coding harnesses, and among
them aged accounts, a rotating pool and a pool that looks lived in."""
