"""From bits to a probability."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrometer.campaigns.calibration import load_calibration

BITS = st.floats(-100, 100)
CURVE = load_calibration()


@given(BITS, BITS)
def test_a_probability_is_one(coordination: float, harvest: float) -> None:
    assert 0.0 <= CURVE.probability(coordination, harvest) <= 1.0


@given(BITS, BITS, st.floats(0, 50))
def test_more_bits_never_make_a_campaign_less_likely(coordination: float, harvest: float, more: float) -> None:
    before = CURVE.probability(coordination, harvest)
    assert CURVE.probability(coordination + more, harvest) >= before
    assert CURVE.probability(coordination, harvest + more) >= before


def test_the_curve_rises_and_both_axes_must_carry() -> None:
    diagonal = [CURVE.probability(float(bits), float(bits)) for bits in range(-10, 60)]
    assert all(later >= earlier for earlier, later in pairwise(diagonal))
    assert diagonal[0] < 0.001
    assert diagonal[-1] > 0.99
    assert CURVE.probability(100.0, -20.0) < 0.01
    assert CURVE.probability(-20.0, 100.0) < 0.01


def test_the_middle_of_either_axis_is_even_odds() -> None:
    assert CURVE.probability(CURVE.coordination_middle, 1_000.0) == pytest.approx(0.5, abs=1e-3)
    assert CURVE.probability(1_000.0, CURVE.harvest_middle) == pytest.approx(0.5, abs=1e-3)


def test_one_family_alone_is_never_reported() -> None:
    assert CURVE.one_family < 0.5


def test_the_curve_says_where_it_comes_from() -> None:
    assert CURVE.provenance
