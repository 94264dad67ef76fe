"""Rows on their way to partitions."""

from __future__ import annotations

import time
from collections import Counter
from itertools import chain

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fixtures.ragged_lists import list_starts
from hydrometer.detection.population.account_store.counting_filter import CountingFilter
from hydrometer.detection.population.account_store.exchange_row import ROW, EncodedBatch, RowFields
from hydrometer.detection.population.account_store.frequent_shingles import FrequentShingles
from hydrometer.detection.population.account_store.partitioner import partition_batch


@given(st.lists(st.lists(st.integers(-9, 9), max_size=6), max_size=40), st.integers(0, 3))
def test_entering_keeps_what_repeats_and_parts_rows_by_organisation(sketches: list[list[int]], bits: int) -> None:
    """Rows stay in their order within a partition, each with its distinct shingles that occur often."""
    often = CountingFilter(1_000_000, 1 << 20)
    flat = np.array(list(chain(*sketches)), np.int64)
    often.count(flat)
    size = len(sketches)
    org = np.random.default_rng(size).integers(0, 2**64, max(size, 1), np.uint64)
    none = {name: np.zeros(size, ROW[name]) for name in RowFields._fields}
    fields = RowFields(**(none | {"account": np.arange(size, dtype=np.int32), "time": np.arange(size)}))
    # The values of a slice begin behind those of what was before it.
    offsets = (list_starts(sketches) + 2).astype(np.int32)
    load = EncodedBatch(fields, np.concatenate([np.array([1, 1]), flat]), offsets)
    entry = partition_batch(load, 100, org, bits, FrequentShingles(often, 3))
    part = (org >> np.uint64(1) >> np.uint64(63 - bits)).tolist()
    times = Counter(flat.tolist())
    order = sorted(range(size), key=lambda row: part[row])
    kept = [[v for v in dict.fromkeys(sketches[row]) if times[v] >= 3] for row in order]
    assert entry.rows["source"].tolist() == [100 + row for row in order]
    assert entry.rows["account"].tolist() == order
    assert entry.shingles.tolist() == list(chain(*kept))
    assert entry.rows["shingles"].tolist() == [len(values) for values in kept]
    assert entry.row_counts.tolist() == [part[:size].count(number) for number in range(1 << bits)]
    assert entry.shingle_counts.sum() == entry.shingles.size


def test_equal_hashes_without_number_take_no_time() -> None:
    """The kernel hears no signal, so that it has to come to its end, whatever the hashes are."""
    rows, length = 40, 60_000
    flat = np.concatenate([np.full(length, 7), *(np.arange(length)[::-1] for _ in range(rows - 1))]).astype(np.int64)
    often = CountingFilter(1_000_000, 1 << 20)
    often.count(flat)
    fields = RowFields(**{name: np.zeros(rows, ROW[name]) for name in RowFields._fields})
    load = EncodedBatch(fields, flat, (np.arange(rows + 1) * length).astype(np.int32))
    begun = time.monotonic()
    entry = partition_batch(load, 0, np.zeros(1, np.uint64), 0, FrequentShingles(often, 1))
    assert time.monotonic() - begun < 30
    assert entry.rows["shingles"].tolist() == [1, *[length] * (rows - 1)]
