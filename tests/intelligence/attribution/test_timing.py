"""The nulls of rotation are what they say: p-values are uniform where nothing is, and small where something is."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.intel_builders import START, exhibit
from hydrometer.contract.intel_records import ActorRelease, WorkingHours
from hydrometer.intelligence.attribution.timing import (
    YEAR,
    calibrate_p_value,
    compute_hours_p_value,
    compute_releases_p_value,
    compute_succession_p_value,
)

SHANGHAI = WorkingHours(timezone="Asia/Shanghai")


def grid(hour_weights: list[float], seed: int, shift: int = 0) -> list[list[int]]:
    """Fourteen days of hourly counts of one rhythm, turned by a number of hours."""
    rng = np.random.default_rng(seed)
    rates = np.roll(np.tile(np.array(hour_weights), 14), shift)
    return [list(map(int, row)) for row in rng.poisson(rates).reshape(14, 24)]


OFFICE = [0.0] + [30.0] * 9 + [1.0] * 14
"""Nine to six in Shanghai, in UTC."""


def test_p_values_are_uniform_when_the_rhythm_stands_anywhere() -> None:
    rng = np.random.default_rng(5)
    found = [
        compute_hours_p_value(exhibit(hour_by_day=grid(OFFICE, n, int(rng.integers(0, 14 * 24)))), SHANGHAI)
        for n in range(400)
    ]
    values = np.array([p for p in found if p is not None])
    assert values.size == 400
    for level in (0.05, 0.1, 0.25, 0.5, 0.75):
        share = float(np.mean(values <= level))
        assert abs(share - level) < 3.5 * np.sqrt(level * (1 - level) / 400) + 1 / (14 * 24)


def test_hours_that_fit_give_a_small_p_value_and_those_of_the_night_a_large_one() -> None:
    fits = compute_hours_p_value(exhibit(hour_by_day=grid(OFFICE, 1)), SHANGHAI)
    night = compute_hours_p_value(exhibit(hour_by_day=grid(OFFICE, 1, 12)), SHANGHAI)
    assert fits is not None
    assert night is not None
    assert fits < 0.15
    assert night > 0.7


def test_traffic_without_hours_says_nothing() -> None:
    assert compute_hours_p_value(exhibit(), SHANGHAI) is None
    assert compute_hours_p_value(exhibit(hour_by_day=[[0] * 24] * 14), SHANGHAI) is None


def test_holidays_and_weekends_are_not_worked() -> None:
    monday = START.date()
    weekdays = [[0] + [30] * 9 + [0] * 14 if day % 7 < 5 else [0] * 24 for day in range(14)]
    kept = compute_hours_p_value(exhibit(hour_by_day=weekdays), SHANGHAI)
    off = WorkingHours(timezone="Asia/Shanghai", holidays=tuple(monday + timedelta(days=d) for d in range(14)))
    assert kept is not None
    assert kept <= 2 / (14 * 24)
    assert compute_hours_p_value(exhibit(hour_by_day=weekdays), off) is None


def test_an_unknown_timezone_is_told() -> None:
    with pytest.raises(ValueError, match="unknown timezone"):
        compute_hours_p_value(exhibit(hour_by_day=grid(OFFICE, 1)), WorkingHours(timezone="Nowhere/Land"))


def test_release_p_values_are_uniform_over_calendars() -> None:
    rng = np.random.default_rng(11)
    values = []
    for _ in range(400):
        days = rng.integers(-YEAR // 2, YEAR - YEAR // 2, 3)
        releases = [ActorRelease(product="x", day=START.date() + timedelta(days=int(day))) for day in days]
        p = compute_releases_p_value(exhibit(), releases)
        assert p is not None
        values.append(p)
    for level in (0.1, 0.25, 0.5, 0.75):
        share = float(np.mean(np.array(values) <= level))
        assert abs(share - level) < 3.5 * np.sqrt(level * (1 - level) / 400) + 0.01


def test_a_harvest_right_before_a_release_fits_it() -> None:
    after = START.date() + timedelta(days=14)
    soon = compute_releases_p_value(exhibit(), [ActorRelease(product="x", day=after)])
    past = compute_releases_p_value(exhibit(), [ActorRelease(product="x", day=START.date() - timedelta(days=1))])
    assert soon is not None
    assert past is not None
    assert soon < 0.02 < past
    assert compute_releases_p_value(exhibit(), []) is None
    assert compute_releases_p_value(exhibit(), [ActorRelease(product="x", day=date(2020, 1, 1))]) is None


@given(st.floats(1e-6, 1.0))
def test_evidence_of_a_p_value_is_no_more_than_the_calibrator_allows(p: float) -> None:
    assert 2 ** calibrate_p_value(p) == pytest.approx(0.5 * p**-0.5)


def test_evidence_is_fair_on_average() -> None:
    places = (np.arange(100_000) + 0.5) / 100_000
    assert float(np.mean([2 ** calibrate_p_value(float(p)) for p in places])) == pytest.approx(1.0, abs=0.01)


def test_only_what_follows_a_ban_succeeds_it() -> None:
    span = (START, START + timedelta(days=14))
    stopped = START + timedelta(days=5)
    soon, late = (compute_succession_p_value(stopped + timedelta(hours=h), stopped, span) for h in (3, 120))
    assert soon is not None
    assert late is not None
    assert soon < late
    assert compute_succession_p_value(stopped - timedelta(hours=1), stopped, span) is None
    assert compute_succession_p_value(stopped, START - timedelta(days=30), span) is None
