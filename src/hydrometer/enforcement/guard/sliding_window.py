"""A sliding window: what each of many subjects used of one budget, counted in bounded memory.

It slides in steps of an eighth. What lies in its last eight steps is counted, so that whoever keeps to N requests in
any stretch as long as the window is never over N; and at least seven eighths of the window are always counted.

A step remembers a bounded number of subjects (frequent items as Misra and Gries (1982) count them: when it is full, what
the median has is taken from all, and who has nothing left is forgotten). Counts are therefore never too high: an error
speaks for the customer. They are too low by at most `lost`, which is at most 2 in `capacity` of the step's requests.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydrometer.contract import Budget

STEPS = 8
CAPACITY = 16_384
"""Subjects that a step remembers."""


class BudgetChange(NamedTuple):
    """A count of a subject in one step that a gateway has not reported to the others yet."""

    budget: str
    """Name, window and limit: two budgets of one name but another size are not one."""
    step: int
    subject: str
    requests: int
    seconds: int
    """How long the others must keep it."""


class BudgetUsage(NamedTuple):
    """The state of a subject's budget."""

    subject: str
    requests: int
    limit: int


class SubjectUse:
    """The requests that one subject used of a budget."""

    __slots__ = ("before", "here", "reported")

    def __init__(self, before: int) -> None:
        self.before = before
        """In the steps before this one."""
        self.here = 0
        """In this step, counted here."""
        self.reported = 0
        """Of `here`, what was reported to the others."""


class _WindowStep:
    """One step of a window: what subjects used in it, here and in the rest of the fleet, and by how much that may be too low."""

    __slots__ = ("dirty", "fleet_requests", "lost", "number", "uses")

    def __init__(self, number: int) -> None:
        self.number, self.lost = number, 0
        self.uses: dict[str, SubjectUse] = {}
        self.fleet_requests: dict[str, int] = {}
        self.dirty: set[str] = set()


class SlidingWindow:
    """The sliding window of one budget."""

    def __init__(self, budget: Budget, capacity: int = CAPACITY) -> None:
        self.budget = budget
        self.limit, self.name = budget.requests, f"{budget.name}:{budget.over}:{budget.requests}:{budget.seconds}"
        self.seconds, self._step_seconds, self._capacity = budget.seconds, budget.seconds / STEPS, capacity
        self._steps: list[_WindowStep] = []
        self._began = self._ends = 0.0
        """Between which times the newest step counts."""
        self.has_fleet_counts = False
        """Whether others of a fleet ever reported requests."""

    def use(self, subject: str, now: float) -> SubjectUse:
        """Return what a subject used; one that is not remembered is from its first request on."""
        newest = self._steps[-1] if self._began <= now < self._ends else self._slide(now)
        return newest.uses.get(subject) or SubjectUse(
            sum([self._local_requests(step, subject) for step in self._steps])
        )

    def count(self, subject: str, use: SubjectUse, reporting_threshold: int) -> None:
        """Count a request on what `use` has just returned.

        reporting_threshold: requests of a step from which the others of a fleet hear of them, 0 for never.
        """
        if not use.here:
            self._remember(subject, use)
        use.here += 1
        if reporting_threshold and use.here >= reporting_threshold:
            self._steps[-1].dirty.add(subject)

    def fleet_requests(self, subject: str) -> int:
        """Return how many requests of a subject the others of a fleet reported."""
        return sum([step.fleet_requests.get(subject, 0) for step in self._steps])

    @staticmethod
    def _local_requests(step: _WindowStep, subject: str) -> int:
        use = step.uses.get(subject)
        return use.here if use is not None else 0

    def _remember(self, subject: str, use: SubjectUse) -> None:
        newest = self._steps[-1]
        if len(newest.uses) >= self._capacity:
            self._thin(newest)
        newest.uses[subject] = use

    @property
    def lost(self) -> int:
        """The number of requests by which a count may be too low at most."""
        return sum(step.lost for step in self._steps)

    @property
    def subjects(self) -> int:
        """The number of entries that are remembered."""
        return sum(len(step.uses) + len(step.fleet_requests) for step in self._steps)

    def heaviest(self, most: int) -> list[BudgetUsage]:
        """Return the subjects that used most, by the counts that are here."""
        total: dict[str, int] = {}
        for step in self._steps:
            for subject, use in step.uses.items():
                total[subject] = total.get(subject, 0) + use.here
            for subject, requests in step.fleet_requests.items():
                total[subject] = total.get(subject, 0) + requests
        top = sorted(total.items(), key=lambda entry: (-entry[1], entry[0]))[:most]
        return [BudgetUsage(subject, requests, self.limit) for subject, requests in top]

    def changes(self) -> list[BudgetChange]:
        """Return what was not reported to the others, and take it as reported."""
        changes = []
        for step in self._steps:
            dirty, step.dirty = step.dirty, set()
            for subject in sorted(dirty):
                use = step.uses.get(subject)
                if use is not None and (more := use.here - use.reported) > 0:
                    use.reported = use.here
                    kept = math.ceil(self.seconds + 2 * self._step_seconds) + 1
                    changes.append(BudgetChange(self.name, step.number, subject, more, kept))
        return changes

    def learn(self, subject: str, totals: Mapping[int, int]) -> None:
        """Take note of what the fleet counted of a subject, by step."""
        if not self._steps:
            return
        newest = self._steps[-1].number
        for number, total in totals.items():
            if newest - STEPS < number <= newest:
                step = self._step_at(number)
                use = step.uses.get(subject)
                others = total - (use.reported if use is not None else 0)
                if others > 0 and (subject in step.fleet_requests or len(step.fleet_requests) < self._capacity):
                    step.fleet_requests[subject] = others
                    self.has_fleet_counts = True

    def _step_at(self, number: int) -> _WindowStep:
        """Return the step of a number that is not newer than the newest, made where it is missing."""
        position = bisect_left(self._steps, number, key=lambda step: step.number)
        if self._steps[position].number != number:
            self._steps.insert(position, _WindowStep(number))
        return self._steps[position]

    def wait(self, now: float) -> int:
        """Return the whole seconds until the oldest step leaves the window."""
        return max(1, math.ceil(self._step_seconds - now % self._step_seconds))

    def _slide(self, now: float) -> _WindowStep:
        """Return the step that a request of a moment belongs to that the newest step does not cover."""
        number = int(now // self._step_seconds)
        steps = self._steps
        if steps and steps[-1].number - STEPS < number <= steps[-1].number:
            return steps[-1]  # a clock that was set back a little: time stands still until it has caught up
        if steps and number < steps[-1].number:
            steps.clear()
        while steps and steps[0].number <= number - STEPS:
            del steps[0]
        steps.append(_WindowStep(number))
        self._began, self._ends = number * self._step_seconds, (number + 1) * self._step_seconds
        return steps[-1]

    def _thin(self, step: _WindowStep) -> None:
        median = sorted([use.here for use in step.uses.values()])[len(step.uses) // 2]
        step.uses = {subject: use for subject, use in step.uses.items() if use.here > median}
        for use in step.uses.values():
            use.here -= median
            use.reported = max(0, use.reported - median)
        step.lost += median
