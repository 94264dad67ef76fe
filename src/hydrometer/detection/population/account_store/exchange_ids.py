"""The ids of all rows as hashes on disk, to find the rows that repeat an exchange."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hydrometer.detection.population.account_store.disk_column import DiskColumn

if TYPE_CHECKING:
    from pathlib import Path

READ_IDS = 1 << 22
"""Ids that are read at a time."""


class ExchangeIds:
    """Hashes of exchange ids in the order of the traffic, appended chunk by chunk."""

    def __init__(self, path: Path) -> None:
        """Make the file at `path`."""
        self._column = DiskColumn(path, np.uint64)
        self._chunks: list[tuple[int, int]] = []

    def append(self, first: int, ids: npt.NDArray[np.uint64]) -> None:
        """Write the hashes of a chunk whose first row is at the position `first` of the traffic."""
        self._column.append(ids)
        self._chunks.append((first, ids.size))

    @property
    def size(self) -> int:
        """Rows that were appended."""
        return self._column.size

    def find_repeated_rows(self, memory: int) -> npt.NDArray[np.int64]:
        """Return the positions of the rows whose exchange id came more than once, ascending, within `memory` bytes."""
        repeated_ids = self._find_repeated_ids(memory)
        rows, at = [np.zeros(0, np.int64)], 0
        if repeated_ids.size:
            for first, size in self._chunks:
                ids = self._column.read(at, at + size)
                index = np.minimum(np.searchsorted(repeated_ids, ids), repeated_ids.size - 1)
                rows.append(first + np.nonzero(repeated_ids[index] == ids)[0])
                at += size
        return np.concatenate(rows)

    def _find_repeated_ids(self, memory: int) -> npt.NDArray[np.uint64]:
        """Return the hashes that come more than once, ascending: all of one remainder at a time."""
        repeated = []
        rounds = max(1, math.ceil(self.size * 8 * 4 / memory))
        for part in range(rounds):
            slices = [np.zeros(0, np.uint64)]
            for start in range(0, self.size, READ_IDS):
                ids = self._column.read(start, min(start + READ_IDS, self.size))
                slices.append(ids[ids % np.uint64(rounds) == part] if rounds > 1 else ids)
            ids = np.concatenate(slices)
            ids.sort()
            repeated.append(np.unique(ids[1:][ids[1:] == ids[:-1]]))
        return np.sort(np.concatenate(repeated))

    def remove(self) -> None:
        """Delete the file."""
        self._column.remove()
