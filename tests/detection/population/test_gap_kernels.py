"""Gaps: what memoryless arrivals, sittings, independent streams and paced queues leave of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.populations import DAY, HOUR, MINUTE, NEW_YEAR, SECOND, SPAN, Draft, population, sittings
from hydrometer.detection.population.gap_kernels import (
    FEWEST,
    MOST_AHEAD,
    SHORT_PART,
    SHORTEST_SPAN,
    count_near_pairs,
    measure_short_gaps,
)
from hydrometer.detection.signals.timing.no_sittings import MEMORYLESS, NEARER

SEEDS = st.integers(0, 2**32 - 1)


def short_gaps(*accounts: list[int]) -> list[float]:
    """The share of short gaps of each account."""
    events = population([Draft(times=times) for times in accounts])[0].events
    shares: list[float] = measure_short_gaps(events.starts, events.counts, events.time).tolist()
    return shares


def memoryless(rng: np.random.Generator, count: int, *, span: int = SPAN, begin: int = NEW_YEAR) -> list[int]:
    return sorted((begin + rng.integers(span, size=count)).tolist())


@given(SEEDS)
@settings(max_examples=25)
def test_memoryless_arrivals_have_one_short_gap_in_twenty(seed: int) -> None:
    (share,) = short_gaps(memoryless(np.random.default_rng(seed), 4_000))
    assert share == pytest.approx(1 - np.exp(-SHORT_PART), abs=0.02)


@given(SEEDS, st.integers(20, 200))
@settings(max_examples=60)
def test_people_in_sittings_have_mostly_short_gaps(seed: int, exchanges: int) -> None:
    (share,) = short_gaps(sittings(np.random.default_rng(seed), exchanges))
    assert share >= NEARER


def test_people_in_sittings_have_six_short_gaps_in_ten() -> None:
    rng = np.random.default_rng(1)
    shares = short_gaps(*(sittings(rng, 60) for _ in range(200)))
    assert float(np.median(shares)) >= 0.6
    assert float(np.mean(np.array(shares) <= MEMORYLESS)) == 0.0


def test_a_queue_that_rests_seven_hours_of_ten_is_memoryless_all_the_same() -> None:
    rng = np.random.default_rng(2)
    awake = [at for at in memoryless(rng, 10_000) if (at - NEW_YEAR) % (10 * HOUR) < 3 * HOUR]
    shares = short_gaps(*(sorted(rng.choice(awake, 60, replace=False).tolist()) for _ in range(100)))
    assert float(np.mean(np.array(shares) <= MEMORYLESS)) > 0.85
    assert max(shares) <= NEARER


@given(SEEDS, st.integers(FEWEST, 80), st.integers(1, 50), st.integers(-(10**15), 10**15))
@settings(max_examples=60)
def test_neither_another_unit_nor_another_beginning_of_time_changes_anything(
    seed: int, count: int, factor: int, shift: int
) -> None:
    rng = np.random.default_rng(seed)
    time = np.cumsum(rng.integers(1, 10**6, size=count) ** 2).astype(np.int64) + np.arange(count) * HOUR * 12
    starts, counts = np.zeros(1, np.int64), np.array([count])
    once = measure_short_gaps(starts, counts, time)
    assert measure_short_gaps(starts, counts, time * factor + shift).tolist() == once.tolist()


def test_nothing_is_said_of_few_exchanges_or_a_life_of_half_a_day() -> None:
    rng = np.random.default_rng(3)
    lesson = [NEW_YEAR + at * SHORTEST_SPAN // 20 for at in range(20)]
    few = memoryless(rng, FEWEST - 1)
    enough = [NEW_YEAR + at * SHORTEST_SPAN // (FEWEST - 1) for at in range(FEWEST)]
    shares = short_gaps(lesson, few, enough)
    assert np.isnan(shares).tolist() == [True, True, False]


def test_each_account_is_measured_by_its_own_gaps() -> None:
    rng = np.random.default_rng(4)
    accounts = [memoryless(rng, 50), sittings(rng, 50), memoryless(rng, 3), sittings(rng, 80)]
    together = short_gaps(*accounts)
    assert together == pytest.approx([short_gaps(account)[0] for account in accounts], nan_ok=True)


def near_and_far(time: list[int], owner: list[int], unit: float, blocks: int = 16) -> np.ndarray:
    order = np.argsort(time, kind="stable")
    pairs: np.ndarray = count_near_pairs(
        np.asarray(time, np.int64)[order], np.asarray(owner)[order], 0.5 * unit, 4 * unit, 12 * unit, blocks
    )
    return pairs


def pooled(streams: list[list[int]]) -> tuple[list[int], list[int]]:
    return [at for stream in streams for at in stream], [n for n, stream in enumerate(streams) for _ in stream]


@given(SEEDS)
@settings(max_examples=15)
def test_independent_streams_meet_as_often_near_as_far(seed: int) -> None:
    rng = np.random.default_rng(seed)
    time, owner = pooled([memoryless(rng, 300) for _ in range(20)])
    near, far = near_and_far(time, owner, float(np.median(np.diff(sorted(time))))).sum(axis=0)
    assert near / (far * 0.5 / 8) == pytest.approx(1.0, abs=0.2)


def test_sittings_of_independent_people_meet_as_often_near_as_far() -> None:
    """Their sittings overlap here and there: so many at once, but no fewer than chance."""
    rng = np.random.default_rng(5)
    ratios = []
    for _ in range(30):
        time, owner = pooled([sittings(rng, 120) for _ in range(20)])
        near, far = near_and_far(time, owner, float(np.median(np.diff(sorted(time))))).sum(axis=0)
        ratios.append(near / (far * 0.5 / 8))
    assert float(np.mean(ratios)) == pytest.approx(1.0, abs=0.1)


@given(SEEDS, st.integers(2, 40))
@settings(max_examples=25)
def test_a_paced_queue_has_no_near_pairs(seed: int, accounts: int) -> None:
    rng = np.random.default_rng(seed)
    time = [NEW_YEAR + at * 10 * MINUTE + int(rng.integers(-MINUTE, MINUTE)) for at in range(2_000)]
    near, far = near_and_far(time, rng.integers(accounts, size=2_000).tolist(), 10 * MINUTE).sum(axis=0)
    assert near == 0
    assert far > 1_000


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3)), min_size=1, max_size=60), st.integers(1, 5))
@settings(max_examples=120)
def test_pairs_are_counted_as_by_hand(stream: list[tuple[int, int]], blocks: int) -> None:
    stream = sorted(stream)
    time, owner = (np.array(column) for column in zip(*stream, strict=True))
    pairs = count_near_pairs(time, owner, 5, 20, 60, blocks)
    expected = np.zeros((blocks, 2), np.int64)
    for first in range(len(stream)):
        for second in range(first + 1, len(stream)):
            lag = time[second] - time[first]
            if owner[first] != owner[second]:
                block = first * blocks // len(stream)
                expected[block] += (lag < 5, 20 <= lag < 60)
    assert pairs.tolist() == expected.tolist()


def test_one_account_alone_has_no_pairs() -> None:
    assert near_and_far(memoryless(np.random.default_rng(6), 500), [7] * 500, float(HOUR)).sum() == 0


def test_a_stream_that_is_too_dense_is_not_measured() -> None:
    dense = [NEW_YEAR + at * SECOND for at in range(MOST_AHEAD + 50)]
    assert near_and_far(dense, [at % 5 for at in range(len(dense))], float(DAY))[0, 0] == -1
    assert near_and_far(dense, [at % 5 for at in range(len(dense))], 10.0 * SECOND)[0, 0] >= 0
