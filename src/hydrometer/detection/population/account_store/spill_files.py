"""The ledger's pages on disk: rows and their shingles by partition, written as they come, read one partition at a time."""

from __future__ import annotations

import itertools
from threading import local
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from numba import njit

from hydrometer.detection.population.account_store.row_encoder import ROW
from hydrometer.detection.population.memmap_reader import ReadBuffer

if TYPE_CHECKING:
    from pathlib import Path


@njit(nogil=True, cache=True)
def sort_by_partition(partition: Any, counts: Any, order: Any) -> None:
    """Stable counting sort: `counts` gets the sizes, `order` the rows partition by partition."""
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
    """Lists one after the other in a new order."""
    have = 0
    for index in range(order.size):
        row = order[index]
        first = starts[row]
        for step in range(counts[row]):
            out[have + step] = values[first + step]
        have += counts[row]


class SpillFiles:
    """Partitions of rows with their lists of shingle numbers, appended by one thread."""

    def __init__(self, folder: Path, partitions: int) -> None:
        folder.mkdir()
        self._rows = [folder / f"{number:04}.rows" for number in range(partitions)]
        self._lists = [folder / f"{number:04}.lists" for number in range(partitions)]
        self._files = [[path.open("wb") for path in paths] for paths in (self._rows, self._lists)]
        self._buffers = local()
        self.partitions = partitions

    def append(
        self,
        rows: npt.NDArray[Any],
        lists: npt.NDArray[np.int32],
        row_counts: npt.NDArray[np.int64],
        list_counts: npt.NDArray[np.int64],
    ) -> None:
        """Write rows, and their lists which follow each other as long as `shingles` says: so many to each partition."""
        for files, values, counts in ((self._files[0], rows, row_counts), (self._files[1], lists, list_counts)):
            first = 0
            for part, count in enumerate(counts.tolist()):
                if count:
                    files[part].write(values[first : first + count].data)
                    first += count

    def close(self) -> None:
        """Finish writing."""
        for file in itertools.chain(*self._files):
            file.close()

    def read_partition(self, partition: int) -> tuple[npt.NDArray[Any], npt.NDArray[np.int32]]:
        """Rows and lists of a partition, until the next call in this thread; its files are gone then."""
        if not hasattr(self._buffers, "rows"):
            self._buffers.rows, self._buffers.lists = ReadBuffer(ROW), ReadBuffer(np.dtype(np.int32))
        rows = self._buffers.rows.read(self._rows[partition])
        lists = self._buffers.lists.read(self._lists[partition])
        self._rows[partition].unlink()
        self._lists[partition].unlink()
        return rows, lists


class DiskColumn:
    """An array on disk, appended in order, read in pieces or mapped whole."""

    def __init__(self, path: Path, dtype: Any) -> None:
        self._path, self._dtype = path, np.dtype(dtype)
        self._path.touch()
        self.size = 0

    def append(self, values: npt.NDArray[Any]) -> None:
        """Write more values."""
        with self._path.open("ab") as file:
            file.write(np.ascontiguousarray(values, self._dtype).data)
        self.size += values.size

    def memory_map(self) -> npt.NDArray[Any]:
        """The values, read from disk where they are touched."""
        return np.memmap(self._path, self._dtype, mode="r") if self.size else np.zeros(0, self._dtype)

    def read(self, start: int, stop: int) -> npt.NDArray[Any]:
        """Some of the values, in memory."""
        return np.fromfile(self._path, self._dtype, stop - start, offset=start * self._dtype.itemsize)

    def remove(self) -> None:
        """Take the file away."""
        self._path.unlink()
