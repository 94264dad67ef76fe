"""Policies: what is refused with its line, what is the default, what the example says."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrometer.contract.errors import InputError
from hydrometer.enforcement.policy.policy_checks import SILENCE
from hydrometer.enforcement.policy.policy_reader import load_policy, read_policy

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def policy(*rules: str, head: str = "", budgets: str = "", tests: str = "") -> str:
    """A policy with rules in flow style, the first in line 3."""
    lines = ["version: 1" + (f"\n{head}" if head else ""), "rules: []" if not rules else "rules:"]
    lines += [f"  - {rule}" for rule in rules]
    return "\n".join([*lines, *(["budgets:", budgets] if budgets else []), *(["tests:", tests] if tests else [])])


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "is empty"),
        ("- 1", 1, "no mapping"),
        ("rules: []", 1, "version"),
        ("version: 2", 1, "version"),
        ("version: 1\nversion: 1", 2, "twice"),
        ("version: 1\na: [", 2, "no YAML"),
        ("version: 1\nrules: &a []\nbudgets: *a", 3, "another part"),
        ("version: 1\n1: 2", 2, "no text"),
        ("version: 1\nrule: []", 2, "does not know `rule`"),
        ("version: 1\nmode: off", 2, "`mode` cannot be `off`"),
        ("version: 1\nrules: yes", 2, "no list"),
        (policy("7"), 3, "is no rule"),
        (policy("{name: a, action: observe, reason: r}"), 3, "lacks `when`"),
        (policy("{name: a, when: true, action: ban, reason: r}"), 3, "cannot be `ban`"),
        (policy("{name: a, when: true, action: observe, reason: r, line: 3}"), 3, "does not know `line`"),
        (policy("{name: a, when: true, action: observe, reason: r, percent: 101}"), 3, "<= 100"),
        (policy("{name: a, when: true, action: observe, reason: r, person: 1}"), 3, "expected `bool`"),
        (policy("{name: a, when: true, action: observe, reason: r, expires: soon}"), 3, "is no time"),
        (policy("{name: a, when: true, action: observe, reason: r, expires: 2026-02-01}"), 3, "has expired"),
        (policy("{name: a, when: request.m > 1, action: observe, reason: r}"), 3, "request has no `m`"),
        (
            policy("name: a\n    when: |\n      true &&\n      request.m\n    action: observe\n    reason: r"),
            6,
            "no `m`",
        ),
        (policy("{name: a, when: true, action: block, reason: r}"), 3, "without a person"),
        (policy("{name: a, when: true, action: throttle, scope: campaign, reason: r}"), 3, "without a person"),
        (policy("{name: a, when: true, action: throttle, reason: ' '}"), 3, "no reason"),
        (policy("{name: a, when: true, action: limit_features, reason: r}"), 3, "names none"),
        (policy("{name: a, when: true, action: limit_features, limits: {m: 1}, reason: r}"), 3, "does not know `m`"),
        (policy("{name: a, when: true, action: limit_features, limits: {n: 0}, reason: r}"), 3, ">= 1"),
        (policy("{name: a, when: true, action: verify, limits: {n: 1}, reason: r}"), 3, "no effect"),
        (policy("{name: a, when: true, action: verify, retry_after: 9, reason: r}"), 3, "no effect"),
        (policy(*["{name: a, when: true, action: observe, reason: r}"] * 2), 4, "is taken in line 3"),
        (policy("{name: a, when: true, action: verify, reason: r}", head="mode: enforce"), 2, "no `appeal`"),
        (policy(head="appeal: example.com"), 2, "no address"),
        (policy(head="silent_degradation: on"), 2, "in full"),
        (policy(budgets="  - {name: a, over: campaign, requests: 3}"), 4, "lacks `seconds`"),
        (policy(budgets="  - {name: a, over: us, requests: 3, seconds: 1}"), 4, "cannot be `us`"),
        (policy(budgets="  - {name: a, over: account, requests: 0, seconds: 1}"), 4, ">= 1"),
        (policy(budgets="  - {name: a, over: account, requests: 1, seconds: 1, action: block}"), 4, "without a person"),
        (policy(tests="  - {name: a, given: {request: {m: 1}}, expect: allow}"), 4, "no `m`"),
        (policy(tests="  - {name: a, given: {request: {n: x}}, expect: allow}"), 4, "request.n is int"),
        (policy(tests="  - {name: a, given: {server: {}}, expect: allow}"), 4, "no `server`"),
        (policy(tests="  - {name: a, given: {}, expect: allow, rule: b}"), 4, "no rule `b`"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line(text: str, line: int, says: str) -> None:
    made, problems = read_policy(text, now=NOW)
    assert made is None
    assert any(says in each.what and each.line == line and each.mend for each in problems), problems


def test_every_problem_is_told_at_once() -> None:
    text = policy("{name: a, when: 1, action: observe, reason: r}", "{name: b, when: '', action: ban}")
    assert sum(not each.note for each in read_policy(text)[1]) == 3


def test_without_a_word_nothing_is_done_to_anybody() -> None:
    made, problems = read_policy("version: 1")
    assert problems == []
    assert made is not None
    assert (made.mode, made.silent_degradation, made.rules, made.budgets) == ("observe", "off", [], [])


def test_words_that_yaml_takes_for_something_else_stay_words() -> None:
    made, _ = read_policy(
        policy("{name: 2026, when: true, action: observe, reason: no}", head="silent_degradation: off")
    )
    assert made is not None
    assert (made.rules[0].name, made.rules[0].when, made.rules[0].reason) == ("2026", "true", "no")
    assert made.rules[0].line == 4


def test_silent_degradation_needs_the_sentence() -> None:
    made, _ = read_policy(policy(head=f"silent_degradation: {SILENCE}"))
    assert made is not None
    assert made.silent_degradation == SILENCE


def test_a_person_may_block() -> None:
    made, _ = read_policy(policy("{name: a, when: true, action: block, reason: r, person: true, scope: campaign}"))
    assert made is not None


def test_a_policy_in_service_outlives_its_rules() -> None:
    text = policy("{name: a, when: true, action: observe, reason: r, expires: 2026-02-01T00:00:00+01:00}")
    made, problems = read_policy(text)
    assert problems == []
    assert made is not None
    assert made.rules[0].expires == datetime(2026, 1, 31, 23, tzinfo=UTC)


def test_a_reason_that_tells_what_was_recognised_is_noted() -> None:
    made, problems = read_policy(policy("{name: a, when: true, action: verify, reason: Your device is known.}"))
    assert made is not None
    assert [each.note for each in problems] == [True]


def test_a_file_that_cannot_be_used_names_its_first_line_and_the_number_of_others(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(policy("{name: a, when: 1, action: observe, reason: r}", "{name: b}"))
    with pytest.raises(InputError, match=r"policy\.yaml:3: condition.*and 3 more"):
        load_policy(file)
    with pytest.raises(InputError, match="cannot be read"):
        load_policy(tmp_path / "none.yaml")
    file.write_bytes(b"version: 1 # \xff")
    with pytest.raises(InputError, match="UTF-8"):
        load_policy(file)


def test_the_example_is_in_order() -> None:
    made, problems = read_policy(
        files("hydrometer.enforcement.policy").joinpath("data/policy.yaml").read_text("utf-8"), now=NOW
    )
    assert problems == []
    assert made is not None
    assert made.mode == "observe"
    assert made.tests


@settings(max_examples=200)
@given(
    st.lists(
        st.sampled_from(
            [
                "version: 1",
                "rules:",
                "  - name: a",
                "    when: true",
                "    action: block",
                "    percent: .inf",
                "tests: {}",
                "- &a",
                "budgets: [*a, 1]",
                "  - {name: b, given: {request: 1}, expect: allow}",
                "    expires: 2026-13-01",
                "    limits: [1]",
                "    reason: 2026-01-01",
                "    when: !!binary aGk=",
                "mode: null",
                "\t",
                "? {}",
                "appeal: [",
                "--- 1",
                "'",
            ]
        ),
        max_size=8,
    )
)
def test_any_text_is_a_policy_or_refused(lines: list[str]) -> None:
    made, problems = read_policy("\n".join(lines))
    assert (made is None) == (sum(not each.note for each in problems) > 0)
