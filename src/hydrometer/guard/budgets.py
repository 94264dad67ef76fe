"""Budgets that many share: so many requests in a sliding window, of an account, a campaign, a wording, a place."""

from __future__ import annotations

import threading
from hashlib import blake2b
from typing import TYPE_CHECKING

from hydrometer.guard.windows import CAPACITY, STEPS, Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hydrometer.contract.policy import Budget, Policy
    from hydrometer.guard.rulebook import Bound, Subjects
    from hydrometer.guard.windows import Change, Spent

MOST_NAME = 96
"""Letters of a subject's name that are remembered as they are; a longer name by its hash."""
TELL = 0.02
"""Share of a budget that the gateways of a fleet, all together, may have counted and not yet told one another."""


class Budgets:
    """The windows of a policy's budgets.

    `gateways` is how many share them. While the others cannot be heard (`alone`), a gateway keeps to its share of each
    budget.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._windows: dict[int, Window] = {}
        """By the identity of the budget in the policy that is gone by, which lives as long as its window."""
        self._lock = threading.Lock()
        self.gateways, self.alone, self.shared = 1, False, False

    def adopt(self, policy: Policy) -> None:
        """Hold requests to the budgets of another policy; what a budget of the same name and size counted stays."""
        with self._lock:
            before = {window.name: window for window in self._windows.values()}
            self._windows = {}
            for budget in policy.budgets:
                made = Window(budget, self._capacity)
                window = self._windows[id(budget)] = before.get(made.name, made)
                window.budget = budget

    def over(
        self, bounds: Iterable[Bound[Budget]], subjects: Subjects, now: float, *, count: bool = False
    ) -> list[tuple[Budget, int]]:
        """Return the budgets that are used up, and the seconds until that may change.

        bounds: of a policy. count: a request that is over none is let through, and counted.
        """
        found, free = [], []
        with self._lock:
            for window, subject in self._held(bounds, subjects, now):
                use = window.use(subject, now)
                used = use.before + use.here
                if used >= window.limit or (
                    (self.alone or window.heard) and self._over_in_fleet(window, subject, used)
                ):
                    found.append((window.budget, window.wait(now)))
                else:
                    free.append((window, subject, use))
            if count and not found:
                for window, subject, use in free:
                    window.count(subject, use, self._tell(window) if self.shared else 0)
        return found

    def count(self, bounds: Iterable[Bound[Budget]], subjects: Subjects, now: float) -> None:
        """Count a request that was let through."""
        with self._lock:
            for window, subject in self._held(bounds, subjects, now):
                window.count(subject, window.use(subject, now), self._tell(window) if self.shared else 0)

    def _held(self, bounds: Iterable[Bound[Budget]], subjects: Subjects, now: float) -> Iterator[tuple[Window, str]]:
        """Yield what a request is held to, and by what name."""
        for bound in bounds:
            subject = subjects[bound.over]
            if subject and (bound.always or bound.reaches(subjects, now)):
                window = self._windows.get(id(bound.rule))
                if window is not None:  # else the policy was replaced while this was decided on
                    yield window, subject if len(subject) <= MOST_NAME else _hashed(subject)

    def _over_in_fleet(self, window: Window, subject: str, used: int) -> bool:
        if self.alone and used >= max(1, window.limit // self.gateways):
            return True
        return used + window.others(subject) >= window.limit

    def _tell(self, window: Window) -> int:
        return max(1, int(window.limit * TELL / STEPS / self.gateways))

    def changes(self) -> list[Change]:
        """Return what was counted and not told the others of the fleet, and take it as told."""
        with self._lock:
            return [change for window in self._windows.values() for change in window.changes()]

    def learn(self, heard: Iterable[tuple[Change, Mapping[int, int]]]) -> None:
        """Take note of what the fleet counted: with a change, all requests of its subject by step."""
        with self._lock:
            windows = {window.name: window for window in self._windows.values()}
            for change, totals in heard:
                if change.budget in windows:
                    windows[change.budget].learn(change.subject, totals)

    def state(self) -> dict[str, dict[str, int]]:
        """Return, by budget, how many subjects are remembered and by how much a count may be too low."""
        with self._lock:
            return {
                window.name: {"subjects": window.subjects, "lost": window.lost} for window in self._windows.values()
            }

    def heaviest(self, most: int = 10) -> dict[str, list[Spent]]:
        """Return, by budget, the subjects that used most."""
        with self._lock:
            return {window.name: window.heaviest(most) for window in self._windows.values()}


def _hashed(subject: str) -> str:
    return blake2b(subject.encode("utf-8", "replace"), digest_size=16).hexdigest()
