"""Rows and their shingle numbers on disk by partition, written as they come, read one partition at a time."""

from __future__ import annotations

import itertools
from threading import local
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from numba import njit

from hydrometer.detection.population.account_store.exchange_row import ROW
from hydrometer.detection.population.memmap_reader import ReadBuffer

if TYPE_CHECKING:
    from pathlib import Path

ROWS, LISTS = "rows", "lists"


@njit(nogil=True, cache=True)
def sort_by_partition(partition: Any, counts: Any, order: Any) -> None:
    """Sort rows by partition, keeping their order: `counts` gets the sizes, `order` the rows partition by partition."""
    counts[:] = 0
    for row in range(partition.size):
        counts[partition[row]] += 1
    offsets = np.zeros(counts.size, np.int64)
    for part in range(1, counts.size):
        offsets[part] = offsets[part - 1] + counts[part - 1]
    for row in range(partition.size):
        order[offsets[partition[row]]] = row
        offsets[partition[row]] += 1


@njit(nogil=True, cache=True)
def gather_lists(values: Any, starts: Any, counts: Any, order: Any, out: Any) -> None:
    """Write the lists to `out`, one after the other in a new order."""
    have = 0
    for index in range(order.size):
        row = order[index]
        first = starts[row]
        for step in range(counts[row]):
            out[have + step] = values[first + step]
        have += counts[row]


class SpillWriter:
    """Files that rows with their lists of shingle numbers are appended to, partition by partition, by one thread.

    A context manager: on leaving it the files are written.
    """

    def __init__(self, folder: Path, partitions: int) -> None:
        """Make the folder and two files for each partition."""
        folder.mkdir()
        self._files = [
            [path.open("wb") for path in _name_files(folder, partitions, suffix)] for suffix in (ROWS, LISTS)
        ]

    def __enter__(self) -> SpillWriter:
        return self

    def __exit__(self, *raised: object) -> None:
        for file in itertools.chain(*self._files):
            file.close()

    def append(
        self,
        rows: npt.NDArray[Any],
        lists: npt.NDArray[np.int32],
        row_counts: npt.NDArray[np.int64],
        list_counts: npt.NDArray[np.int64],
    ) -> None:
        """Write rows and their lists, which lie partition by partition: so many of either to each."""
        for files, values, counts in ((self._files[0], rows, row_counts), (self._files[1], lists, list_counts)):
            first = 0
            for part, count in enumerate(counts.tolist()):
                if count:
                    files[part].write(values[first : first + count].data)
                    first += count


class _ReadBuffers(local):
    """What each thread reads partitions into."""

    def __init__(self) -> None:
        self.rows, self.lists = ReadBuffer(ROW), ReadBuffer(np.dtype(np.int32))


class SpilledPartitions:
    """The partitions that a SpillWriter has written; each can be read once, in any thread."""

    def __init__(self, folder: Path, partitions: int) -> None:
        self._rows, self._lists = (_name_files(folder, partitions, suffix) for suffix in (ROWS, LISTS))
        self._buffers = _ReadBuffers()

    def __len__(self) -> int:
        return len(self._rows)

    def consume(self, partition: int) -> tuple[npt.NDArray[Any], npt.NDArray[np.int32]]:
        """Return rows and lists of a partition, good until the next call in this thread, and delete its files."""
        rows = self._buffers.rows.read(self._rows[partition])
        lists = self._buffers.lists.read(self._lists[partition])
        self._rows[partition].unlink()
        self._lists[partition].unlink()
        return rows, lists


def _name_files(folder: Path, partitions: int, suffix: str) -> list[Path]:
    return [folder / f"{number:04}.{suffix}" for number in range(partitions)]
