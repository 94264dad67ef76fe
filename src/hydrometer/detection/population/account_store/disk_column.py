"""An array on disk that is appended to and read back in parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt


class DiskColumn:
    """An array in a file of its own, appended in order, read in parts or mapped whole."""

    def __init__(self, path: Path, dtype: Any) -> None:
        """Make the empty file."""
        self._path, self._dtype = path, np.dtype(dtype)
        self._path.touch()
        self.size = 0

    def append(self, values: npt.NDArray[Any]) -> None:
        """Write more values behind the others."""
        with self._path.open("ab") as file:
            file.write(np.ascontiguousarray(values, self._dtype).data)
        self.size += values.size

    def memory_map(self) -> npt.NDArray[Any]:
        """Return all values, read from disk where they are touched."""
        return np.memmap(self._path, self._dtype, mode="r") if self.size else np.zeros(0, self._dtype)

    def read(self, start: int, stop: int) -> npt.NDArray[Any]:
        """Return values `start` to `stop`, in memory."""
        return np.fromfile(self._path, self._dtype, stop - start, offset=start * self._dtype.itemsize)

    def remove(self) -> None:
        """Delete the file."""
        self._path.unlink()
