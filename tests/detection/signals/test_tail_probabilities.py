"""Tail probabilities against SciPy, exact sums and what must hold of them; windows against looking at all of them."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hydrometer.detection.signals.tail_probabilities import (
    LOG10,
    SMALLEST,
    binomial_tail,
    bound_bits,
    correct_for_tries,
    count_distinct,
    exchangeable_tail,
    find_densest_window,
    normal_tail,
    poisson_tail,
    rank_sum,
    rank_test,
)

FEW = settings(max_examples=60)
CLOSE = 1e-6


def exact_poisson(count: int, expected: float) -> float:
    """log10 of the tail by adding its terms as fractions, e to the -expected aside."""
    mean = Fraction(expected)
    term = mean**count / math.factorial(count)
    total = Fraction(0)
    for k in range(count, count + 400):
        total += term
        term = term * mean / (k + 1)
        if term * 10**20 < total:
            break
    return log10_of(total) - expected / math.log(10)


def exact_binomial(count: int, trials: int, chance: Fraction) -> float:
    terms = (math.comb(trials, k) * chance**k * (1 - chance) ** (trials - k) for k in range(count, trials + 1))
    return log10_of(sum(terms, Fraction(0)))


def exact_draws(inside: int, members: int, shown: int, total: int) -> float:
    ways = sum(
        math.comb(shown, k) * math.comb(total - shown, members - k) for k in range(inside, min(members, shown) + 1)
    )
    return log10_of(Fraction(ways, math.comb(total, members)))


def log10_of(value: Fraction) -> float:
    """log10 of a fraction that a float may not hold."""
    return math.log10(value.numerator) - math.log10(value.denominator)


@given(st.integers(1, 60), st.floats(0.01, 60))
@FEW
def test_the_poisson_tail_is_scipys(count: int, expected: float) -> None:
    told = stats.poisson.logsf(count - 1, expected) / math.log(10)
    assert poisson_tail(count, expected) == pytest.approx(min(0.0, told), abs=CLOSE)


@pytest.mark.parametrize(("count", "expected"), [(40, 0.01), (100, 1.0), (150, 3.0), (60, 1e-3)])
def test_far_poisson_tails_are_sums_of_their_terms(count: int, expected: float) -> None:
    assert poisson_tail(count, expected) == pytest.approx(exact_poisson(count, expected), abs=1e-3)


@given(st.integers(1, 80), st.integers(1, 80), st.floats(0.01, 0.99))
@FEW
def test_the_binomial_tail_is_scipys(count: int, trials: int, chance: float) -> None:
    count = min(count, trials)
    told = stats.binom.logsf(count - 1, trials, chance) / math.log(10)
    assert binomial_tail(count, trials, chance) == pytest.approx(min(0.0, told), abs=CLOSE)


@pytest.mark.parametrize(("count", "trials", "chance"), [(90, 100, 0.01), (50, 60, 0.001), (120, 400, 0.05)])
def test_far_binomial_tails_are_sums_of_their_terms(count: int, trials: int, chance: float) -> None:
    exact = max(SMALLEST, exact_binomial(count, trials, Fraction(str(chance))))
    assert binomial_tail(count, trials, chance) == pytest.approx(exact, abs=1e-6)


@given(st.integers(2, 200), st.data())
@FEW
def test_the_exchangeable_tail_counts_the_draws(total: int, data: st.DataObject) -> None:
    members = data.draw(st.integers(1, total - 1))
    shown = data.draw(st.integers(0, total))
    inside = data.draw(st.integers(max(0, members + shown - total), min(members, shown)))
    exact = max(SMALLEST, exact_draws(inside, members, shown, total))
    assert exchangeable_tail(inside, members, shown, total) == pytest.approx(min(0.0, exact), abs=CLOSE)


def test_the_exchangeable_tail_of_a_large_population_is_the_binomial_one() -> None:
    assert exchangeable_tail(8, 20, 100_000, 10_000_000) == pytest.approx(binomial_tail(8, 20, 0.01), rel=1e-3)


@pytest.mark.parametrize(
    "tail",
    [
        lambda k: poisson_tail(k, 4.0),
        lambda k: binomial_tail(k, 300, 0.02),
        lambda k: exchangeable_tail(k, 300, 300, 9_000),
    ],
)
def test_more_is_never_likelier(tail: object) -> None:
    assert callable(tail)
    tails = [tail(count) for count in range(301)]
    assert tails[0] == 0.0
    assert all(later <= earlier for earlier, later in itertools.pairwise(tails))
    assert all(SMALLEST <= value <= 0 for value in tails)


@given(st.floats(-10, 30), st.floats(0, 5))
@FEW
def test_the_normal_tail_falls_with_z(z: float, more: float) -> None:
    assert SMALLEST <= normal_tail(z + more) <= normal_tail(z) <= 0
    assert normal_tail(z) == pytest.approx(stats.norm.logsf(z) / math.log(10), abs=CLOSE)


def test_nothing_seen_is_no_surprise() -> None:
    assert poisson_tail(0, 0.0) == 0
    assert binomial_tail(0, 10, 0.0) == 0
    assert binomial_tail(3, 0, 0.5) == 0
    assert exchangeable_tail(0, 5, 0, 10) == 0


def test_no_tail_falls_below_the_smallest() -> None:
    assert poisson_tail(10_000, 1e-9) == SMALLEST
    assert binomial_tail(5_000, 5_000, 1e-9) == SMALLEST
    assert exchangeable_tail(5_000, 5_000, 5_000, 10_000_000) == SMALLEST
    assert normal_tail(1_000) == SMALLEST


numbers = st.lists(st.integers(0, 12).map(float), min_size=10, max_size=40)


@given(st.lists(st.integers(0, 12).map(float), min_size=4, max_size=20), numbers)
@FEW
def test_the_rank_test_is_scipys(mine: list[float], others: list[float]) -> None:
    log10_p, above = rank_test(np.array(mine), np.array(others))
    if len({*mine, *others}) == 1:
        assert (log10_p, above) == (0.0, 0.5)
        return
    told = stats.mannwhitneyu(mine, others, alternative="greater", method="asymptotic")
    assert above == pytest.approx(told.statistic / (len(mine) * len(others)))
    assert log10_p == pytest.approx(math.log10(told.pvalue), abs=CLOSE)


@given(numbers, numbers)
@FEW
def test_the_rank_sums_of_both_sides_are_all_pairs(mine: list[float], others: list[float]) -> None:
    u, variance = rank_sum(np.array(mine), np.array(others))
    back, same = rank_sum(np.array(others), np.array(mine))
    assert u + back == pytest.approx(len(mine) * len(others))
    assert variance == pytest.approx(same)
    pairs = [(a > b) + (a == b) / 2 for a in mine for b in others]
    assert u == pytest.approx(sum(pairs))


def test_unknown_values_are_left_out_of_the_rank_test() -> None:
    rng = np.random.default_rng(1)
    mine, others = rng.normal(1, 1, 12), rng.normal(0, 1, 40)
    holes = np.full(7, np.nan)
    assert rank_test(np.concatenate([mine, holes]), np.concatenate([holes, others])) == rank_test(mine, others)
    assert rank_test(mine[:3], others) == (0.0, 0.5)
    assert rank_test(mine, others[:9]) == (0.0, 0.5)


@given(st.floats(-300, 0), st.floats(0, 50), st.floats(0, 20))
@FEW
def test_bits_are_bounded_and_fall_with_p(log10_p: float, less: float, cap: float) -> None:
    assert 0 <= bound_bits(log10_p, cap) <= cap
    assert bound_bits(log10_p, cap) <= bound_bits(log10_p - less, cap)


def test_bits_are_the_bound_of_sellke_bayarri_and_berger() -> None:
    for p in (0.3, 0.05, 0.01, 1e-6):
        assert bound_bits(math.log10(p), 100) == pytest.approx(-math.log2(-math.e * p * math.log(p)))
    assert bound_bits(math.log10(0.4), 100) == 0


@given(st.floats(-300, 0), st.floats(0, 1e6))
@FEW
def test_tries_weaken_and_never_strengthen(log10_p: float, tries: float) -> None:
    assert log10_p <= correct_for_tries(log10_p, tries) <= 0
    assert correct_for_tries(log10_p, 1) == log10_p


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=30), st.integers(1, 400))
@FEW
def test_the_densest_window_is_the_best_of_all(moments: list[int], width: int) -> None:
    ordered = np.sort(np.array(moments, dtype=np.int64))
    start, held = find_densest_window(ordered, width)
    counts = {at: sum(at <= moment <= at + width for moment in moments) for at in moments}
    assert held == counts[start] == max(counts.values())


@pytest.mark.parametrize(
    ("inside", "members", "shown", "total"),
    [(9, 9, 12, 80), (3_000, 9_000, 20_000, 60_000), (9_000, 9_000, 30_000, 60_000), (1, 5_000, 9_000, 60_000)],
)
def test_a_tail_of_many_terms_is_the_hypergeometric(inside: int, members: int, shown: int, total: int) -> None:
    expected = stats.hypergeom.logsf(inside - 1, total, shown, members) / LOG10
    assert exchangeable_tail(inside, members, shown, total) == pytest.approx(max(-300.0, expected), rel=1e-6, abs=1e-9)


@given(st.lists(st.integers(-5, 5), max_size=40))
def test_distinct_values_are_counted_once(values: list[int]) -> None:
    assert count_distinct(np.array(values, dtype=np.int64)) == len(set(values))
