"""From bits to a probability."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrometer.detection.campaigns.score_calibration import BARE, FULL, load_calibration

BITS = st.floats(-100, 100)
CURVE = load_calibration()


@given(BITS, BITS)
def test_a_probability_is_one(coordination: float, harvest: float) -> None:
    assert 0.0 <= CURVE.probability(coordination, harvest, FULL) <= 1.0


@given(BITS, BITS, st.floats(0, 50))
def test_more_bits_never_make_a_campaign_less_likely(coordination: float, harvest: float, more: float) -> None:
    before = CURVE.probability(coordination, harvest, FULL)
    assert CURVE.probability(coordination + more, harvest, FULL) >= before
    assert CURVE.probability(coordination, harvest + more, FULL) >= before


def test_the_curve_rises_and_both_axes_must_carry() -> None:
    diagonal = [CURVE.probability(float(bits), float(bits), FULL) for bits in range(-10, 60)]
    assert all(later >= earlier for earlier, later in pairwise(diagonal))
    assert diagonal[0] < 0.001
    assert diagonal[-1] > 0.99
    assert CURVE.probability(100.0, -20.0, FULL) < 0.01
    assert CURVE.probability(-20.0, 100.0, FULL) < 0.01


def test_the_middle_of_either_axis_is_even_odds() -> None:
    assert CURVE.probability(CURVE.coordination_middle, 1_000.0, FULL) == pytest.approx(0.5, abs=1e-3)
    assert CURVE.probability(1_000.0, CURVE.harvest_middle, FULL) == pytest.approx(0.5, abs=1e-3)


def test_one_family_alone_is_never_reported() -> None:
    assert CURVE.one_family < 0.5


def test_the_curve_says_where_it_comes_from() -> None:
    assert CURVE.provenance


def test_less_is_asked_of_a_group_of_which_less_could_be_seen() -> None:
    middles = [CURVE.middle(attainable) for attainable in (FULL, 36.0, BARE, 10.0)]
    assert middles[0] == pytest.approx(CURVE.coordination_middle)
    assert middles[2] == middles[3] == pytest.approx(CURVE.coordination_middle_bare)
    assert min(middles[0], middles[2]) <= middles[1] <= max(middles[0], middles[2])
