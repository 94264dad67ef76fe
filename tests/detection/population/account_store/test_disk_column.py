"""Arrays on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.population.account_store.disk_column import DiskColumn

if TYPE_CHECKING:
    from pathlib import Path


def test_a_column_is_read_in_pieces_or_mapped_whole(tmp_path: Path) -> None:
    column = DiskColumn(tmp_path / "x", np.int16)
    assert column.memory_map().tolist() == []
    column.append(np.arange(5))
    column.append(np.arange(5, 8)[::-1])
    assert column.size == 8
    assert column.read(3, 6).tolist() == [3, 4, 7]
    assert column.memory_map().tolist() == [0, 1, 2, 3, 4, 7, 6, 5]
    column.remove()
    assert not list(tmp_path.iterdir())
