"""From bits to a probability."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrometer.detection.campaigns.score_calibration import BARE, FULL, load_calibration

if TYPE_CHECKING:
    from collections.abc import Callable

BITS = st.floats(-100, 100)
CURVE = load_calibration()


CURVES: dict[str, tuple[Callable[[float], float], float]] = {
    "coordination": (lambda bits: CURVE.coordination_probability(bits, FULL), CURVE.coordination_middle),
    "operation": (lambda bits: CURVE.operation_probability(bits, FULL), CURVE.operation_middle),
    "harvest": (CURVE.harvest_probability, CURVE.harvest_middle),
}
AXIS = pytest.mark.parametrize("axis", CURVES)


@AXIS
@given(bits=BITS)
def test_a_probability_is_one(axis: str, bits: float) -> None:
    assert 0.0 <= CURVES[axis][0](bits) <= 1.0


@AXIS
@given(bits=BITS, more=st.floats(0, 50))
def test_more_bits_never_make_a_campaign_less_likely(axis: str, bits: float, more: float) -> None:
    assert CURVES[axis][0](bits + more) >= CURVES[axis][0](bits)


@AXIS
def test_each_curve_rises_from_nothing_to_certainty(axis: str) -> None:
    probability, middle = CURVES[axis]
    values = [probability(middle + bits) for bits in range(-30, 60)]
    assert all(later >= earlier for earlier, later in pairwise(values))
    assert values[0] < 0.01
    assert values[-1] > 0.99


@AXIS
def test_the_middle_of_each_axis_is_even_odds(axis: str) -> None:
    probability, middle = CURVES[axis]
    assert probability(middle) == pytest.approx(0.5)


def test_one_cause_alone_is_never_reported() -> None:
    assert CURVE.one_cause < 0.5


def test_the_curve_says_where_it_comes_from() -> None:
    assert CURVE.provenance


def test_less_is_asked_of_a_group_of_which_less_could_be_seen() -> None:
    middles = [CURVE.middle(attainable) for attainable in (FULL, 36.0, BARE, 10.0)]
    assert middles[0] == pytest.approx(CURVE.coordination_middle)
    assert middles[2] == middles[3] == pytest.approx(CURVE.coordination_middle_bare)
    assert min(middles[0], middles[2]) <= middles[1] <= max(middles[0], middles[2])


def test_operation_is_asked_for_whatever_could_be_seen() -> None:
    bounds = [CURVE.operation_bound(attainable) for attainable in (FULL, 36.0, BARE, 10.0)]
    assert bounds[0] == pytest.approx(CURVE.operation_middle)
    assert bounds[2] == bounds[3] == pytest.approx(CURVE.operation_middle_bare)
    assert min(bounds) > 3.0


def test_no_probability_is_below_the_least_nor_above_one() -> None:
    assert CURVE.raise_to_least(0.0, FULL) == CURVE.least
    assert CURVE.raise_to_least(0.0, BARE) == CURVE.least_bare
    assert CURVE.raise_to_least(1.0, FULL) == 1.0
    assert 0.0 < CURVE.least < 0.1
    assert 0.0 < CURVE.least_bare < 0.1


def test_a_doubted_group_is_never_reported() -> None:
    assert CURVE.doubted < 0.5
