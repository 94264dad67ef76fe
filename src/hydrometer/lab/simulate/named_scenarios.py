"""The named scenarios; every one has all honest archetypes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from hydrometer.lab.simulate.held_out_scenarios import HELD_OUT
from hydrometer.lab.simulate.scenario import OperatorSpec, Scenario

if TYPE_CHECKING:
    from collections.abc import Mapping

_CRUDE = OperatorSpec(
    name="hydra",
    accounts=160,
    card="shared",
    accounts_per_card=12,
    email="machine",
    email_domain="throwaway",
    network="shared",
    addresses=5,
    rhythm="queue",
    jitter=0.1,
    rate=9,
    kinds=("reasoning",),
    wordings=1,
    start_spread_hours=2,
    stop_spread_hours=2,
    unequal=0.05,
)
_ROTATED = replace(_CRUDE, network="residential", networks_per_account=30)
_OWN_CARDS = replace(_ROTATED, card="unique", email="ordinary", email_domain="common", signup_days=6)
_WORDY = replace(_OWN_CARDS, wordings=40)
_PATIENT = replace(
    _WORDY,
    rhythm="human",
    unequal=0.3,
    client="common",
    sessions=True,
    turns=3,
    start_spread_hours=30,
    stop_spread_hours=30,
)
_MIXED = replace(_PATIENT, innocent=0.6, end_users=True, customers=80, rate=5)
_AGED = replace(
    _MIXED,
    accounts=240,
    age="aged",
    warmup=0.5,
    start_day=3,
    stop_day=13.5,
    rate=2,
    wordings=200,
    reworded=0.5,
    unequal=0.4,
    start_spread_hours=48,
    stop_spread_hours=48,
)
_LADDER = (_CRUDE, _ROTATED, _OWN_CARDS, _WORDY, _PATIENT, _MIXED, _AGED)

_RESIDENTIAL_ONLY = OperatorSpec(
    name="fog",
    accounts=180,
    card="unique",
    email="ordinary",
    network="residential",
    networks_per_account=40,
    rhythm="human",
    jitter=0.7,
    rate=6,
    unequal=0.3,
    age="aged",
    client="common",
    sessions=True,
    turns=3,
    kinds=("reasoning", "finished_answer"),
    wordings=20,
    start_spread_hours=20,
    stop_spread_hours=20,
)
_SEARCHER = OperatorSpec(
    name="locksmith",
    accounts=90,
    card="bin",
    bins=2,
    email="digits",
    network="vpn",
    rhythm="bursts",
    rate=12,
    search_days=4,
    search_rate=5,
    search_refused=0.82,
    start_day=6,
    kinds=("reasoning",),
    wordings=4,
    system=True,
    client="common",
)
_TOOL_A = OperatorSpec(
    name="north",
    accounts=110,
    card="bin",
    bins=2,
    email="ordinary",
    network="residential",
    rhythm="queue",
    jitter=0.5,
    rate=8,
    tool="tracekit",
    wordings=10,
    start_spread_hours=10,
)
_TOOL_B = OperatorSpec(
    name="south",
    accounts=80,
    card="unique",
    email="digits",
    network="subnet",
    rhythm="human",
    rate=10,
    tool="tracekit",
    wordings=10,
    start_day=4,
    beneficiaries=("B",),
)
_FEBRUARY = (
    OperatorSpec(
        name="abyss",
        accounts=16,
        card="shared",
        accounts_per_card=8,
        email="machine",
        network="shared",
        addresses=3,
        rhythm="queue",
        jitter=0.1,
        rate=2.2,
        stop_day=7,
        kinds=("grading", "finished_answer", "restricted_rewriting"),
        wordings=3,
    ),
    OperatorSpec(
        name="crescent",
        accounts=60,
        card="bin",
        bins=2,
        email="digits",
        network="residential",
        rhythm="bursts",
        rate=6.6,
        kinds=("agentic", "tools", "reasoning"),
        wordings=12,
        channels=("api", "bedrock", "vertex"),
        client="common",
        system=True,
        beneficiaries=("B",),
    ),
    OperatorSpec(
        name="minor",
        accounts=220,
        card="bin",
        bins=1,
        email="digits",
        network="residential",
        rhythm="queue",
        jitter=0.4,
        rate=6.8,
        kinds=("relay", "agentic"),
        wordings=6,
        innocent=0.4,
        customers=200,
        pivot=True,
        beneficiaries=("C",),
    ),
)
"""The disclosure of February 2026: 150 thousand, 3.4 million and 13 million exchanges. Accounts are disclosed in all
only: 24,000, with about 690 exchanges each. Here it is 296 with 77 each; nine times the rates are the disclosed ones."""

_SEPTEMBER = (
    OperatorSpec(
        name="bazaar",
        accounts=130,
        beneficiaries=("A", "A", "A", "C", "E"),
        card="bin",
        bins=2,
        email="machine",
        email_domain="throwaway",
        networks_per_account=30,
        jitter=0.4,
        rate=25,
        kinds=("relay", "agentic"),
        wordings=10,
        reworded=0.2,
        ban_day=6.0,
        ban_share=0.95,
        dormant=0.41,
        wake_hours=5,
    ),
    OperatorSpec(
        name="abyss",
        accounts=48,
        beneficiaries=("C",),
        card="unique",
        email="digits",
        client="mixed",
        rhythm="human",
        rate=18,
        kinds=("relay", "agentic"),
        wordings=6,
        innocent=0.3,
        end_users=False,
        customers=150,
    ),
    OperatorSpec(
        name="crescent",
        accounts=82,
        beneficiaries=("B",),
        card="bin",
        bins=2,
        email="ordinary",
        age="aged",
        client="common",
        rhythm="human",
        rate=3.1,
        kinds=("relay", "finished_answer"),
        wordings=12,
        sessions=True,
        innocent=0.12,
        customers=120,
    ),
    OperatorSpec(
        name="sage",
        accounts=16,
        beneficiaries=("D",),
        card="bin",
        email="digits",
        network="vpn",
        rate=26,
        stop_day=11,
        start_spread_hours=100,
        stop_spread_hours=100,
        kinds=("grading", "reasoning", "trace_cleaning", "agentic"),
        wordings=8,
    ),
    OperatorSpec(
        name="millet",
        accounts=23,
        beneficiaries=("E",),
        card="shared",
        accounts_per_card=7,
        email="ordinary",
        client="one",
        rhythm="bursts",
        rate=1.5,
        start_day=5,
        start_spread_hours=48,
        kinds=("replay", "grading"),
        wordings=4,
        system=True,
        sweep=False,
    ),
)
"""The disclosures of September 2026, five of whose seven labs sent traffic. Their windows differ, so the proportions
are those of exchanges a day, in a fortnight of July when all are active: 1.64 million, 864, 250, 200 and 20 thousand.
The disclosed 8,500, 5,380 and 1,500 accounts are here at one in 65; those of `abyss` were not disclosed, and the 273 of
`sage` would be too few at that scale to be a group. `bazaar` has a second pool that wakes after the bans. That pool
carried requests of two more labs; here both pools do, because beneficiaries go by wordings."""

_POOL = OperatorSpec(
    name="exchange",
    accounts=200,
    card="bin",
    bins=3,
    email="ordinary",
    network="residential",
    rhythm="queue",
    jitter=0.5,
    rate=5,
    kinds=("relay", "trace_cleaning"),
    wordings=24,
    beneficiaries=("A", "B"),
    innocent=0.6,
    end_users=False,
    customers=150,
    pivot=True,
    ban_day=8.0,
    ban_share=0.7,
    dormant=0.4,
    wake_hours=5,
    client="mixed",
)


def _build_scenario(name: str, *operators: OperatorSpec) -> Scenario:
    return Scenario(name=name, operators=operators)


SCENARIOS: Mapping[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        _build_scenario("innocent"),
        *(_build_scenario(f"ladder{rung}", spec) for rung, spec in enumerate(_LADDER, start=1)),
        _build_scenario("residential_only", _RESIDENTIAL_ONLY),
        _build_scenario("search_phase", _SEARCHER),
        replace(_build_scenario("two_tools", _TOOL_A, _TOOL_B), shares={"hobbyist": 0.03, "licensed": 0.006}),
        _build_scenario("february", *_FEBRUARY),
        replace(_build_scenario("september", *_SEPTEMBER), start=datetime(2026, 7, 13, tzinfo=UTC)),
        _build_scenario("mixed_pool", _POOL),
    )
}
"""What may be tuned on. Each rung of the ladder adds an evasion to the one before: 1 shared cards and hosts, one
wording; 2 rotated home addresses; 3 own cards and ordinary e-mails; 4 forty wordings; 5 human hours and unequal loads;
6 three in five exchanges are a reseller's innocent customers'; 7 aged, warmed-up accounts that harvest twice a day in
200 wordings."""

ALL: Mapping[str, Scenario] = {**SCENARIOS, **HELD_OUT}
"""Every scenario that can be asked for by name, with the two that no tuning sees."""
