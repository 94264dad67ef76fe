"""When an operator's accounts send: a queue, people's hours, bursts, sittings, or the tasks of a few workers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from heapq import heapify, heapreplace
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate import arrival_times
from hydrometer.lab.simulate.arrival_times import DAY, SECOND, HumanRhythm
from hydrometer.lab.simulate.operator_shifts import draw_all_shifts

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder
    from hydrometer.lab.simulate.egress import OperatorEgress
    from hydrometer.lab.simulate.networks import FloatArray, IntArray
    from hydrometer.lab.simulate.operator_shifts import WorkShifts
    from hydrometer.lab.simulate.scenario import OperatorSpec

_SITTING = 6.0
"""Exchanges of a sitting, about."""
_SITTING_GAP = 40.0
"""Median seconds between two exchanges of a sitting."""
_SITTING_PAUSE = 8 * 60.0
"""Mean seconds between two sittings at one desk."""
_DESK_USE = 0.4
"""Share of the time in which a desk is used, at most: sittings take as few desks as this allows."""
_SERVICE = 14.0
"""Median seconds that a worker holds a task."""
_LEAST_SERVICE, _MOST_SERVICE = 2.0, 60.0


@dataclass(frozen=True, slots=True)
class OperatorSquad:
    """The accounts of an operator that are in one shard, and what they work with."""

    cohort: CohortBuilder
    spec: OperatorSpec
    pool: IntArray
    """Rows of the accounts in the cohort."""
    egress: OperatorEgress
    shifts: WorkShifts


@dataclass(frozen=True, slots=True)
class OperatorWork:
    """When which account does a piece of work; `owner` holds indices into the pool."""

    owner: IntArray
    at: IntArray
    sitting: IntArray | None = None
    """The number of its sitting, where accounts sit down."""
    effort: FloatArray | None = None
    """How long a worker holds it, as a multiple of the median, where workers do."""

    def select(self, keep: IntArray) -> OperatorWork:
        """Return some of the work."""
        return OperatorWork(
            self.owner[keep],
            self.at[keep],
            None if self.sitting is None else self.sitting[keep],
            None if self.effort is None else self.effort[keep],
        )


def draw_harvest_work(squad: OperatorSquad) -> OperatorWork:
    """Return the harvesting work of a squad, in the operator's rhythm."""
    cohort, spec = squad.cohort, squad.spec
    if spec.workers:
        # A worker serves the accounts of all shards: the whole work is drawn in each, and each takes its own.
        shifts = draw_all_shifts(cohort, spec)
        work: OperatorWork = cohort.context.make_once(
            f"work of {spec.name}", lambda rng: _draw_services(rng, spec, shifts)
        )
        first = cohort.accounts_before
        mine = work.select(np.flatnonzero((work.owner >= first) & (work.owner < first + len(squad.pool))))
        return replace(mine, owner=mine.owner - first)
    if spec.rhythm == "sittings":
        return _draw_sittings(squad)
    return OperatorWork(*draw_work_times(squad, spec.rate))


def _draw_quotas(rng: np.random.Generator, spec: OperatorSpec, shifts: WorkShifts, rate: float) -> IntArray:
    """Return how many exchanges each account sends in its shift."""
    count = len(shifts.begins)
    load = rng.lognormal(0.0, spec.unequal, count) if spec.unequal else np.ones(count)
    exact = rate * (shifts.ends - shifts.begins) / DAY * load
    return np.floor(exact + rng.random(count)).astype(np.int64)


def draw_work_times(squad: OperatorSquad, rate: float) -> tuple[IntArray, IntArray]:
    """Return (index into the pool, time) of the work: each account's quota inside its shift, in the operator's rhythm."""
    cohort, spec, pool, shifts = squad.cohort, squad.spec, squad.pool, squad.shifts
    rng, begins, ends = cohort.rng, shifts.begins, shifts.ends
    quota = _draw_quotas(rng, spec, shifts, rate)
    if spec.rhythm == "human":
        owner, at, _ = arrival_times.draw_human_times(
            rng,
            quota,
            cohort.offset[pool],
            HumanRhythm(int(begins.min()), float(ends.max() - begins.min()) / DAY, session=5.0),
            first=begins,
            last=ends if spec.churn_days else None,
        )
        keep = at < ends[owner]
        return owner[keep], at[keep]
    if not quota.sum():
        return np.empty(0, np.int64), np.empty(0, np.int64)
    owner = _deal_in_turn(rng, quota, begins, ends)
    if spec.rhythm == "bursts":
        common = cohort.context.shared_generator(f"bursts of {spec.name}")
        first, last = (int(shifts.times[end]) for end in (0, -1))
        at = arrival_times.draw_burst_times(rng, len(owner), first, last, common=common)
    else:
        at = np.interp(_draw_queue_turns(cohort, spec, len(owner)), shifts.done, shifts.times).astype(np.int64)
    return _reassign_off_shift(rng, owner, at, begins, ends)


def _deal_in_turn(rng: np.random.Generator, quota: IntArray, begins: IntArray, ends: IntArray) -> IntArray:
    """Return whose turn each exchange of a queue is: accounts take turns, each inside its shift."""
    owner = np.repeat(np.arange(len(quota), dtype=np.int64), quota)
    ordinal = np.arange(len(owner)) - np.repeat(np.cumsum(quota) - quota, quota)
    turn = (ordinal + rng.random(len(quota))[owner] + rng.normal(0, 0.1, len(owner))) / np.maximum(1, quota[owner])
    return owner[np.argsort(begins[owner] + np.clip(turn, 0, 1) * (ends - begins)[owner], kind="stable")]


def _reassign_off_shift(
    rng: np.random.Generator, owner: IntArray, at: IntArray, begins: IntArray, ends: IntArray
) -> tuple[IntArray, IntArray]:
    """Return (index into the pool, time) with the work of accounts off shift dealt to others, or dropped if all are."""
    for _ in range(40):
        off = np.flatnonzero((at < begins[owner]) | (at >= ends[owner]))
        owner[off] = rng.integers(0, len(begins), len(off))
    on = (at >= begins[owner]) & (at < ends[owner])
    return owner[on], at[on]


def _draw_queue_turns(cohort: CohortBuilder, spec: OperatorSpec, count: int) -> FloatArray:
    """Return where in the queue, from 0 to 1, each of `count` exchanges stands; squads take every so manieth turn."""
    if cohort.shards == 1:
        return arrival_times.draw_queue_steps(cohort.rng, count, spec.jitter)
    total = max(cohort.shards, round(spec.accounts * spec.rate * (spec.stop_day - spec.start_day)))
    queue: FloatArray = cohort.context.make_once(
        f"queue of {spec.name}", lambda draws: arrival_times.draw_queue_steps(draws, total, spec.jitter)
    )
    own = queue[cohort.shard :: cohort.shards]
    more = max(0, count - len(own))
    drawn = cohort.rng.choice(len(own), count - more, replace=False)
    return np.sort(np.concatenate([own[drawn], cohort.rng.random(more)]))


def _draw_sittings(squad: OperatorSquad) -> OperatorWork:
    """Return work in sittings, as people have them: several exchanges of one account in a row, then a pause.

    Sittings take as few desks as they can do with; at a desk there is one at a time.
    """
    rng, begins, ends = squad.cohort.rng, squad.shifts.begins, squad.shifts.ends
    owner, at, number = arrival_times.draw_human_times(
        rng,
        _draw_quotas(rng, squad.spec, squad.shifts, squad.spec.rate),
        squad.cohort.offset[squad.pool],
        HumanRhythm(
            int(begins.min()),
            float(ends.max() - begins.min()) / DAY,
            session=_SITTING,
            gap_seconds=_SITTING_GAP,
            weekend=0.8,
        ),
        first=begins,
        last=ends,
    )
    if not len(owner):
        return OperatorWork(owner, at, number)
    sittings = int(number.max()) + 1
    starts, stops = np.full(sittings, np.iinfo(np.int64).max), np.zeros(sittings, np.int64)
    np.minimum.at(starts, number, at)
    np.maximum.at(stops, number, at)
    busy = stops > 0
    lengths = np.maximum(0, stops - starts) + (rng.exponential(_SITTING_PAUSE, sittings) * SECOND).astype(np.int64)
    desks = max(1, int(np.ceil(lengths[busy].sum() / (_DESK_USE * (int(ends.max()) - int(begins.min()))))))
    order = np.argsort(starts, kind="stable")[: int(busy.sum())]
    moved = starts.copy()
    for desk in range(desks):
        mine = order[desk::desks]
        lead = np.cumsum(lengths[mine]) - lengths[mine]
        moved[mine] = lead + np.maximum.accumulate(starts[mine] - lead)
    at = at + (moved - starts)[number]
    on = np.flatnonzero(at < ends[owner])
    return OperatorWork(owner, at, number).select(on[np.argsort(at[on], kind="stable")])


def _draw_services(rng: np.random.Generator, spec: OperatorSpec, shifts: WorkShifts) -> OperatorWork:
    """Return the work of `spec.workers` workers, each of whom holds one task at a time, on every day from the pool's hour
    until the day's tasks are done; the next task goes to another account."""
    begins, ends = shifts.begins, shifts.ends
    owner = _deal_in_turn(rng, _draw_quotas(rng, spec, shifts, spec.rate), begins, ends)
    if not len(owner):
        return OperatorWork(owner, owner, effort=np.empty(0))
    due = np.interp(arrival_times.draw_queue_steps(rng, len(owner), spec.jitter), shifts.done, shifts.times)
    opening = rng.random() * DAY
    ready = np.maximum(due // DAY * DAY + opening - (due % DAY < opening) * DAY, float(begins.min())).astype(np.int64)
    service = rng.lognormal(np.log(_SERVICE), 0.7, len(owner)).clip(_LEAST_SERVICE, _MOST_SERVICE)
    at = _serve_in_order(ready, (service * SECOND).astype(np.int64), spec.workers)
    order = np.argsort(at, kind="stable")
    at, service = at[order], service[order]
    on = (at >= begins.min()) & (at < ends.max())
    owner = _choose_others(rng, owner[on], at[on], begins, ends)
    kept = np.flatnonzero(owner >= 0)
    return OperatorWork(owner[kept], at[on][kept], effort=service[on][kept] / _SERVICE)


def _serve_in_order(ready: IntArray, service: IntArray, workers: int) -> IntArray:
    """Return when each task begins: one after another, as soon as it is ready and a worker is free."""
    free = [0] * workers
    heapify(free)
    begun = []
    for moment, length in zip(ready.tolist(), service.tolist(), strict=True):
        begin = max(moment, free[0])
        heapreplace(free, begin + length)
        begun.append(begin)
    return np.array(begun, dtype=np.int64)


def _choose_others(
    rng: np.random.Generator, owner: IntArray, at: IntArray, begins: IntArray, ends: IntArray
) -> IntArray:
    """Return the owners with every one off shift, or the same as of the task before, changed for another; -1 if none is."""
    chosen = owner.copy()
    for _ in range(60):
        off = (at < begins[chosen]) | (at >= ends[chosen])
        again = np.concatenate([[False], chosen[1:] == chosen[:-1]]) & (len(begins) > 1)
        rows = np.flatnonzero(off | again)
        if not len(rows):
            break
        chosen[rows] = rng.integers(0, len(begins), len(rows))
    return np.where((at < begins[chosen]) | (at >= ends[chosen]), -1, chosen)
