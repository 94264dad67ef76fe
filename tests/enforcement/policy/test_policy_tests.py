"""Tests inside a policy, judged by the guard's rulebook."""

from __future__ import annotations

from importlib.resources import files

from hydrometer.enforcement.policy.policy_reader import read_policy
from hydrometer.enforcement.policy.policy_tests import PolicyTestOutcome, run_tests

NOW = 1_772_000_000.0
POLICY = """
version: 1
rules:
  - {name: likely, when: verdict.probability * 2.0 >= 1.8, action: verify, reason: r}
  - {name: many, when: request.n / request.turns > 4, action: throttle, reason: r, percent: 1}
  - {name: gone, when: true, action: limit_features, limits: {n: 1}, reason: r, expires: 2020-01-01}
budgets:
  - {name: together, over: campaign, requests: 9, seconds: 60, when: campaign.active, reason: r}
tests:
  - {name: passes, given: {verdict: {probability: 1}}, expect: verify, rule: likely}
  - {name: other action, given: {verdict: {probability: 1}}, expect: block}
  - {name: other rule, given: {verdict: {probability: 1}}, expect: verify, rule: many}
  - {name: rolled out in full, given: {request: {n: 9, turns: 1}}, expect: throttle}
  - {name: not evaluated, given: {request: {n: 9}}, expect: allow}
  - {name: spent, given: {campaign: {id: c, active: true}, request: {turns: 1}}, expect: throttle, rule: together}
  - {name: fresh, given: {campaign: {id: c, active: true}, request: {turns: 1}}, expect: allow}
  - {name: nobody's, given: {campaign: {active: true}, request: {turns: 1}}, expect: throttle, rule: together}
"""


def outcomes(text: str) -> dict[str, PolicyTestOutcome]:
    policy, problems = read_policy(text)
    assert policy is not None, problems
    return {each.name: each for each in run_tests(policy, NOW)}


def test_tests_pass_and_fail_as_the_guard_would_decide() -> None:
    found = outcomes(POLICY)
    assert {name for name, each in found.items() if not each.passed} == {"other action", "other rule", "nobody's"}
    assert found["passes"].applicable == ["likely"]
    assert found["not evaluated"].unevaluated == ["many"]
    assert found["passes"].line == 10


def test_the_example_passes_its_own_tests() -> None:
    found = outcomes(files("hydrometer.enforcement.policy").joinpath("data/policy.yaml").read_text("utf-8"))
    assert len(found) == 6
    assert all(each.passed for each in found.values())
