"""Intervals, and measures pooled over worlds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.small_worlds import write_result, write_world
from hydrometer.contract import EvaluationSummary, WorldScore
from hydrometer.lab.evaluation import score, summarise
from hydrometer.lab.evaluation.confidence_intervals import (
    bound_unobserved_share,
    compute_percentile_interval,
    compute_wilson_interval,
    resample_worlds,
)

if TYPE_CHECKING:
    from pathlib import Path


def scored(tmp_path: Path, name: str, members: str) -> WorldScore:
    """Score a world of four accounts of A and six honest ones, with one campaign."""
    world = write_world(tmp_path / name, {"A": "a1 a2 a3 a4"}, {"person": "p1 p2 p3 p4", "nightly": "n1 n2"})
    campaigns = {"X": dict.fromkeys(members.split(), 0.9)} if members else {}
    return score(write_result(tmp_path / f"{name}.result", campaigns, dict.fromkeys(campaigns, 0.9)), world)


def test_wilson_is_the_published_interval() -> None:
    # Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3.
    assert compute_wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert compute_wilson_interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert compute_wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert compute_wilson_interval(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_proportion_and_mirrors(case: tuple[int, int]) -> None:
    hits, trials = case
    low, high = compute_wilson_interval(hits, trials)
    assert 0 <= low <= hits / trials + 1e-12
    assert hits / trials - 1e-12 <= high <= 1
    assert compute_wilson_interval(trials - hits, trials) == pytest.approx((1 - high, 1 - low))


@given(st.integers(1, 10_000_000))
def test_the_bound_of_none_would_be_missed_once_in_twenty(trials: int) -> None:
    bound = bound_unobserved_share(trials)
    assert trials * np.log1p(-bound) == pytest.approx(np.log(0.05))
    assert bound <= 3 / trials


def test_resamples_are_of_whole_worlds_and_the_same_every_time() -> None:
    counts = np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]])
    sums = resample_worlds(counts)
    assert (sums[:, 1] == 10 * sums[:, 0]).all()
    assert sums.min(axis=0).tolist() == [3.0, 30.0]
    assert sums.max(axis=0).tolist() == [12.0, 120.0]
    assert np.array_equal(sums, resample_worlds(counts))


def test_an_interval_of_values_that_do_not_differ_or_are_mostly_undefined_is_none() -> None:
    assert compute_percentile_interval(np.ones(100)) is None
    assert compute_percentile_interval(np.r_[np.full(60, np.nan), np.arange(40.0)]) is None
    assert compute_percentile_interval(np.r_[np.full(40, np.nan), np.arange(60.0)]) == pytest.approx((1.475, 57.525))


def test_two_worlds_pool_their_counts(tmp_path: Path) -> None:
    summary = summarise([scored(tmp_path, "one", "a1 a2 a3 a4"), scored(tmp_path, "two", "a1 p1 p2 n1")])
    precision = summary.measures["account_precision"]
    assert (precision.value, precision.numerator, precision.denominator, precision.worlds) == (5 / 8, 5, 8, 2)
    # Drawn with replacement, two worlds are both the first, both the second, or one of each.
    assert (precision.low, precision.high) == (1 / 4, 1.0)
    assert precision.interval.startswith("bootstrap of worlds")
    found = summary.measures["operators_found"]
    assert (found.value, found.numerator, found.denominator, found.interval) == (0.5, 1, 2, "Wilson")
    assert (found.low, found.high) == pytest.approx(compute_wilson_interval(1, 2))
    assert summary.measures["worlds_with_false_campaign"].value == 0.5
    assert summary.measures["account_f1"].value == pytest.approx(2 * 5 / (8 + 8))
    assert summary.measures["pair_f1"].value == pytest.approx(2 * 6 / (12 + 12))
    assert summary.measures["benign_per_100k"].value == pytest.approx(1e5 * 3 / 12)
    assert summary.benign["nightly"].value == pytest.approx(1e5 / 4)
    # B-cubed, items: 4 + 7. Precision 4, then a1 1/4, three honest 1/4, three alone 1; recall 4, a1 1/4, 3, three 1/4.
    assert summary.measures["bcubed_precision"].value == pytest.approx((4 + 1 + 3) / 11)
    assert summary.measures["bcubed_recall"].value == pytest.approx((4 + 1 + 3) / 11)
    assert summary.measures["bcubed_f1"].value == pytest.approx(8 / 11)


def test_one_world_has_the_intervals_of_trials_and_of_nothing_seen_only(tmp_path: Path) -> None:
    summary = summarise([scored(tmp_path, "one", "a1 a2 a3 a4 p1")])
    assert summary.measures["account_precision"].interval == "none: one world"
    assert summary.measures["account_precision"].low is None
    assert summary.measures["operators_found"].interval == "Wilson"
    false = summary.measures["campaigns_false"]
    assert (false.value, false.low, false.high, false.interval) == (0.0, 0.0, 0.95, "exact, one-sided")
    nightly = summary.benign["nightly"]
    assert (nightly.value, nightly.low) == (0.0, 0.0)
    assert nightly.high == pytest.approx(1e5 * bound_unobserved_share(2))


def test_all_right_has_a_lower_bound(tmp_path: Path) -> None:
    precision = summarise([scored(tmp_path, "one", "a1 a2 a3")]).measures["account_precision"]
    assert (precision.value, precision.high) == (1.0, 1.0)
    assert precision.low == pytest.approx(1 - bound_unobserved_share(3))


def test_an_empty_result_has_nothing_to_divide_by(tmp_path: Path) -> None:
    summary = summarise([scored(tmp_path, "one", "")])
    for name in ("account_precision", "pair_precision", "campaigns_false", "exchange_f1", "harvested_before_found"):
        estimate = summary.measures[name]
        assert (estimate.value, estimate.low, estimate.interval) == (None, None, "none: nothing to divide by")
    assert summary.measures["account_recall"].value == 0.0
    assert summary.measures["pair_f1"].value == 0.0
    assert summary.measures["bcubed_precision"].value == 1.0


def test_a_summary_reads_back_from_its_json(tmp_path: Path) -> None:
    summary = summarise([scored(tmp_path, "one", "a1 p1"), scored(tmp_path, "two", "")])
    assert msgspec.json.decode(msgspec.json.encode(summary), type=EvaluationSummary) == summary


def test_different_thresholds_are_not_pooled(tmp_path: Path) -> None:
    one = scored(tmp_path, "one", "a1")
    with pytest.raises(ValueError, match="2 thresholds"):
        summarise([one, msgspec.structs.replace(one, at=0.9)])
    with pytest.raises(ValueError, match="0 thresholds"):
        summarise([])
