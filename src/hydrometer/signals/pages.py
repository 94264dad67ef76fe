"""Reads arrays of exchanges piece by piece, so that what lies on disk does not fill the memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hydrometer.contract.population import Fragments

PAGE = 1 << 21
"""Exchanges of a page."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some exchanges in order: which they are, and the fragments they carry."""

    events: slice
    lengths: Any
    carried: Any


def piece(array: Any, start: int, stop: int) -> Any:
    """array[start:stop]; of a mapped array a copy that is read from its file, without touching the mapping."""
    if isinstance(array, np.memmap):
        return np.fromfile(
            str(array.filename), array.dtype, stop - start, offset=array.offset + start * array.dtype.itemsize
        )
    return array[start:stop]


class _Reader:
    """Pieces of one array, one at a time, in memory that is used again: new memory would have to be cleared each time."""

    def __init__(self, array: Any) -> None:
        self._array, self._held = array, np.empty(0, array.dtype)

    def piece(self, start: int, stop: int) -> Any:
        """array[start:stop], until the next call."""
        array = self._array
        if not isinstance(array, np.memmap):
            return array[start:stop]
        if self._held.size < stop - start:
            self._held = np.empty((stop - start) * 5 // 4, array.dtype)
        held = self._held[: stop - start]
        with open(str(array.filename), "rb", buffering=0) as file:
            file.seek(array.offset + start * array.dtype.itemsize)
            view, have = memoryview(held).cast("B"), 0
            while have < len(view) and (more := file.readinto(view[have:])):
                have += more
        return held


def pages(fragments: Fragments) -> Iterator[Page]:
    """All exchanges with the fragments that they carry, in order; each page is good until the next."""
    at = 0
    all_lengths, all_carried = _Reader(fragments.lengths), _Reader(fragments.carried)
    for start in range(0, fragments.lengths.size, PAGE):
        stop = min(start + PAGE, fragments.lengths.size)
        lengths = all_lengths.piece(start, stop)
        held = int(lengths.sum(dtype=np.int64))
        yield Page(slice(start, stop), lengths, all_carried.piece(at, at + held))
        at += held
