"""When exchanges happen: people's hours and sessions, queues, bursts, and jobs with a timetable. Times are µs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from hydrometer.lab.simulate.networks import FloatArray, IntArray

SECOND = 1_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR

_HOURS = np.array([2, 1, 0.6, 0.4, 0.4, 0.6, 1.5, 3.5, 6, 8.5, 9, 8.5, 7, 8, 9, 9, 8.5, 7.5, 6.5, 6.5, 7, 7, 5.5, 3.5])
"""A customer's day in local time, by hour."""
WORK_HOURS = np.array([0, 0, 0, 0, 0, 0, 0.1, 1, 4, 8, 9, 9, 5, 6, 9, 9, 8, 6, 3, 1, 0.5, 0.3, 0.1, 0])
"""An employee's day in local time, by hour."""
EVENING_HOURS = np.array(
    [3, 1, 0.4, 0.2, 0.1, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1, 1.2, 1.2, 1.5, 2, 3, 5, 7, 9, 10, 10, 8, 5]
)
"""A player's day in local time, by hour."""


def draw_heavy_tailed(
    rng: np.random.Generator, count: int, median: float, spread: float = 1.2, most: float = 4_000
) -> IntArray:
    """Return `count` volumes of at least 1: log-normal with that median, and `spread` as the logarithm's deviation."""
    return np.clip(np.rint(rng.lognormal(np.log(median), spread, count)), 1, most).astype(np.int64)


@dataclass(frozen=True, slots=True)
class HumanRhythm:
    """When people are at work: `days` from `start` (µs), in sessions."""

    start: int
    days: float
    session: float = 4.0
    """Exchanges of a session, about."""
    gap_seconds: float = 75.0
    """Median time between two exchanges of a session."""
    weekend: float = 0.45
    """What a day of a weekend counts for."""
    hours: FloatArray | None = None
    """Weights of the 24 hours of a local day; a customer's day where they are not given."""
    day_weights: FloatArray | None = None
    """What each day of the span counts for, besides."""
    own_hours: float = 2.2
    """Hours by which people's days are shifted against each other (standard deviation)."""


@dataclass(frozen=True, slots=True)
class BurstRhythm:
    """Bursts of about `hours`, one about every `every` hours, whatever the clock says."""

    hours: float = 5.0
    every: float = 17.0


USUAL_BURSTS = BurstRhythm()


def draw_human_times(
    rng: np.random.Generator,
    counts: IntArray,
    offsets: IntArray,
    rhythm: HumanRhythm,
    first: IntArray | None = None,
    last: IntArray | None = None,
) -> tuple[IntArray, IntArray, IntArray]:
    """Return (owner, time, session number) for `counts` exchanges of people at `offsets` hours from UTC.

    People have an own best hour and own active days. `first`, if given, is the earliest time of each owner; after the day
    of `last` none is active. Times beyond the span are pulled back into it by a day at a time.
    """
    start, days = rhythm.start, rhythm.days
    owners_of_session = np.repeat(
        np.arange(len(counts)), np.maximum(1, np.rint(counts / rhythm.session)).astype(np.int64)
    )
    sessions = len(owners_of_session)
    whole_days = max(1, int(np.ceil(days)))
    weekday = (start // DAY + 3 + np.arange(whole_days)) % 7
    day_weight = np.where(weekday >= 5, rhythm.weekend, 1.0)
    if rhythm.day_weights is not None:
        day_weight = day_weight * rhythm.day_weights[:whole_days]
    by_hour = _HOURS if rhythm.hours is None else rhythm.hours
    eagerness = rng.gamma(0.6, size=(len(counts), whole_days)) * day_weight + 1e-9
    if first is not None:
        eagerness[np.arange(whole_days)[None, :] < ((first - start) // DAY)[:, None]] = 0.0
        eagerness[:, -1] += 1e-12
    if last is not None:
        eagerness[np.arange(whole_days)[None, :] > ((last - start) // DAY)[:, None]] = 0.0
    bounds = np.cumsum(eagerness, axis=1)
    bounds = (bounds / bounds[:, -1:] + np.arange(len(counts))[:, None]).ravel()
    day = np.searchsorted(bounds, owners_of_session + rng.random(sessions)) - owners_of_session * whole_days
    day = np.clip(day, 0, whole_days - 1)
    shift = rng.normal(0, rhythm.own_hours, len(counts))
    hour = rng.choice(24, size=sessions, p=by_hour / by_hour.sum()) + rng.random(sessions)
    local = hour + shift[owners_of_session] - offsets[owners_of_session]
    begin = start + (day * DAY + (local % 24) * HOUR).astype(np.int64)
    owner = np.repeat(np.arange(len(counts)), counts)
    session_base = np.concatenate([[0], np.cumsum(np.bincount(owners_of_session, minlength=len(counts)))[:-1]])
    per_owner = np.bincount(owners_of_session, minlength=len(counts))
    number = session_base[owner] + (rng.random(len(owner)) * per_owner[owner]).astype(np.int64)
    order = np.argsort(number, kind="stable")
    owner, number = owner[order], number[order]
    gaps = rng.lognormal(np.log(rhythm.gap_seconds * SECOND), 1.0, len(owner))
    fresh = np.concatenate([[True], number[1:] != number[:-1]]) if len(owner) else np.zeros(0, dtype=bool)
    gaps[fresh] = 0.0
    run = np.cumsum(gaps)
    lead = np.maximum.accumulate(np.where(fresh, run, 0.0))
    at = begin[number] + (run - lead).astype(np.int64)
    if first is not None:
        late = at < first[owner]
        at[late] = first[owner][late] + (rng.exponential(2 * HOUR, int(late.sum()))).astype(np.int64)
    return owner.astype(np.int64), wrap_into_span(rng, at, start, start + int(days * DAY)), number.astype(np.int64)


def wrap_into_span(rng: np.random.Generator, at: IntArray, start: int, stop: int) -> IntArray:
    """Return times with those outside [start, stop) put somewhere inside, at the same time of day where that fits."""
    late = at >= stop
    at = np.where(late, at - DAY * ((at - stop) // DAY + 1), at)
    outside = (at < start) | (at >= stop)
    at[outside] = start + (rng.random(int(outside.sum())) * (stop - start)).astype(np.int64)
    return at.astype(np.int64)


def draw_queue_steps(rng: np.random.Generator, count: int, jitter: float) -> FloatArray:
    """Return `count` positions in [0, 1) of one work queue: even steps at jitter 0, a Poisson stream at jitter 1."""
    ends = np.cumsum((1 - jitter) + jitter * rng.exponential(1.0, count))
    return np.asarray(ends / max(float(ends[-1]) + 0.5, 1.0) if count else ends)


def draw_queue_times(rng: np.random.Generator, count: int, start: int, stop: int, jitter: float) -> IntArray:
    """Return `count` times of one work queue: even steps at jitter 0, a Poisson stream at jitter 1."""
    return (start + draw_queue_steps(rng, count, jitter) * (stop - start)).astype(np.int64)


def draw_burst_times(
    rng: np.random.Generator,
    count: int,
    start: int,
    stop: int,
    rhythm: BurstRhythm = USUAL_BURSTS,
    common: np.random.Generator | None = None,
) -> IntArray:
    """Return `count` times in bursts between `start` and `stop` (µs).

    When the bursts are and how strong is drawn from `common`, if given, so that several callers have the same.
    """
    bursts = common or rng
    steps = bursts.uniform(0.6, 1.4, 400)
    begins = start + (np.cumsum(steps) * rhythm.every * HOUR).astype(np.int64) - int(rhythm.every * HOUR * 0.6)
    begins = begins[begins < stop]
    if len(begins) == 0:
        begins = np.array([start], dtype=np.int64)
    weight = bursts.gamma(2.0, size=len(begins))
    which = rng.choice(len(begins), size=count, p=weight / weight.sum())
    at = begins[which] + (rng.random(count) * rhythm.hours * HOUR).astype(np.int64)
    return np.sort(wrap_into_span(rng, at.astype(np.int64), start, stop))


def schedule_jobs(
    rng: np.random.Generator,
    begins: IntArray,
    run_length: IntArray,
    *,
    gap_seconds: float = 4.0,
    slack_seconds: float = 40.0,
) -> tuple[IntArray, IntArray]:
    """Return (run, time) of jobs that start at `begins`, up to `slack_seconds` late, of `run_length` exchanges each."""
    run = np.repeat(np.arange(len(begins)), run_length)
    gaps = rng.gamma(3.0, gap_seconds / 3.0, len(run))
    fresh = np.concatenate([[True], run[1:] != run[:-1]]) if len(run) else np.zeros(0, dtype=bool)
    gaps[fresh] = 0.0
    total = np.cumsum(gaps)
    lead = np.maximum.accumulate(np.where(fresh, total, 0.0))
    slack = rng.random(len(begins)) * slack_seconds
    return run.astype(np.int64), (begins[run] + (total - lead + slack[run]) * SECOND).astype(np.int64)
