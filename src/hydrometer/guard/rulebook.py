"""A policy, compiled: which rules hold for a request, and which budgets it is held to.

A condition costs some thirty microseconds to evaluate, and most requests look alike in what it reads: its outcome is
remembered by those values. What is remembered is bounded, and forgotten all at once when it is full.
"""

from __future__ import annotations

from hashlib import blake2b
from operator import itemgetter
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from hydrometer.contract.policy import LADDER, Budget, Rule
from hydrometer.guard.facts import empty
from hydrometer.guard.rules import Condition, compile_condition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hydrometer.contract.policy import Policy
    from hydrometer.guard.facts import Facts

R = TypeVar("R", Rule, Budget)

REMEMBERED = 8_192
"""Outcomes that are remembered of one condition."""
SEVERITY = {action: place for place, action in enumerate(LADDER)}
"""How hard an action is."""


Subjects = tuple[str, str, str, str, str, str]
"""Who a request is of, and what it shares with others, in the order of SUBJECTS; empty where there is none."""
SUBJECTS = ("account", "organisation", "campaign", "template", "address", "network")
_ACCOUNT = SUBJECTS.index("account")


class Met(NamedTuple):
    """The rules and budgets whose conditions hold, in the order of the policy."""

    rules: tuple[Bound[Rule], ...]
    budgets: tuple[Bound[Budget], ...]


def reaching(bounds: Iterable[Bound[R]], subjects: Subjects, now: float) -> list[R]:
    """Return those that are in force and reach a request."""
    return [bound.rule for bound in bounds if bound.always or bound.reaches(subjects, now)]


class Rulebook:
    """The rules and budgets of a policy; `unevaluated` counts, by rule, conditions that could not be evaluated."""

    def __init__(self, policy: Policy) -> None:
        """Raises ConditionError for a condition that cannot be compiled."""
        self.policy = policy
        self.unevaluated: dict[str, int] = {}
        self._rules = [Bound(rule, self._remembered(rule)) for rule in policy.rules]
        self._budgets = [Bound(rule, self._remembered(rule)) for rule in policy.budgets]
        # Most requests are of accounts that nothing is held against: what cannot hold for them is not asked again.
        self._idle_rules = [bound for bound in self._rules if bound.may_idle]
        self._idle_budgets = [bound for bound in self._budgets if bound.may_idle]
        self.reads = frozenset().union(*(b.reads for b in self._rules), *(b.reads for b in self._budgets))
        """Facts that some condition reads, as `variable.field`."""

    def met(self, facts: Facts, *, idle: bool = False) -> Met:
        """Return what holds by its condition; `idle`: nothing is held against the account."""
        rules, budgets = (self._idle_rules, self._idle_budgets) if idle else (self._rules, self._budgets)
        return Met(
            tuple([bound for bound in rules if bound.holds(facts)]),
            tuple([bound for bound in budgets if bound.holds(facts)]),
        )

    def _remembered(self, rule: Rule | Budget) -> tuple[Condition, Callable[[Facts], bool]]:
        condition, name = compile_condition(rule.when), rule.name
        if not condition.reads:
            outcome = condition.holds({})
            return condition, lambda _: outcome
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

        return condition, holds


class Bound(Generic[R]):
    """A rule or a budget with what decides whether it holds."""

    __slots__ = ("_until", "_whole", "always", "holds", "may_idle", "over", "reads", "rule")

    def __init__(self, rule: R, compiled: tuple[Condition, Callable[[Facts], bool]]) -> None:
        condition, self.holds = compiled
        self.rule: R = rule
        self.reads = condition.reads
        self._until = rule.expires.timestamp() if rule.expires is not None else float("inf")
        self._whole = rule.percent >= 100
        self.always = self._whole and rule.expires is None
        """Whether it reaches every request."""
        # A roll-out of requests goes by their accounts, so that a customer's day is of one piece.
        shared = rule.over if isinstance(rule, Budget) else rule.scope
        self.over = SUBJECTS.index("account" if shared == "request" else shared)
        self.may_idle = condition.outcome({name: empty(name) for name in ("verdict", "campaign")}) is not False

    def reaches(self, subjects: Subjects, now: float) -> bool:
        """Return whether it is in force and its roll-out reaches a request."""
        if now >= self._until:
            return False
        return self._whole or rolled_out(self.rule.name, self.rule.percent, subjects[self.over] or subjects[_ACCOUNT])


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
    return lambda facts: tuple([get(facts[variable]) for variable, get in getters])
