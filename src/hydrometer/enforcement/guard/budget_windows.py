"""Budgets that many share: so many requests in a sliding window, of an account, a campaign, a template, a network."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from hydrometer.contract import Budget
from hydrometer.enforcement.guard.sliding_window import CAPACITY, STEPS, SlidingWindow
from hydrometer.enforcement.text_digest import digest_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hydrometer.contract import Policy
    from hydrometer.enforcement.guard.sliding_window import BudgetChange, BudgetUsage, SubjectUse
    from hydrometer.enforcement.policy.compiled_policy import CompiledRule, Subjects

MOST_NAME = 96
"""Letters of a subject's name that are remembered as they are; a longer name by its digest."""
SUBJECT_BYTES = 16
"""Of such a digest."""
UNREPORTED_SHARE = 0.02
"""Share of a budget that the gateways of a fleet, all together, may have counted and not yet reported to one another."""


ExhaustedBudget = tuple[Budget, int]
"""A budget that is used up, and the seconds until that may change."""


class BudgetWindows:
    """The windows of a policy's budgets.

    `gateways` is how many share them. While the others cannot be heard (`alone`), a gateway keeps to its share of each
    budget.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._windows: dict[int, SlidingWindow] = {}
        """By the identity of the budget in the policy in force, which lives as long as its window."""
        self._lock = threading.Lock()
        self.gateways, self.alone, self.shared = 1, False, False

    def adopt(self, policy: Policy) -> None:
        """Apply the budgets of another policy; what a budget of the same name and size counted stays."""
        with self._lock:
            before = {window.name: window for window in self._windows.values()}
            self._windows = {}
            for budget in policy.budgets:
                new = SlidingWindow(budget, self._capacity)
                window = self._windows[id(budget)] = before.get(new.name, new)
                window.budget = budget

    def find_exhausted(
        self, compiled_budgets: Iterable[CompiledRule[Budget]], subjects: Subjects, now: float
    ) -> list[ExhaustedBudget]:
        """Return the budgets that are used up, each with the seconds until that may change."""
        with self._lock:
            return [
                (window.budget, window.wait(now))
                for window, subject in self._applicable_windows(compiled_budgets, subjects, now)
                if self._is_exhausted(window, subject, window.use(subject, now))
            ]

    def count_unless_exhausted(
        self, compiled_budgets: Iterable[CompiledRule[Budget]], subjects: Subjects, now: float
    ) -> list[ExhaustedBudget]:
        """Return what `find_exhausted` does; a request for which nothing is used up is counted at once."""
        exhausted, remaining = [], []
        with self._lock:
            for window, subject in self._applicable_windows(compiled_budgets, subjects, now):
                use = window.use(subject, now)
                if self._is_exhausted(window, subject, use):
                    exhausted.append((window.budget, window.wait(now)))
                else:
                    remaining.append((window, subject, use))
            if not exhausted:
                for window, subject, use in remaining:
                    window.count(subject, use, self._reporting_threshold(window) if self.shared else 0)
        return exhausted

    def count(self, compiled_budgets: Iterable[CompiledRule[Budget]], subjects: Subjects, now: float) -> None:
        """Count a request that was let through."""
        with self._lock:
            for window, subject in self._applicable_windows(compiled_budgets, subjects, now):
                window.count(subject, window.use(subject, now), self._reporting_threshold(window) if self.shared else 0)

    def _applicable_windows(
        self, compiled_budgets: Iterable[CompiledRule[Budget]], subjects: Subjects, now: float
    ) -> list[tuple[SlidingWindow, str]]:
        """Return the windows of a request's budgets, each with the name that its subject is counted by."""
        applicable = []
        for compiled in compiled_budgets:
            subject = subjects[compiled.subject_index]
            if subject and (compiled.always or compiled.reaches(subjects, now)):
                window = self._windows.get(id(compiled.rule))
                if window is not None:  # else the policy was replaced while this was decided on
                    name = subject if len(subject) <= MOST_NAME else digest_text(subject, SUBJECT_BYTES).hex()
                    applicable.append((window, name))
        return applicable

    def _is_exhausted(self, window: SlidingWindow, subject: str, use: SubjectUse) -> bool:
        used = use.before + use.here
        return used >= window.limit or (
            (self.alone or window.has_fleet_counts) and self._over_in_fleet(window, subject, used)
        )

    def _over_in_fleet(self, window: SlidingWindow, subject: str, used: int) -> bool:
        if self.alone and used >= max(1, window.limit // self.gateways):
            return True
        return used + window.fleet_requests(subject) >= window.limit

    def _reporting_threshold(self, window: SlidingWindow) -> int:
        return max(1, int(window.limit * UNREPORTED_SHARE / STEPS / self.gateways))

    def changes(self) -> list[BudgetChange]:
        """Return what was counted and not reported to the others of the fleet, and take it as reported."""
        with self._lock:
            return [change for window in self._windows.values() for change in window.changes()]

    def learn(self, fleet_counts: Iterable[tuple[BudgetChange, Mapping[int, int]]]) -> None:
        """Take note of what the fleet counted: with a change, all requests of its subject by step."""
        with self._lock:
            windows = {window.name: window for window in self._windows.values()}
            for change, totals in fleet_counts:
                if change.budget in windows:
                    windows[change.budget].learn(change.subject, totals)

    def state(self) -> dict[str, dict[str, int]]:
        """Return, by budget, how many subjects are remembered and by how much a count may be too low."""
        with self._lock:
            return {
                window.name: {"subjects": window.subjects, "lost": window.lost} for window in self._windows.values()
            }

    def heaviest(self, most: int = 10) -> dict[str, list[BudgetUsage]]:
        """Return, by budget, the subjects that used most."""
        with self._lock:
            return {window.name: window.heaviest(most) for window in self._windows.values()}
