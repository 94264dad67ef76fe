"""Hours and release days of actors against those of a campaign, with nulls of rotation.

A p-value becomes evidence by the calibrator e = ½ p^(−½) (Vovk & Wang, "E-values: calibration, combination and
applications", 2021): on average it gives no evidence where there is none, and takes one bit off where nothing fits.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.contract import ActorRelease, CampaignExhibit, WorkingHours
    from hydrometer.detection.population import Floats

RHYTHM = 0.25
"""Least spread of the statistic over the rotations, relative to its mean, for there to be hours at all."""
LEAST_DAYS = 5
"""Days with traffic below which nothing is said of hours."""
LEAD = 21.0
"""Days before a release in which what goes into it is gathered: the weight of a day falls by e in so many."""
YEAR = 365


def calibrate_p_value(p: float) -> float:
    """Return the bits of a p-value: log2 of ½ p^(−½), from −1 up."""
    return -1.0 - 0.5 * math.log2(p)


def compute_hours_p_value(exhibit: CampaignExhibit, hours: WorkingHours) -> float | None:
    """Return how often a rotation of the campaign's hours fits an actor's working hours as well; None without a rhythm.

    Statistic: exchanges within working hours. Null: the series of hourly counts, turned in a circle by any number of hours
    (which shifts hours and days), is as likely as the one seen; exact, the one seen being among them. Whether there is a
    rhythm is judged by what no rotation changes.

    Raises:
        ValueError: the timezone is unknown.
    """
    counts = np.asarray(exhibit.hour_by_day, dtype=np.float64).ravel()
    if counts.size == 0 or np.count_nonzero(np.asarray(exhibit.exchanges_by_day)) < LEAST_DAYS:
        return None
    worked = _mark_working_hours(date.fromisoformat(exhibit.days[0]), counts.size, hours)
    fits = _sum_rotations(counts, worked)
    mean = float(fits.mean())
    if mean <= 0 or float(fits.max() - fits.min()) < RHYTHM * mean:
        return None
    return _compute_fitting_share(fits)


def compute_releases_p_value(exhibit: CampaignExhibit, releases: Sequence[ActorRelease]) -> float | None:
    """Return how often a calendar turned by any number of days of a year fits the harvest as well; None where none fits.

    Statistic: harvested exchanges, each weighted by exp(−days to the next release / 21), which is 0 when none follows.
    Null: the actor's releases of the years around the harvest, turned in a circle of 365 days.
    """
    harvest = np.asarray(exhibit.harvested_by_day, dtype=np.float64)
    if harvest.sum() <= 0 or not releases:
        return None
    first = date.fromisoformat(exhibit.days[0])
    days = sorted({(release.day - first).days for release in releases})
    near = [day for day in days if -YEAR // 2 <= day < YEAR - YEAR // 2]
    if not near:
        return None
    calendar = np.zeros(YEAR)
    calendar[[day % YEAR for day in near]] = 1.0
    wait = np.full(YEAR, np.inf)
    following = math.inf
    for day in (*range(YEAR - 1, -1, -1), *range(YEAR - 1, -1, -1)):
        following = 0.0 if calendar[day] else following + 1
        wait[day] = following
    weight = np.exp(-wait / LEAD)
    fits = _sum_rotations(weight, np.bincount(np.arange(harvest.size) % YEAR, harvest, YEAR).astype(np.float64))
    return _compute_fitting_share(fits)


def compute_succession_p_value(begins: datetime, stopped: datetime, span: tuple[datetime, datetime]) -> float | None:
    """Return how often accounts that wake at any time of the traffic would wake as soon after a ban; None if before it."""
    wait, whole = (begins - stopped).total_seconds(), (span[1] - span[0]).total_seconds()
    if wait < 0 or whole <= 0 or not span[0] <= stopped <= span[1]:
        return None
    return min(1.0, max(wait, 3_600.0) / whole)


def _sum_rotations(turned: Floats, fixed: Floats) -> Floats:
    """Return the sum of turned × fixed for every rotation of the first, the first being none."""
    sums = np.fft.irfft(np.fft.rfft(fixed) * np.conj(np.fft.rfft(turned)), turned.size)
    return np.asarray(sums, dtype=np.float64)


def _compute_fitting_share(fits: Floats) -> float:
    """Return the share of the rotations that fit at least as well as the first, up to rounding."""
    slack = 1e-9 * max(1.0, float(np.abs(fits).max()))
    return float(np.count_nonzero(fits >= fits[0] - slack) / fits.size)


def load_zone(habit: WorkingHours) -> ZoneInfo:
    """Return the timezone; raises ValueError where it is not known here."""
    try:
        return ZoneInfo(habit.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown timezone {habit.timezone}") from error


def _mark_working_hours(first: date, hours: int, habit: WorkingHours) -> Floats:
    """Return 1 for each hour (UTC) from midnight of `first` on that is worked, else 0."""
    zone = load_zone(habit)
    begin = datetime(first.year, first.month, first.day, tzinfo=UTC)
    worked = np.zeros(hours)
    for hour in range(hours):
        local = (begin + timedelta(hours=hour, minutes=30)).astimezone(zone)
        now = local.hour + local.minute / 60
        within = habit.start <= now < habit.end if habit.start <= habit.end else now >= habit.start or now < habit.end
        worked[hour] = within and local.weekday() in habit.days and local.date() not in habit.holidays
    return worked
