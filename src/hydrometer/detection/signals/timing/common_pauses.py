"""A pool that falls silent as one, for hours, at ever other times of the day.

People of one place sleep at one hour, every day the same; people of many places never all rest. A pool that is switched on and off is silent
altogether, now at noon, now at midnight. Statistic: hours without any member at work, against what the members' own days and hours of the
day make likely: the product of both margins is a Poisson rate of accounts at work in an hour, and a sum of silences is near to normal (after Le
Cam 1960; `RUN` hours hang together). It is counted
only where the silences of four hours and more lie spread over the clock: those of a night or of a weekend do not. Hours in which
everybody is silent, an outage, are left out.

Honest who show it: events that run in shifts; crowds that few are in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.population.memo import memoize
from hydrometer.detection.population.org_panel import list_panel_accounts
from hydrometer.detection.signals.signal import Signal, SignalFinding
from hydrometer.detection.signals.tail_probabilities import normal_tail

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import Bools, Floats, Ints, Population

HOUR = 3_600_000_000
DAY = 24 * HOUR
FEWEST_DAYS, FEWEST_WORKING = 3, 60
"""Whole days, and hours of single accounts at work, below which nothing is said."""
LONG, FEWEST_PAUSES = 4, 4
"""Hours of a silence that counts as a pause, and pauses that must be there."""
SPREAD = 0.6
"""Most concentration of the pauses on the clock (resultant length, 0 to 1): nights of one place have 0.9 and more."""
RUN = 4.0
"""Hours that hang together: as many silent ones count as one."""
OUTAGE = 0.2
"""Share of its usual traffic below which everybody is silent."""


@dataclass(frozen=True, slots=True)
class _Pauses:
    """Silent hours of a group, and what was to be expected."""

    silent: int
    expected: float
    deviation: float
    count: int
    hours: float
    """Median length of the pauses."""
    concentration: float


def test(group: AccountGroup) -> SignalFinding | None:
    """Hours without any member at work, where they lie spread over the clock."""
    pauses = _measure_pauses(group)
    if pauses is None or pauses.count < FEWEST_PAUSES or pauses.concentration > SPREAD:
        return None
    return SignalFinding(
        pauses.silent / max(1.0, pauses.expected),
        normal_tail((pauses.silent - pauses.expected) / pauses.deviation),
        f"All members fall silent together {pauses.count} times, for {pauses.hours:.0f} hours (median), at ever other times of the day: "
        f"{pauses.silent} hours without any of them, {pauses.expected:.0f} by their own days and hours.",
    )


def _measure_pauses(group: AccountGroup) -> _Pauses | None:
    population = group.population
    time = population.events.time[group.events]
    if time.size < FEWEST_WORKING or group.size < 4:
        return None
    first = int(np.quantile(time, 0.02)) // DAY + 1
    last = int(np.quantile(time, 0.98)) // DAY
    if last - first < FEWEST_DAYS:
        return None
    inside = (time >= first * DAY) & (time < last * DAY)
    hour = (time[inside] - first * DAY) // HOUR
    org = population.org[group.owners[inside]]
    hours = 24 * (last - first)
    working = np.bincount(np.unique(org * hours + hour) % hours, minlength=hours).astype(np.float64)
    if working.sum() < FEWEST_WORKING:
        return None
    by_day = working.reshape(-1, 24)
    rate = np.outer(by_day.sum(axis=1), by_day.sum(axis=0)).ravel() / working.sum()
    counted = ~_mask_outages(population, first, hours)
    alone = np.exp(-rate[counted])
    silent = (working == 0) & counted
    lengths, middles = _list_stretches(silent)
    long = lengths >= LONG
    angles = middles[long] % 24 / 24 * 2 * math.pi
    return _Pauses(
        silent=int(silent.sum()),
        expected=float(alone.sum()),
        deviation=math.sqrt(max(1.0, RUN * float(np.sum(alone * (1 - alone))))),
        count=int(long.sum()),
        hours=float(np.median(lengths[long])) if long.any() else 0.0,
        concentration=float(np.abs(np.mean(np.exp(1j * angles)))) if long.any() else 1.0,
    )


def _list_stretches(silent: Bools) -> tuple[Ints, Floats]:
    """Return lengths and middles, in hours, of the stretches of silent hours."""
    edges = np.diff(np.concatenate([[0], silent.astype(np.int8), [0]]))
    begins, ends = np.nonzero(edges == 1)[0], np.nonzero(edges == -1)[0]
    return ends - begins, (begins + ends) / 2.0


def _mask_outages(population: Population, first: int, hours: int) -> Bools:
    """Return the hours, from a day's midnight on, in which everybody sends far less than usual."""
    begin, counts = memoize(population, _count_panel_hours)
    usual = float(np.median(counts)) if counts.size else 0.0
    at = np.arange(hours) + first * 24 - begin
    within = (at >= 0) & (at < counts.size)
    traffic = np.where(within, counts[np.clip(at, 0, max(0, counts.size - 1))] if counts.size else 0.0, usual)
    mask: Bools = traffic < OUTAGE * usual
    return mask


def _count_panel_hours(population: Population) -> tuple[int, Floats]:
    """Return the first hour since 1970, and the panel's exchanges in each hour from it on."""
    events = population.events
    hour = events.time[events.list_exchanges(list_panel_accounts(population))] // HOUR
    if not hour.size:
        return 0, np.zeros(0)
    begin = int(hour.min())
    return begin, np.bincount((hour - begin).astype(np.int64)).astype(np.float64)


SIGNAL = Signal(
    name="common_pauses",
    family="timing",
    axis="coordination",
    null="members rest by their own days and hours, each by itself",
    needs=(),
    costs="pools that are switched on and off",
    cap=7.0,
    kind="operation",
    cause="one work queue",
    test=test,
)
