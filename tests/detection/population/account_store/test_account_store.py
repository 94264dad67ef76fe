"""The phases of the store, one made from the other."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fixtures.small_traffic import Row, exchange, table_of
from hydrometer.contract.account_columns import ACCOUNTS
from hydrometer.contract.fingerprint_columns import TRAFFIC
from hydrometer.contract.progress import SilentProgress
from hydrometer.detection.population.account_store.account_store import AccountStore, build_account_store
from hydrometer.detection.population.account_store.frequent_shingles import count_shingles
from hydrometer.detection.population.account_store.partitioned_store import PartitionedStore, partition_traffic
from hydrometer.detection.population.account_store.row_encoder import RowEncoder
from hydrometer.detection.population.account_store.store_budget import StoreBudget

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

ROWS = [exchange(n, f"account-{n % 3}", sketch=[1, 2, 100 + n], client_ip=f"192.0.2.{n % 2}") for n in range(12)]


class _Chunk:
    """Rows in memory."""

    def __init__(self, first: int, rows: list[Row]) -> None:
        self.first, self._table, self.closed = first, table_of(TRAFFIC, rows), False

    def sketches(self) -> pa.ListArray:
        return self._table["sketch"].combine_chunks()

    def batch(self) -> pa.RecordBatch:
        return self._table.combine_chunks().to_batches()[0]

    def close(self) -> None:
        self.closed = True


def _partition(folder: Path, rows: list[Row]) -> tuple[PartitionedStore, list[_Chunk]]:
    budget, progress = StoreBudget(folder / "accounts", len(rows), 1 << 28, 2), SilentProgress()
    chunks = [_Chunk(0, rows[:5]), _Chunk(5, rows[5:])]
    encoder = RowEncoder(table_of(ACCOUNTS, []), 0.5)
    frequent = count_shingles(chunks, budget, progress)
    return partition_traffic(chunks, encoder, frequent, budget, progress), chunks


def test_a_partitioned_store_holds_all_rows_and_has_closed_its_chunks(tmp_path: Path) -> None:
    store, chunks = _partition(tmp_path, ROWS)
    assert store.row_count == len(ROWS)
    assert all(chunk.closed for chunk in chunks)
    assert sorted(store.shingles.tolist()) == [1, 2]
    with pytest.raises(FrozenInstanceError):
        store.ids = None  # type: ignore[misc,assignment]


def test_an_account_store_is_whole_when_it_is_built(tmp_path: Path) -> None:
    partitioned, _ = _partition(tmp_path, ROWS)
    store = build_account_store(partitioned, np.zeros(0, np.int64), SilentProgress())
    assert all(getattr(store, part.name) is not None for part in fields(AccountStore))
    assert store.stored.counts.tolist() == [4, 4, 4]
    assert store.stored.tallies["exchanges"].tolist() == [4, 4, 4]
    assert store.stored.tallies["addresses"].tolist() == [2, 2, 2]
    assert store.stored.columns["time"].size == len(ROWS)
    # The shingles 1 and 2 occur in the same exchanges, hence one fragment, which every exchange carries once.
    assert store.fragments.exchanges.tolist() == [len(ROWS)]
    assert store.carried.carried.memory_map().tolist() == [0] * len(ROWS)
    assert store.carried.own_uses.memory_map().tolist() == [4, 4, 4]
    assert store.carried.templated == len(ROWS)
    assert store.carried.repeated.tolist() == []


def test_dropped_rows_are_not_stored(tmp_path: Path) -> None:
    partitioned, _ = _partition(tmp_path, [*ROWS, ROWS[0]])
    assert partitioned.ids.find_repeated_rows(1 << 28).tolist() == [0, 12]
    store = build_account_store(partitioned, np.array([12]), SilentProgress())
    assert sorted(store.stored.columns["source"].memory_map().tolist()) == list(range(len(ROWS)))
    assert sorted(store.stored.counts.tolist()) == [4, 4, 4]
