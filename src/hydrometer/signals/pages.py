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


def pages(fragments: Fragments) -> Iterator[Page]:
    """All exchanges with the fragments that they carry, in order."""
    at = 0
    for start in range(0, fragments.lengths.size, PAGE):
        stop = min(start + PAGE, fragments.lengths.size)
        lengths = piece(fragments.lengths, start, stop)
        held = int(lengths.sum(dtype=np.int64))
        yield Page(slice(start, stop), lengths, piece(fragments.carried, at, at + held))
        at += held
