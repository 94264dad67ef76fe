"""When an operator's accounts work: from a start to an end, a ban or the end of a short life."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.arrival_times import DAY, HOUR

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder
    from hydrometer.lab.simulate.networks import FloatArray, IntArray
    from hydrometer.lab.simulate.scenario import OperatorSpec

_GRID = 500
"""Moments at which it is measured how much of an operator's work is done."""
_RELIEF = 6 * HOUR
"""Within so long after an account's last day its successor begins."""


@dataclass(frozen=True, slots=True)
class WorkShifts:
    """When each account of a squad works, and how the work of the whole operator grows with time."""

    begins: IntArray
    ends: IntArray
    done: FloatArray
    """Share of all work that is done at each of `times`, from 0 to 1."""
    times: FloatArray

    def take(self, rows: slice) -> WorkShifts:
        """Return the shifts of some of the accounts."""
        return WorkShifts(self.begins[rows], self.ends[rows], self.done, self.times)


def measure_shifts(begins: IntArray, ends: IntArray) -> WorkShifts:
    """Return the shifts of accounts that work evenly from their beginning to their end."""
    times = np.linspace(begins.min(), ends.max(), _GRID)
    done = np.array([np.clip(time - begins, 0, ends - begins).sum() for time in times], dtype=np.float64)
    return WorkShifts(begins, ends, done / max(float(done[-1]), 1.0), times)


def draw_all_shifts(cohort: CohortBuilder, spec: OperatorSpec) -> WorkShifts:
    """Return the shifts of all accounts of the operator in the world; they are the same in every shard.

    With a ban, some accounts end there and a sleeping part begins after it; with churn, they relieve one another.
    """
    start, stop = cohort.start + int(spec.start_day * DAY), min(cohort.stop, cohort.start + int(spec.stop_day * DAY))

    def drawn(rng: np.random.Generator) -> WorkShifts:
        begins = start + (rng.random(spec.accounts) * spec.start_spread_hours * HOUR).astype(np.int64)
        ends = stop - (rng.random(spec.accounts) * spec.stop_spread_hours * HOUR).astype(np.int64)
        if spec.churn_days:
            begins, ends = _draw_lives(rng, spec.churn_days, begins, ends)
        if spec.ban_day is not None:
            ban = cohort.start + int(spec.ban_day * DAY)
            order = rng.permutation(spec.accounts)
            sleepers, awake = np.split(order, [round(spec.accounts * spec.dormant)])
            banned = awake[: round(len(awake) * spec.ban_share)]
            ends[banned] = np.minimum(ends[banned], ban)
            begins[sleepers] = ban + (rng.random(len(sleepers)) * spec.wake_hours * HOUR).astype(np.int64)
        return measure_shifts(begins, np.maximum(ends, begins + HOUR))

    shifts: WorkShifts = cohort.context.make_once(f"shifts of {spec.name}", drawn)
    return shifts


def draw_shifts(cohort: CohortBuilder, spec: OperatorSpec, count: int) -> WorkShifts:
    """Return the shifts of the accounts of this shard."""
    return draw_all_shifts(cohort, spec).take(slice(cohort.accounts_before, cohort.accounts_before + count))


def _draw_lives(
    rng: np.random.Generator, churn_days: float, begins: IntArray, ends: IntArray
) -> tuple[IntArray, IntArray]:
    """Return begins and ends of accounts that stand in lanes, of which each relieves the one before it in its lane.

    `begins` and `ends` are those of accounts that last; a lane takes them of its first account.
    """
    count = len(begins)
    lanes = min(count, max(1, round(count * churn_days * DAY / float((ends - begins).mean()))))
    lane = rng.permutation(count) % lanes
    lives = rng.gamma(6.0, size=count)
    fresh, gone = begins.copy(), ends.copy()
    for number in range(lanes):
        rows = np.flatnonzero(lane == number)
        first, last = int(begins[rows[0]]), int(ends[rows[0]])
        bounds = first + (last - first) * np.concatenate([[0.0], np.cumsum(lives[rows]) / lives[rows].sum()])
        waits = np.concatenate([[0.0], rng.random(len(rows) - 1) * _RELIEF])
        fresh[rows] = (bounds[:-1] + waits).astype(np.int64)
        gone[rows] = bounds[1:].astype(np.int64)
    return fresh, gone
