"""The tests that a policy carries, judged by the compiled policy that the guard decides by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hydrometer.contract import FACTS, Action, Policy, PolicyTest
from hydrometer.enforcement.policy.compiled_policy import (
    CompiledPolicy,
    Subjects,
    select_applicable_rules,
    select_hardest,
)
from hydrometer.enforcement.policy.condition_facts import complete_facts
from hydrometer.enforcement.policy.policy_reader import load_policy

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from hydrometer.contract import Budget, Rule
    from hydrometer.enforcement.policy.condition_facts import Facts

NAMED = "somebody"
"""Who shares what, where a test does not say: rules and budgets by organisation or template are tried too."""


class PolicyTestOutcome(msgspec.Struct, frozen=True, kw_only=True, rename={"applicable": "held"}):
    """The outcome of a test of a policy."""

    name: str
    line: int
    expected: Action
    expected_rule: str | None
    action: Action
    rule: str
    """Rule or budget that decided; empty for none."""
    applicable: list[str]
    """Every rule and budget that held, in the order of the policy; files call it `held`."""
    unevaluated: list[str]
    """Rules whose condition could not be evaluated."""

    @property
    def passed(self) -> bool:
        """Whether it came out as expected."""
        return self.action == self.expected and self.expected_rule in {None, self.rule}


def run_policy_tests(file: Path, now: datetime) -> list[PolicyTestOutcome]:
    """Run the tests that the policy in `file` carries.

    Raises:
        InputError: the file cannot be read, or the policy cannot be used.
    """
    policy, _ = load_policy(file)
    return run_tests(policy, now.timestamp())


def run_tests(policy: Policy, now: float) -> list[PolicyTestOutcome]:
    """Run the tests of `policy` as if it were `now` (seconds since 1970), with every roll-out at 100 per cent.

    A budget counts as used up in the tests that name it, and as unused in all others.
    """
    return [_run_test(policy, test, now) for test in policy.tests]


def _run_test(policy: Policy, test: PolicyTest, now: float) -> PolicyTestOutcome:
    facts = complete_facts(_convert_facts(test))
    everybody = msgspec.structs.replace(
        policy,
        rules=[msgspec.structs.replace(rule, percent=100.0 if rule.percent else 0.0) for rule in policy.rules],
        budgets=[msgspec.structs.replace(each, percent=100.0 if each.percent else 0.0) for each in policy.budgets],
    )
    compiled_policy = CompiledPolicy(everybody)
    subjects = _list_subjects(facts)
    matches = compiled_policy.match(facts)
    applicable: list[Rule | Budget] = [*select_applicable_rules(matches.rules, subjects, now)]
    shared = [bound for bound in matches.budgets if bound.rule.name == test.rule and subjects[bound.subject_index]]
    applicable += select_applicable_rules(shared, subjects, now)
    decisive = select_hardest(applicable)
    return PolicyTestOutcome(
        name=test.name,
        line=test.line,
        expected=test.expect,
        expected_rule=test.rule,
        action=decisive.action if decisive else "allow",
        rule=decisive.name if decisive else "",
        applicable=[each.name for each in applicable],
        unevaluated=sorted(compiled_policy.unevaluated),
    )


def _convert_facts(test: PolicyTest) -> dict[str, dict[str, object]]:
    """Return the facts of a test; a whole number where a fraction is declared becomes one."""
    return {
        variable: {name: float(value) if FACTS[variable][name] == "double" else value for name, value in fields.items()}
        for variable, fields in test.given.items()
    }


def _list_subjects(facts: Facts) -> Subjects:
    account, request = facts["account"], facts["request"]
    campaign = facts["campaign"]["id"] or facts["verdict"]["campaign"]
    return (
        account["id"] or NAMED,
        account["organisation"] or NAMED,
        campaign,
        request["template"],
        request["address"],
        request["network"],
    )
