"""The kernels over accounts against the plainest way to count the same."""

from __future__ import annotations

from collections import Counter
from itertools import chain, pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fixtures.ragged_lists import list_starts
from hydrometer.detection.population.account_store.account_kernels import (
    allocate_buffers,
    count_distinct_values,
    list_value_uses,
)

SMALL = st.integers(0, 40)
LONG = st.lists(st.lists(SMALL, max_size=90), max_size=6)


@given(LONG, st.booleans())
def test_values_of_accounts_are_counted_however_many_there_are(accounts: list[list[int]], chosen: bool) -> None:
    """Pairs come by account, then value; 0 is none; a value without the bit is counted and not told."""
    values = np.array(list(chain(*accounts)), np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    flags = (values % np.uint64(2) * np.uint64(8)).astype(np.uint8)
    starts, room = list_starts(accounts), allocate_buffers(list_starts(accounts))
    place, value = np.empty(values.size, np.int32), np.empty(values.size, np.uint64)
    uses, distinct = np.empty(values.size, np.int32), np.empty(len(accounts), np.int64)
    have = list_value_uses(values, flags, 8 if chosen else 0, starts, room, place, value, uses, distinct)
    expected = []
    for number, (first, stop) in enumerate(pairwise(starts.tolist())):
        found = Counter(one for one in values[first:stop].tolist() if one)
        assert distinct[number] == len(found)
        expected += [(number, one, times) for one, times in sorted(found.items()) if one % 2 or not chosen]
    assert list(zip(place[:have].tolist(), value[:have].tolist(), uses[:have].tolist(), strict=True)) == expected
    again = np.empty(len(accounts), np.int64)
    count_distinct_values(values, starts, room, again)
    assert again.tolist() == distinct.tolist()
