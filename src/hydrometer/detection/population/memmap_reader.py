"""Arrays of exchanges read page by page, so that what lies on disk does not fill the memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from hydrometer.detection.population.population import FragmentIndex

PAGE = 1 << 21
"""Exchanges of a page."""


@dataclass(frozen=True, slots=True)
class ExchangePage:
    """Some exchanges in order.

    Attributes:
        events: which exchanges they are.
        lengths: how many fragments each carries.
        carried: those fragments, exchange by exchange.
    """

    events: slice
    lengths: Any
    carried: Any


def read_slice(array: Any, start: int, stop: int) -> Any:
    """Return array[start:stop]; of a mapped array a copy that is read from its file, without touching the mapping."""
    if isinstance(array, np.memmap):
        return np.fromfile(
            str(array.filename), array.dtype, stop - start, offset=array.offset + start * array.dtype.itemsize
        )
    return array[start:stop]


class ReadBuffer:
    """A buffer that files are read into, one after the other: new memory would have to be cleared each time."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._room = np.empty(0, dtype)

    def read(self, path: Path, start: int = 0, stop: int | None = None) -> npt.NDArray[Any]:
        """Return values `start` to `stop` of a file, good until the next call."""
        size = self._room.dtype.itemsize
        count = path.stat().st_size // size - start if stop is None else stop - start
        if self._room.size < count:
            self._room = np.empty(count * 5 // 4, self._room.dtype)
        values = self._room[:count]
        view, have = values.view(np.uint8).data, 0
        with path.open("rb", buffering=0) as file:
            file.seek(start * size)
            while have < len(view) and (more := file.readinto(view[have:])):
                have += more
        return values


def _read_slice_into(array: Any, start: int, stop: int, buffer: ReadBuffer) -> Any:
    if isinstance(array, np.memmap):
        first = array.offset // array.dtype.itemsize
        return buffer.read(Path(str(array.filename)), first + start, first + stop)
    return array[start:stop]


def iterate_pages(fragments: FragmentIndex) -> Iterator[ExchangePage]:
    """Yield all exchanges with the fragments that they carry, in order; each page is good until the next."""
    at = 0
    lengths_buffer, carried_buffer = ReadBuffer(fragments.lengths.dtype), ReadBuffer(fragments.carried.dtype)
    for start in range(0, fragments.lengths.size, PAGE):
        stop = min(start + PAGE, fragments.lengths.size)
        lengths = _read_slice_into(fragments.lengths, start, stop, lengths_buffer)
        carried_size = int(lengths.sum(dtype=np.int64))
        yield ExchangePage(
            slice(start, stop), lengths, _read_slice_into(fragments.carried, at, at + carried_size, carried_buffer)
        )
        at += carried_size
