"""Rows by partition."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING

import pytest

from fixtures.stored_traffic import ROWS, budget_of, cut_rows, partition_rows

if TYPE_CHECKING:
    from pathlib import Path

    from hydrometer.detection.population.account_store.partitioned_store import PartitionedStore


def test_a_partitioned_store_holds_all_rows_and_has_closed_its_chunks(tmp_path: Path) -> None:
    chunks = cut_rows(ROWS)
    store: PartitionedStore = partition_rows(chunks, budget_of(tmp_path, ROWS))
    assert store.row_count == len(ROWS)
    assert all(chunk.closed for chunk in chunks)
    assert sorted(store.shingles.tolist()) == [1, 2]
    rows, lists = store.partitions.consume(0)
    assert sorted(rows["source"].tolist()) == list(range(len(ROWS)))
    assert lists.size == 2 * len(ROWS)
    with pytest.raises(FrozenInstanceError):
        store.ids = store.ids  # type: ignore[misc]  # what is tested
