"""Which honest group comes nearest, what it leaves unexplained, and what would decide."""

from __future__ import annotations

import msgspec
import pytest

from fixtures.populations import ALL_COLUMNS
from hydrometer.contract.result_records import CounterEvidence, Evidence, EvidenceKind
from hydrometer.detection.campaigns.innocent_explanations import (
    HONEST_GROUPS,
    LONGEST_STATEMENT,
    explain_innocently,
    list_deciding_steps,
    shorten_statement,
)

CAUSES = {
    "signup_burst": "joined together",
    "synchrony": "joined together",
    "cards": "one payer",
    "devices": "one maker of accounts",
    "email_shape": "one maker of accounts",
    "shared_address": "one site",
    "shared_wording": "one tool",
    "client_contradiction": "one tool",
    "no_sittings": "one work queue",
    "paced_stream": "one work queue",
    "quotas": "one work queue",
    "rotating_exits": "one pool of exits",
    "shared_exits": "one pool of exits",
    "no_night": "habits of use",
    "plan_use": "habits of use",
    "model_turn": "habits of use",
}
OPERATION = {"one work queue", "one pool of exits"}


def found(signal: str, bits: float = 5.0, *, cause: str = "", kind: EvidenceKind = "") -> Evidence:
    cause = cause or CAUSES.get(signal, "")
    return Evidence(
        family="timing",
        signal=signal,
        statement=f"9 of 10 show {signal}; 3 of 5,120 others do.",
        statistic=1.0,
        null="chance",
        p_value=1e-9,
        log10_p=-9.0,
        bits=bits,
        kind=kind or ("operation" if cause in OPERATION else "affiliation" if cause else ""),
        cause=cause,
    )


@pytest.mark.parametrize(
    ("signals", "name"),
    [
        (("signup_burst", "synchrony", "shared_wording", "shared_address"), "a course or a class"),
        (("cards", "email_shape", "shared_address", "shared_wording"), "one employer or office"),
        (("shared_wording", "client_contradiction", "one_way"), "a public tool or prompt pack in many hands"),
        (("cards", "devices", "signup_burst"), "a reseller of accounts with many customers"),
        (("shared_address", "shared_exits"), "a shared VPN or carrier"),
        (("synchrony", "shared_wording", "model_turn", "search_phase"), "a benchmark or the crowd of a release"),
        (("no_sittings", "paced_stream", "shared_wording"), "a service that works its customers' accounts"),
        (("no_sittings", "no_night", "synchrony"), "independent jobs on a timetable"),
    ],
)
def test_the_honest_group_that_explains_most_is_named(signals: tuple[str, ...], name: str) -> None:
    explained = explain_innocently([found(signal) for signal in signals], [])
    assert explained.name == name
    assert len(explained.explains) == len(signals)
    assert explained.fails_to_explain == []


def test_what_it_fails_to_explain_comes_operation_first() -> None:
    course = [found("signup_burst", 7.0), found("synchrony", 7.0), found("shared_wording", 4.0)]
    rest = [found("cards", 3.5), found("paced_stream", 3.0), found("no_sittings", 4.0)]
    explained = explain_innocently([*rest, *course], [])
    assert explained.name == "a course or a class"
    assert explained.explains == [f"9 of 10 show {name}" for name in ("signup_burst", "synchrony", "shared_wording")]
    assert explained.fails_to_explain == [f"9 of 10 show {name}" for name in ("no_sittings", "paced_stream", "cards")]


def test_who_the_accounts_are_decides_before_what_they_ask_for() -> None:
    harvest = msgspec.structs.replace(found("partitioned_slots", 20.0), axis="harvest")
    explained = explain_innocently([harvest, found("shared_address"), found("shared_exits")], [])
    assert explained.name == "a service that works its customers' accounts"
    explained = explain_innocently([harvest, found("signup_burst"), found("cards")], [])
    assert explained.name == "a reseller of accounts with many customers"
    assert explained.fails_to_explain == ["9 of 10 show partitioned_slots"]


def test_of_groups_that_explain_as_much_the_first_is_named() -> None:
    site = [found("shared_address")]
    assert next(group.name for group in HONEST_GROUPS if group.explains(site[0])) == "a course or a class"
    assert explain_innocently(site, []).name == "a course or a class"


def test_a_signal_of_another_package_is_explained_by_its_cause_alone() -> None:
    assert explain_innocently([found("own_signal", cause="one pool of exits")], []).name == "a shared VPN or carrier"
    unknown = explain_innocently([found("own_signal", cause="own_signal")], [])
    assert unknown.name == "none of the honest groups that are looked for"
    assert unknown.fails_to_explain == ["9 of 10 show own_signal"]


def test_counter_evidence_that_points_to_a_group_counts_for_it_and_is_listed() -> None:
    site = [found("shared_address")]
    office = CounterEvidence(signal="known_customers", statement="40% are known by contract.", bits=6.0)
    other = CounterEvidence(signal="unknown_agreements", statement="No agreements are known.")
    explained = explain_innocently(site, [other, office])
    assert explained.name == "one employer or office"
    assert explained.explains == ["9 of 10 show shared_address", "40% are known by contract"]


def test_nothing_found_is_explained_by_nobody() -> None:
    explained = explain_innocently([], [])
    assert (explained.explains, explained.fails_to_explain) == ([], [])


def test_no_timetable_keeps_jobs_apart_and_no_office_forges_clients() -> None:
    rows = {group.name: group for group in HONEST_GROUPS}
    assert not rows["independent jobs on a timetable"].explains(found("paced_stream"))
    assert not rows["one employer or office"].explains(found("client_contradiction"))


def test_statements_are_cut_at_what_they_are_compared_with_and_at_a_word() -> None:
    assert shorten_statement("9 of 10 show it; 3 others do.") == "9 of 10 show it"
    assert shorten_statement("It is 0.71 times as often.") == "It is 0.71 times as often"
    long = shorten_statement("word " * 100)
    assert len(long) <= LONGEST_STATEMENT + 2
    assert long.endswith("word …")


def test_missing_columns_are_asked_for_and_those_that_are_there_are_not() -> None:
    evidence = [found("shared_wording")]
    assert not any(step.startswith("The addresses") for step in list_deciding_steps(evidence, ALL_COLUMNS))
    assert list_deciding_steps(evidence, ALL_COLUMNS - {"exchanges.client_ip"})[0].startswith("The addresses")
    assert list_deciding_steps(evidence, ALL_COLUMNS - {"exchanges.prompt", "exchanges.system_prompt"})[0].startswith(
        "The texts"
    )
    # One spelling of a card is enough.
    assert list_deciding_steps(evidence, ALL_COLUMNS - {"accounts.payment_bin"}) == list_deciding_steps(
        evidence, ALL_COLUMNS
    )


def test_without_a_table_of_accounts_it_is_asked_for_whole() -> None:
    exchanges = frozenset(name for name in ALL_COLUMNS if name.startswith("exchanges."))
    steps = list_deciding_steps([found("shared_wording")], exchanges | {"accounts.account_id"})
    assert [step for step in steps if "accounts" in step and "cards" in step] == [steps[0]]
    assert steps[0].startswith("The table of accounts")


def test_a_longer_window_is_asked_for_where_accounts_were_active_for_days_only() -> None:
    def windows(days: float | None) -> list[str]:
        return [step for step in list_deciding_steps([found("cards")], ALL_COLUMNS, days) if "longer window" in step]

    assert "1 day at most" in windows(1.0)[0]
    assert "3 days at most" in windows(3.0)[0]
    assert windows(7.0) == windows(None) == []


@pytest.mark.parametrize(
    ("signal", "step"),
    [
        ("cards", "The bank's answer"),
        ("shared_address", "Whose the shared address"),
        ("shared_wording", "A search for the shared wording"),
        ("synchrony", "What brought the accounts together"),
        ("no_sittings", "A throttle"),
        ("rotating_exits", "A throttle"),
    ],
)
def test_people_are_asked_for_what_the_evidence_calls_for(signal: str, step: str) -> None:
    steps = list_deciding_steps([found(signal)], ALL_COLUMNS)
    assert [each.startswith(start) for each, start in zip(steps, (step, "A request to verify"), strict=True)] == [
        True,
        True,
    ]


def test_nothing_found_calls_for_nothing() -> None:
    assert list_deciding_steps([], ALL_COLUMNS) == []
