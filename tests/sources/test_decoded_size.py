"""Batches cut by what their dictionaries stand for."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrometer.sources.decoded_size import measure_longest_value, split_by_decoded_size

WORDS = st.none() | st.text("abé", max_size=40)


def measure_row(value: Any) -> int:
    if isinstance(value, list):
        return sum(map(measure_row, value))
    if isinstance(value, dict):
        return sum(map(measure_row, value.values()))
    return len(value.encode()) if isinstance(value, str) else 0


@settings(deadline=None)
@given(
    st.lists(st.tuples(WORDS, st.lists(WORDS, max_size=4), WORDS), min_size=1, max_size=60),
    st.integers(1, 300), st.integers(0, 5),
)  # fmt: skip
def test_parts_hold_all_rows_in_order_within_the_bound(
    rows: list[tuple[str | None, list[str | None], str | None]], most: int, skipped: int
) -> None:
    """Every part keeps within the bound or is one row, dictionaries in lists and objects included."""
    texts = pa.array([row[0] for row in rows], pa.string()).dictionary_encode()
    flat = pa.array([word for row in rows for word in row[1]], pa.string()).dictionary_encode()
    ends = [0]
    for row in rows:
        ends.append(ends[-1] + len(row[1]))
    lists = pa.ListArray.from_arrays(pa.array(ends, pa.int32()), flat)
    objects = pa.StructArray.from_arrays(
        [pa.array([row[2] for row in rows], pa.string()).dictionary_encode()], names=["text"]
    )
    batch = pa.RecordBatch.from_arrays([texts, lists, objects], names=["a", "b", "c"]).slice(
        min(skipped, len(rows) - 1)
    )
    parts = [part for part, _ in split_by_decoded_size(batch, most)]
    assert pa.Table.from_batches(parts).to_pylist() == batch.to_pylist()
    for part in parts:
        assert part.num_rows == 1 or sum(measure_row(row) for row in part.to_pylist()) <= most
    longest = max((len(word.encode()) for row in rows for word in row[1] if word is not None), default=0)
    assert measure_longest_value(lists) == longest


def test_a_batch_without_dictionaries_stays_whole() -> None:
    batch = pa.RecordBatch.from_pylist([{"a": "x" * 100}] * 9)
    assert [part.num_rows for part, _ in split_by_decoded_size(batch, 10)] == [9]
