"""Partitions written and read back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.population.account_store.exchange_row import ROW
from hydrometer.detection.population.account_store.spill_files import SpilledPartitions, SpillWriter

if TYPE_CHECKING:
    from pathlib import Path


def test_a_partition_comes_back_as_it_was_written_and_its_files_go(tmp_path: Path) -> None:
    folder = tmp_path / "spill"
    with SpillWriter(folder, 2) as spill:
        for base in (0, 10):
            rows = np.zeros(3, ROW)
            rows["source"] = base + np.arange(3)
            lists = base + np.arange(4, dtype=np.int32)
            spill.append(rows, lists, np.array([1, 2]), np.array([3, 1]))
    partitions = SpilledPartitions(folder, 2)
    assert len(partitions) == 2
    rows, lists = partitions.consume(1)
    assert rows["source"].tolist() == [1, 2, 11, 12]
    assert lists.tolist() == [3, 13]
    rows, lists = partitions.consume(0)
    assert rows["source"].tolist() == [0, 10]
    assert lists.tolist() == [0, 1, 2, 10, 11, 12]
    assert not list(folder.iterdir())
