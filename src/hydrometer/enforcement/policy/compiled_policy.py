"""A policy, compiled: which rules hold for a request, and which budgets apply to it.

A condition costs some thirty microseconds to evaluate, and most requests look alike in what it reads: its outcome is
remembered by those values. What is remembered is bounded, and forgotten all at once when it is full.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from hydrometer.contract import LADDER, Budget, Rule
from hydrometer.enforcement.policy.condition_facts import make_empty_fields
from hydrometer.enforcement.policy.expressions import CompiledCondition, compile_condition
from hydrometer.enforcement.text_digest import hash_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hydrometer.contract import Policy
    from hydrometer.enforcement.policy.condition_facts import Facts

R = TypeVar("R", Rule, Budget)

MOST_OUTCOMES = 8_192
"""Outcomes that are remembered of one condition."""
SEVERITY = {action: rank for rank, action in enumerate(LADDER)}
"""How hard an action is."""
Subjects = tuple[str, str, str, str, str, str]
"""Who a request is of, and what it shares with others, in the order of SUBJECTS; empty where there is none."""
SUBJECTS = ("account", "organisation", "campaign", "template", "address", "network")
_ACCOUNT = SUBJECTS.index("account")


class PolicyMatches(NamedTuple):
    """The rules and budgets whose conditions hold, in the order of the policy."""

    rules: tuple[CompiledRule[Rule], ...]
    budgets: tuple[CompiledRule[Budget], ...]


def select_applicable_rules(compiled_rules: Iterable[CompiledRule[R]], subjects: Subjects, now: float) -> list[R]:
    """Return the rules that are in force and reach a request."""
    return [compiled.rule for compiled in compiled_rules if compiled.always or compiled.reaches(subjects, now)]


class CompiledPolicy:
    """The rules and budgets of a policy; `unevaluated` counts, by rule, conditions that could not be evaluated."""

    def __init__(self, policy: Policy) -> None:
        """Compile a policy; raises ConditionError for a condition that cannot be compiled."""
        self.policy = policy
        self.unevaluated: dict[str, int] = {}
        self._rules = [CompiledRule(rule, self._memoise_condition(rule)) for rule in policy.rules]
        self._budgets = [CompiledRule(rule, self._memoise_condition(rule)) for rule in policy.budgets]
        # Most requests are of accounts without a verdict: what cannot hold for them is not evaluated again.
        self._rules_without_verdict = [compiled for compiled in self._rules if compiled.may_hold_without_verdict]
        self._budgets_without_verdict = [compiled for compiled in self._budgets if compiled.may_hold_without_verdict]
        self.reads = frozenset().union(*(b.reads for b in self._rules), *(b.reads for b in self._budgets))
        """Facts that some condition reads, as `variable.field`."""

    def match(self, facts: Facts) -> PolicyMatches:
        """Return the rules and budgets that hold by their conditions."""
        return _select_matches(self._rules, self._budgets, facts)

    def match_without_verdict(self, facts: Facts) -> PolicyMatches:
        """Return what `match` does for facts without a verdict, sooner."""
        return _select_matches(self._rules_without_verdict, self._budgets_without_verdict, facts)

    def _memoise_condition(self, rule: Rule | Budget) -> tuple[CompiledCondition, Callable[[Facts], bool]]:
        condition, name = compile_condition(rule.when), rule.name
        if not condition.reads:
            outcome = condition.holds({})
            return condition, lambda _: outcome
        key_of = _make_key_reader(condition)
        outcomes: dict[object, bool] = {}

        def holds(facts: Facts) -> bool:
            key = key_of(facts)
            cached = outcomes.get(key)
            if cached is None:
                outcome = condition.outcome(facts)
                if outcome is None:
                    self.unevaluated[name] = self.unevaluated.get(name, 0) + 1
                if len(outcomes) >= MOST_OUTCOMES:
                    outcomes.clear()
                cached = outcomes[key] = outcome is True
            return cached

        return condition, holds


def _select_matches(
    rules: Iterable[CompiledRule[Rule]], budgets: Iterable[CompiledRule[Budget]], facts: Facts
) -> PolicyMatches:
    return PolicyMatches(
        tuple([compiled for compiled in rules if compiled.holds(facts)]),
        tuple([compiled for compiled in budgets if compiled.holds(facts)]),
    )


class CompiledRule(Generic[R]):
    """A rule or a budget with what decides whether it holds."""

    __slots__ = ("_until", "_whole", "always", "holds", "may_hold_without_verdict", "reads", "rule", "subject_index")

    def __init__(self, rule: R, compiled: tuple[CompiledCondition, Callable[[Facts], bool]]) -> None:
        condition, self.holds = compiled
        self.rule: R = rule
        self.reads = condition.reads
        self._until = rule.expires.timestamp() if rule.expires is not None else float("inf")
        self._whole = rule.percent >= 100
        self.always = self._whole and rule.expires is None
        """Whether it reaches every request."""
        # A roll-out of requests is by their accounts, so that a customer's day is of one piece.
        shared = rule.over if isinstance(rule, Budget) else rule.scope
        self.subject_index = SUBJECTS.index("account" if shared == "request" else shared)
        self.may_hold_without_verdict = (
            condition.outcome({name: make_empty_fields(name) for name in ("verdict", "campaign")}) is not False
        )

    def reaches(self, subjects: Subjects, now: float) -> bool:
        """Return whether the rule is in force and its roll-out reaches a request."""
        if now >= self._until:
            return False
        return self._whole or is_rolled_out(
            self.rule.name, self.rule.percent, subjects[self.subject_index] or subjects[_ACCOUNT]
        )


def is_rolled_out(name: str, percent: float, subject: str) -> bool:
    """Return whether a subject belongs to the first `percent` of all, by a hash that is the same on every gateway."""
    return hash_text(f"{name}\0{subject}") < percent / 100 * 2**64


def select_hardest(rules: Sequence[Rule | Budget]) -> Rule | Budget | None:
    """Return the rule or budget with the hardest action, the first of equals."""
    return max(rules, key=lambda rule: SEVERITY[rule.action], default=None)


def _make_key_reader(condition: CompiledCondition) -> Callable[[Facts], object]:
    """Return a function that reads from facts the values that decide a condition."""
    by_variable: dict[str, list[str]] = {}
    for name in sorted(condition.reads):
        variable, _, field = name.partition(".")
        by_variable.setdefault(variable, []).append(field)
    getters = [(variable, itemgetter(*fields)) for variable, fields in by_variable.items()]
    return lambda facts: tuple([get(facts[variable]) for variable, get in getters])
