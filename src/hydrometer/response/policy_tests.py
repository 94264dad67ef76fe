"""The tests that a policy carries, judged by the rulebook that the guard goes by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hydrometer.contract.policy import FACTS, Action, Policy, PolicyTest
from hydrometer.guard.facts import complete
from hydrometer.guard.rulebook import Rulebook, Subjects, hardest, reaching

if TYPE_CHECKING:
    from hydrometer.contract.policy import Budget, Rule
    from hydrometer.guard.facts import Facts

NAMED = "somebody"
"""Who shares what, where a test does not say: rules and budgets by organisation or template are tried too."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a test of a policy came out."""

    name: str
    line: int
    expected: Action
    expected_rule: str | None
    action: Action
    rule: str
    """Rule or budget that decided; empty for none."""
    held: list[str]
    """Every rule and budget that held, in the order of the policy."""
    unevaluated: list[str]
    """Rules whose condition could not be evaluated."""

    @property
    def passed(self) -> bool:
        """It came out as expected."""
        return self.action == self.expected and self.expected_rule in {None, self.rule}


def run_tests(policy: Policy, now: float) -> list[Outcome]:
    """Run the tests of `policy` as if it were `now` (seconds since 1970), with every roll-out at 100 per cent.

    A budget is taken to be spent in the tests that name it, and to be fresh in all others.
    """
    return [_run(policy, test, now) for test in policy.tests]


def _run(policy: Policy, test: PolicyTest, now: float) -> Outcome:
    facts = complete(_typed(test))
    everybody = msgspec.structs.replace(
        policy,
        rules=[msgspec.structs.replace(rule, percent=100.0 if rule.percent else 0.0) for rule in policy.rules],
        budgets=[msgspec.structs.replace(each, percent=100.0 if each.percent else 0.0) for each in policy.budgets],
    )
    book = Rulebook(everybody)
    subjects = _subjects(facts)
    met = book.met(facts)
    held: list[Rule | Budget] = [*reaching(met.rules, subjects, now)]
    shared = [bound for bound in met.budgets if bound.rule.name == test.rule and subjects[bound.over]]
    held += reaching(shared, subjects, now)
    chosen = hardest(held)
    return Outcome(
        name=test.name,
        line=test.line,
        expected=test.expect,
        expected_rule=test.rule,
        action=chosen.action if chosen else "allow",
        rule=chosen.name if chosen else "",
        held=[each.name for each in held],
        unevaluated=sorted(book.unevaluated),
    )


def _typed(test: PolicyTest) -> dict[str, dict[str, object]]:
    """The facts of a test; a whole number where a fraction is declared becomes one."""
    return {
        variable: {name: float(value) if FACTS[variable][name] == "double" else value for name, value in fields.items()}
        for variable, fields in test.given.items()
    }


def _subjects(facts: Facts) -> Subjects:
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
