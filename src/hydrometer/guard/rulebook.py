"""A policy, compiled: which rules hold for a request, and which budgets it is held to.

A condition costs some thirty microseconds to evaluate, and most requests look alike in what it reads: its outcome is
remembered by those values. What is remembered is bounded, and forgotten all at once when it is full.
"""

from __future__ import annotations

from hashlib import blake2b
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from hydrometer.contract.policy import LADDER
from hydrometer.guard.rules import Condition, compile_condition

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hydrometer.contract.policy import Budget, Policy, Rule
    from hydrometer.guard.facts import Facts

REMEMBERED = 8_192
"""Outcomes that are remembered of one condition."""
SEVERITY = {action: place for place, action in enumerate(LADDER)}
"""How hard an action is."""


class Subjects(NamedTuple):
    """Who a request is of, and what it shares with others; empty where there is none."""

    account: str
    organisation: str
    campaign: str
    template: str
    address: str
    network: str


class Rulebook:
    """The rules and budgets of a policy; `unevaluated` counts, by rule, conditions that could not be evaluated."""

    def __init__(self, policy: Policy) -> None:
        """Raises ConditionError for a condition that cannot be compiled."""
        self.policy = policy
        self.unevaluated: dict[str, int] = {}
        self._rules = [(rule, self._remembered(rule.name, rule.when), _until(rule)) for rule in policy.rules]
        self._budgets = [
            (b, self._remembered(b.name, b.when), _until(b), place) for place, b in enumerate(policy.budgets)
        ]

    def rules(self, facts: Facts, subjects: Subjects, now: float) -> list[Rule]:
        """Return the rules that hold, in the order of the policy."""
        return [
            rule
            for rule, holds, until in self._rules
            if holds(facts)
            and now < until
            and (rule.percent >= 100 or rolled_out(rule.name, rule.percent, _of(rule, subjects)))
        ]

    def budgets(self, facts: Facts, subjects: Subjects, now: float) -> list[tuple[int, Budget, str]]:
        """Return the budgets that the request is held to: place in the policy, budget, who shares it."""
        found = []
        for budget, holds, until, place in self._budgets:
            subject: str = getattr(subjects, budget.over)
            if (
                subject
                and holds(facts)
                and now < until
                and (budget.percent >= 100 or rolled_out(budget.name, budget.percent, subject))
            ):
                found.append((place, budget, subject))
        return found

    def _remembered(self, name: str, text: str) -> Callable[[Facts], bool]:
        condition = compile_condition(text)
        if not condition.reads:
            outcome = condition.holds({})
            return lambda _: outcome
        key_of = _key(condition)
        known: dict[object, bool] = {}

        def holds(facts: Facts) -> bool:
            key = key_of(facts)
            found = known.get(key)
            if found is None:
                outcome = condition.outcome(facts)
                if outcome is None:
                    self.unevaluated[name] = self.unevaluated.get(name, 0) + 1
                if len(known) >= REMEMBERED:
                    known.clear()
                found = known[key] = outcome is True
            return found

        return holds


def rolled_out(name: str, percent: float, subject: str) -> bool:
    """Return whether a subject belongs to the first `percent` of all, by a hash that is the same on every gateway."""
    digest = blake2b(f"{name}\0{subject}".encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little") < percent / 100 * 2**64


def hardest(rules: Sequence[Rule | Budget]) -> Rule | Budget | None:
    """Return the one with the hardest action, the first of equals."""
    return max(rules, key=lambda rule: SEVERITY[rule.action], default=None)


def _key(condition: Condition) -> Callable[[Facts], object]:
    """Return what reads from facts the values that decide a condition."""
    by_variable: dict[str, list[str]] = {}
    for name in sorted(condition.reads):
        variable, _, field = name.partition(".")
        by_variable.setdefault(variable, []).append(field)
    getters = [(variable, itemgetter(*fields)) for variable, fields in by_variable.items()]
    if len(getters) == 1:
        ((only, get),) = getters
        return lambda facts: get(facts[only])
    if len(getters) == 2:
        (first, get_first), (second, get_second) = getters
        return lambda facts: (get_first(facts[first]), get_second(facts[second]))
    return lambda facts: tuple([get(facts[variable]) for variable, get in getters])


def _until(rule: Rule | Budget) -> float:
    return rule.expires.timestamp() if rule.expires is not None else float("inf")


def _of(rule: Rule, subjects: Subjects) -> str:
    """Return whom a roll-out of a rule goes by; a request by its account, so that a customer's day is of one piece."""
    given: Any = subjects.account if rule.scope == "request" else getattr(subjects, rule.scope)
    return given or subjects.account
