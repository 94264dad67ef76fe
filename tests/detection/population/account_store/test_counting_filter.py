"""Counts of two bits."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hydrometer.detection.population.account_store.counting_filter import CountingFilter


@given(st.lists(st.integers(-5, 5) | st.just(2**62), max_size=60), st.integers(2, 3))
def test_no_value_is_counted_too_low_and_few_values_are_counted_exactly(values: list[int], least: int) -> None:
    counts = CountingFilter(1000, 1 << 20)
    for half in (values[: len(values) // 2], values[len(values) // 2 :]):
        counts.count(np.array(half, np.int64))
    times = Counter(values)
    distinct = list(times)
    may = counts.may_occur(np.array(distinct, np.int64), least).tolist()
    assert may == [times[value] >= least for value in distinct]


def test_a_filter_keeps_to_its_bytes() -> None:
    assert CountingFilter(1 << 24, 1 << 20).table.size == 1 << 20
    assert CountingFilter(0, 1).table.size == (1 << 16) // 4
