"""Rows by their positions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fixtures.parquet_traffic import write_chunks
from fixtures.small_traffic import exchange
from hydrometer.detection.population.account_store.chunk_lookup import ChunkLookup, group_by_chunk

if TYPE_CHECKING:
    from pathlib import Path

FILES = [[exchange(n, "a", sketch=[n, 50]) for n in range(at, at + 4)] for at in (0, 4, 8)]


def test_positions_are_grouped_by_the_chunk_that_holds_them(tmp_path: Path) -> None:
    chunks = write_chunks(tmp_path, FILES)
    grouped = [
        (chunk.first, positions.tolist()) for chunk, positions in group_by_chunk(chunks, np.array([1, 3, 9, 11]))
    ]
    assert grouped == [(0, [1, 3]), (8, [9, 11])]
    assert not list(group_by_chunk(chunks, np.zeros(0, np.int64)))


def test_ids_and_sketches_come_in_the_order_that_is_wanted(tmp_path: Path) -> None:
    source = np.arange(12)[::-1].copy()
    lookup = ChunkLookup(write_chunks(tmp_path, FILES), source)
    exchanges = np.array([0, 11, 5])
    assert lookup.take_ids(exchanges).to_pylist() == ["x0011", "x0000", "x0006"]
    assert lookup.take_sketches(exchanges).to_pylist() == [[11, 50], [0, 50], [6, 50]]
    assert lookup.take_ids(exchanges[:0]).to_pylist() == []
