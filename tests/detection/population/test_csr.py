"""Rows of a few accounts, and what is worked out once."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrometer.detection.population.csr import expand_rows


@given(st.lists(st.integers(0, 4), min_size=1, max_size=20), st.data())
@settings(max_examples=60)
def test_rows_are_those_of_the_accounts(counts: list[int], data: st.DataObject) -> None:
    offsets = np.cumsum([0, *counts]).astype(np.int64)
    accounts = data.draw(st.lists(st.integers(0, len(counts) - 1), unique=True, max_size=len(counts)))
    rows = expand_rows(offsets, np.array(sorted(accounts), dtype=np.int64))
    assert rows.tolist() == [row for a in sorted(accounts) for row in range(offsets[a], offsets[a + 1])]
