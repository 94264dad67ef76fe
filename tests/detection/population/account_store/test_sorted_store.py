"""Partitions in order, and their accounts measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fixtures.stored_traffic import ROWS, budget_of, cut_rows, partition_rows
from hydrometer.contract.progress import SilentProgress
from hydrometer.detection.population.account_store.sorted_store import STORED_COLUMNS, sort_partitions

if TYPE_CHECKING:
    from pathlib import Path


def test_exchanges_lie_by_account_and_time_and_are_tallied(tmp_path: Path) -> None:
    rows = [*ROWS[6:], *ROWS[:6]]
    store = sort_partitions(
        partition_rows(cut_rows(rows), budget_of(tmp_path, rows)), np.zeros(0, np.int64), SilentProgress()
    )
    stored = store.stored
    assert stored.columns.keys() == set(STORED_COLUMNS)
    assert stored.counts.tolist() == [4, 4, 4]
    assert stored.starts.tolist() == [0, 4, 8]
    times = stored.columns["time"].memory_map().reshape(3, 4)
    assert np.all(np.diff(times, axis=1) > 0)
    assert stored.tallies["exchanges"].tolist() == [4, 4, 4]
    assert stored.tallies["addresses"].tolist() == [2, 2, 2]
    assert stored.tallies["first_seen"].tolist() == times[:, 0].tolist()
    assert stored.uses["address"].uses.tolist() == [2] * 6
    assert store.bounds == [(0, 0), (len(ROWS), 2 * len(ROWS))]
    assert store.fragments.of_shingle.tolist() == [0, 0]


def test_dropped_rows_are_not_stored(tmp_path: Path) -> None:
    rows = [*ROWS, ROWS[0]]
    partitioned = partition_rows(cut_rows(rows), budget_of(tmp_path, rows))
    assert partitioned.ids.find_repeated_rows(1 << 28).tolist() == [0, 12]
    store = sort_partitions(partitioned, np.array([12]), SilentProgress())
    assert sorted(store.stored.columns["source"].memory_map().tolist()) == list(range(len(ROWS)))
