"""Budgets that many share: so many requests in a sliding window, counted in bounded memory.

A window slides in steps of an eighth. What lies in its last eight steps is counted, so that whoever keeps to N requests in
any stretch as long as the window is never over N; and at least seven eighths of the window are always seen.

A step remembers a bounded number of subjects (frequent items as Misra and Gries (1982) count them: when it is full, what
the median has is taken from all, and who has nothing left is forgotten). Counts are therefore never too high: an error
speaks for the customer. They are too low by at most `lost`, which is at most 2 in `capacity` of the step's requests.
"""

from __future__ import annotations

import math
import threading
from bisect import bisect_left
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hydrometer.contract.policy import Budget, Policy

STEPS = 8
CAPACITY = 16_384
"""Subjects that a step remembers."""
MOST_NAME = 96
"""Letters of a subject's name that are remembered as they are; a longer name by its hash."""
TELL = 0.02
"""Share of a budget that the gateways of a fleet, all together, may have counted and not yet told one another."""


class Change(NamedTuple):
    """What one gateway counted of a subject in one step and has not told the others yet."""

    budget: str
    """Name, window and limit: two budgets of one name but another size are not one."""
    step: int
    subject: str
    requests: int
    seconds: int
    """How long the others must keep it."""


Held = tuple[int, "Budget", str]
"""What a request is held to: place in the policy, budget, who shares it."""


class Spent(NamedTuple):
    """The state of a subject's budget."""

    subject: str
    requests: int
    limit: int


class _Step:
    __slots__ = ("counts", "dirty", "lost", "number", "others", "told")

    def __init__(self, number: int) -> None:
        self.number, self.lost = number, 0
        self.counts: dict[str, int] = {}
        self.told: dict[str, int] = {}
        self.others: dict[str, int] = {}
        self.dirty: set[str] = set()


class Window:
    """The sliding window of one budget."""

    def __init__(self, budget: Budget, capacity: int = CAPACITY) -> None:
        self.budget = budget
        self.limit, self.name = budget.requests, f"{budget.name}:{budget.over}:{budget.requests}:{budget.seconds}"
        self.seconds, self._step_seconds, self._capacity = budget.seconds, budget.seconds / STEPS, capacity
        self._steps: list[_Step] = []
        self._began = self._ends = 0.0
        """Between which times the newest step counts."""
        self._before: dict[str, int] = {}
        """What subjects used in the steps before the newest, of those that were asked about since it began."""
        self._heard = False
        """Whether others of a fleet ever told of requests."""

    def used(self, subject: str, now: float) -> tuple[int, int]:
        """Return what a subject used: (counted here, told by others)."""
        newest = self._steps[-1] if self._began <= now < self._ends else self._next(now)
        own = self._before.get(subject)
        if own is None:
            own = sum([step.counts.get(subject, 0) for step in self._steps[:-1]])
            if len(self._before) < self._capacity:
                self._before[subject] = own
        others = sum([step.others.get(subject, 0) for step in self._steps]) if self._heard else 0
        return own + newest.counts.get(subject, 0), others

    def count(self, subject: str, now: float, tell: int) -> None:
        """Count a request; `tell`: requests of a step from which the others of a fleet are told, 0 for never."""
        step = self._steps[-1] if self._began <= now < self._ends else self._next(now)
        have = step.counts.get(subject, 0) + 1
        if have == 1 and len(step.counts) >= self._capacity:
            self._thin(step)
        step.counts[subject] = have
        if tell and have >= tell:
            step.dirty.add(subject)

    @property
    def lost(self) -> int:
        """By how many requests a count may be too low at most."""
        return sum(step.lost for step in self._steps)

    @property
    def subjects(self) -> int:
        """Entries that are remembered."""
        return sum(len(step.counts) + len(step.others) for step in self._steps)

    def heaviest(self, most: int) -> list[Spent]:
        """Return the subjects that used most, as far as is known here."""
        total: dict[str, int] = {}
        for step in self._steps:
            for counts in (step.counts, step.others):
                for subject, requests in counts.items():
                    total[subject] = total.get(subject, 0) + requests
        top = sorted(total.items(), key=lambda entry: (-entry[1], entry[0]))[:most]
        return [Spent(subject, requests, self.limit) for subject, requests in top]

    def changes(self) -> list[Change]:
        """Return what the others have not been told, and take it as told."""
        found = []
        for step in self._steps:
            dirty, step.dirty = step.dirty, set()
            for subject in sorted(dirty):
                more = step.counts.get(subject, 0) - step.told.get(subject, 0)
                if more > 0:
                    step.told[subject] = step.told.get(subject, 0) + more
                    kept = math.ceil(self.seconds + 2 * self._step_seconds) + 1
                    found.append(Change(self.name, step.number, subject, more, kept))
        return found

    def learn(self, subject: str, totals: Mapping[int, int]) -> None:
        """Take note of what the fleet counted of a subject, by step."""
        if not self._steps:
            return
        newest = self._steps[-1].number
        for number, total in totals.items():
            if newest - STEPS < number <= newest:
                step = self._at(number)
                others = total - step.told.get(subject, 0)
                if others > 0 and (subject in step.others or len(step.others) < self._capacity):
                    step.others[subject] = others
                    self._heard = True

    def _at(self, number: int) -> _Step:
        """Return the step of a number that is not newer than the newest, made where it is missing."""
        place = bisect_left(self._steps, number, key=lambda step: step.number)
        if self._steps[place].number != number:
            self._steps.insert(place, _Step(number))
        return self._steps[place]

    def wait(self, now: float) -> int:
        """Return the whole seconds until the oldest step leaves the window."""
        return max(1, math.ceil(self._step_seconds - now % self._step_seconds))

    def _next(self, now: float) -> _Step:
        """Return the step that a request of a moment belongs to that the newest step does not cover."""
        number = int(now // self._step_seconds)
        steps = self._steps
        if steps and steps[-1].number - STEPS < number <= steps[-1].number:
            return steps[-1]  # a clock that was set back a little: time stands still until it has caught up
        if steps and number < steps[-1].number:
            steps.clear()
        while steps and steps[0].number <= number - STEPS:
            del steps[0]
        steps.append(_Step(number))
        self._before.clear()
        self._began, self._ends = number * self._step_seconds, (number + 1) * self._step_seconds
        return steps[-1]

    def _thin(self, step: _Step) -> None:
        counts = step.counts
        median = sorted(counts.values())[len(counts) // 2]
        step.counts = {subject: have - median for subject, have in counts.items() if have > median}
        step.told = {subject: have - median for subject, have in step.told.items() if subject in step.counts}
        step.lost += median


class Budgets:
    """The windows of a policy's budgets.

    `gateways` is how many share them. While the others cannot be heard (`alone`), a gateway keeps to its share of each
    budget.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._windows: list[Window] = []
        self._lock = threading.Lock()
        self.gateways, self.alone, self.shared = 1, False, False

    def adopt(self, policy: Policy) -> None:
        """Hold requests to the budgets of another policy; what a budget of the same name and size counted stays."""
        with self._lock:
            before = {window.name: window for window in self._windows}
            made = [Window(budget, self._capacity) for budget in policy.budgets]
            self._windows = [before.get(window.name, window) for window in made]
            for window, fresh in zip(self._windows, made, strict=True):
                window.budget = fresh.budget

    def over(self, held: Sequence[Held], now: float, *, count: bool = False) -> list[tuple[Budget, int]]:
        """Return the budgets that are used up, and the seconds until that may change.

        count: a request that is over none is let through, and counted.
        """
        found = []
        with self._lock:
            windows = self._windows
            for place, budget, subject in held:
                if place >= len(windows) or (window := windows[place]).budget is not budget:
                    continue  # the policy was replaced while this was decided on
                own, others = window.used(subject if len(subject) <= MOST_NAME else _hashed(subject), now)
                if own + others >= window.limit or (self.alone and own >= max(1, window.limit // self.gateways)):
                    found.append((budget, window.wait(now)))
            if count and not found:
                self._count(held, now)
        return found

    def count(self, held: Sequence[Held], now: float) -> None:
        """Count a request that was let through."""
        with self._lock:
            self._count(held, now)

    def _count(self, held: Sequence[Held], now: float) -> None:
        windows = self._windows
        for place, budget, subject in held:
            if place < len(windows) and (window := windows[place]).budget is budget:
                tell = max(1, int(window.limit * TELL / STEPS / self.gateways)) if self.shared else 0
                window.count(subject if len(subject) <= MOST_NAME else _hashed(subject), now, tell)

    def changes(self) -> list[Change]:
        """Return what was counted and not told the others of the fleet, and take it as told."""
        with self._lock:
            return [change for window in self._windows for change in window.changes()]

    def learn(self, heard: Iterable[tuple[Change, Mapping[int, int]]]) -> None:
        """Take note of what the fleet counted: with a change, all requests of its subject by step."""
        with self._lock:
            windows = {window.name: window for window in self._windows}
            for change, totals in heard:
                if change.budget in windows:
                    windows[change.budget].learn(change.subject, totals)

    def state(self) -> dict[str, dict[str, int]]:
        """Return, by budget, how many subjects are remembered and by how much a count may be too low."""
        with self._lock:
            return {window.name: {"subjects": window.subjects, "lost": window.lost} for window in self._windows}

    def heaviest(self, most: int = 10) -> dict[str, list[Spent]]:
        """Return, by budget, the subjects that used most."""
        with self._lock:
            return {window.name: window.heaviest(most) for window in self._windows}


def _hashed(subject: str) -> str:
    return blake2b(subject.encode("utf-8", "replace"), digest_size=16).hexdigest()
