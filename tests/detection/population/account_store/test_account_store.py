"""The kernels of the ledger against the plainest way to count the same."""

from __future__ import annotations

from collections import Counter
from itertools import chain, pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrometer.detection.population.account_store.account_kernels import (
    allocate_buffers,
    count_distinct_values,
    list_value_uses,
)
from hydrometer.detection.population.account_store.arrow_decoding import decode_dictionary, decode_numbers
from hydrometer.detection.population.account_store.counting_filter import CountingFilter
from hydrometer.detection.population.account_store.dictionary_encoder import DictionaryEncoder
from hydrometer.detection.population.account_store.fragment_index import allocate_marks, count_account_fragments
from hydrometer.detection.population.account_store.partitioner import partition_batch
from hydrometer.detection.population.account_store.row_encoder import ROW, EncodedBatch, RowFields
from hydrometer.detection.population.measurement_kernels import SCALE, remove_chosen, sum_confidences

FRAGMENTS = 5_000
"""More than 64 × 64, so that more than one word of the second map is used."""
SMALL = st.integers(0, 40)
LONG = st.lists(st.lists(SMALL, max_size=90), max_size=6)


def _starts(lists: list[list[Any]]) -> np.ndarray[Any, Any]:
    return np.concatenate([[0], np.cumsum([len(values) for values in lists])]).astype(np.int64)


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, FRAGMENTS - 1) | st.just(FRAGMENTS - 1), max_size=60), max_size=6))
def test_fragments_of_accounts_come_in_order_with_their_uses(accounts: list[list[int]]) -> None:
    """Each account's distinct fragments ascend, and the marks can be used again."""
    fragments = np.array(list(chain(*accounts)), np.int32)
    marks = allocate_marks(FRAGMENTS)
    for _ in range(2):
        own, uses = np.empty(fragments.size, np.int32), np.empty(fragments.size, np.int32)
        counts = np.full(len(accounts), -1, np.int64)
        have = count_account_fragments(fragments, _starts(accounts), marks, own, uses, counts)
        told = list(zip(own[:have].tolist(), uses[:have].tolist(), strict=True))
        assert told == list(chain(*(sorted(Counter(account).items()) for account in accounts)))
        assert counts.tolist() == [len(set(account)) for account in accounts]
    assert not any(mark.any() for mark in marks)


@settings(deadline=None)
@given(LONG, st.booleans())
def test_values_of_accounts_are_counted_however_many_there_are(accounts: list[list[int]], chosen: bool) -> None:
    """Pairs come by account, then value; 0 is none; a value without the bit is counted and not told."""
    values = np.array(list(chain(*accounts)), np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    flags = (values % np.uint64(2) * np.uint64(8)).astype(np.uint8)
    starts, room = _starts(accounts), allocate_buffers(_starts(accounts))
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


@settings(deadline=None)
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
    offsets = (_starts(sketches) + 2).astype(np.int32)
    load = EncodedBatch(fields, np.concatenate([np.array([1, 1]), flat]), offsets)
    entry = partition_batch(load, 100, org, bits, often, 3)
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


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.lists(st.integers(0, 20), max_size=70, unique=True), st.sampled_from([0.25, 0.5])), max_size=12
    ),
    st.sets(st.integers(0, 20)),
    st.sets(st.integers(0, 20)),
)
def test_chosen_fragments_take_their_exchanges(
    exchanges: list[tuple[list[int], float]], known: set[int], chosen: set[int]
) -> None:
    """What is left of a known fragment is what carries no chosen one, and taking twice takes once."""
    lengths = np.array([len(carried) for carried, _ in exchanges], np.uint16)
    carried = np.array(list(chain(*(fragments for fragments, _ in exchanges))), np.int32)
    confidence = np.array([sure for _, sure in exchanges], np.float32)
    left = np.where(np.isin(np.arange(21), list(known))[:, None], 0, -1).repeat(2, axis=1).astype(np.int64)
    sum_confidences(lengths, carried, confidence, left)
    taken, marks = np.zeros(len(exchanges), np.bool_), np.isin(np.arange(21), list(chosen))
    for _ in range(2):
        remove_chosen(lengths, carried, confidence, marks, taken, left)
    assert taken.tolist() == [bool(chosen & set(fragments)) for fragments, _ in exchanges]
    for fragment in known:
        sure = [s for fragments, s in exchanges if fragment in fragments and not chosen & set(fragments)]
        assert left[fragment].tolist() == [len(sure), int(sum(sure) * SCALE)]


@settings(deadline=None)
@given(st.lists(st.integers(-(2**62), 2**62), max_size=200), st.lists(st.integers(-5, 5), max_size=200))
def test_numbers_are_given_in_the_order_of_first_sight(first: list[int], more: list[int]) -> None:
    """Values keep their number, and what was not seen has none."""
    numbering = DictionaryEncoder()
    seen = list(dict.fromkeys(first))
    assert numbering.encode(np.array(first, np.int64)).tolist() == [seen.index(value) for value in first]
    assert numbering.values.tolist() == seen
    found = [seen.index(value) if value in seen else -1 for value in more]
    assert numbering.look_up(np.array(more, np.int64)).tolist() == found


@settings(deadline=None)
@given(st.lists(st.none() | st.integers(0, 9), max_size=50), st.integers(0, 9))
def test_columns_are_decoded_wherever_they_begin(values: list[int | None], skip: int) -> None:
    """Nulls and slices of Arrow's columns are heeded."""
    column = pa.array(values, pa.int64()).slice(skip)
    assert decode_numbers(column, np.int32, -1).tolist() == [-1 if v is None else v for v in values[skip:]]
    coded = pa.array([None if v is None else str(v) for v in values], pa.string()).dictionary_encode().slice(skip)
    by_code = np.array([int(v) for v in coded.dictionary.to_pylist()], np.int32)
    assert decode_dictionary(coded, by_code, -1).tolist() == [-1 if v is None else v for v in values[skip:]]
