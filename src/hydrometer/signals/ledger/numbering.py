"""Dense numbers for 64-bit values, in the order of their first sight."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_ONE = np.uint64(1)
FILL = 0.6
SLOT = np.dtype([("key", np.int64), ("number", np.int32)])
"""Key and number lie together, unaligned: a large table is looked up at the price of one line of cache."""


@njit(nogil=True, cache=True)
def _number(values: Any, start: int, slots: Any, held: Any, known: int, room: int, out: Any) -> Any:
    """Number values[start:]; stops when `room` numbers are given. Returns (next row, numbers given)."""
    last = np.uint64(slots.size - 1)
    for row in range(start, values.size):
        value = values[row]
        place = (np.uint64(value) * _SPREAD) >> np.uint64(20)
        while True:
            place &= last
            number = slots[place].number
            if number < 0:
                if known >= room:
                    return row, known
                slots[place].key, slots[place].number = value, known
                held[known] = value
                out[row] = known
                known += 1
                break
            if slots[place].key == value:
                out[row] = number
                break
            place += _ONE
    return values.size, known


@njit(nogil=True, cache=True)
def _insert(held: Any, known: int, slots: Any) -> None:
    last = np.uint64(slots.size - 1)
    for number in range(known):
        place = ((np.uint64(held[number]) * _SPREAD) >> np.uint64(20)) & last
        while slots[place].number >= 0:
            place = (place + _ONE) & last
        slots[place].key, slots[place].number = held[number], number


@njit(nogil=True, cache=True)
def _find(values: Any, slots: Any, out: Any) -> None:
    last = np.uint64(slots.size - 1)
    for row in range(values.size):
        place = (np.uint64(values[row]) * _SPREAD) >> np.uint64(20)
        out[row] = -1
        while True:
            place &= last
            if slots[place].number < 0:
                break
            if slots[place].key == values[row]:
                out[row] = slots[place].number
                break
            place += _ONE


class Numbering:
    """Gives int32 numbers to int64 values and keeps the values. One thread at a time."""

    def __init__(self) -> None:
        self.known = 0
        self._held = np.empty(0, np.int64)
        self._resize(1 << 16)

    def _resize(self, places: int) -> None:
        room = int(places * FILL)
        held = np.empty(room, np.int64)
        held[: self.known] = self._held[: self.known]
        self._held, self._room = held, room
        # The old table goes before the new one comes: the values that are kept suffice to fill it.
        self._slots = np.empty(0, SLOT)
        self._slots = np.empty(places, SLOT)
        self._slots["number"] = -1
        _insert(held, self.known, self._slots)

    def number(self, values: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        """Numbers of the values, new ones for those not seen before."""
        out = np.empty(values.size, np.int32)
        row = 0
        while row < values.size:
            row, self.known = _number(values, row, self._slots, self._held, self.known, self._room, out)
            if row < values.size:
                self._resize(self._slots.size * 2)
        return out

    def find(self, values: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        """Numbers of the values; -1 for those not seen."""
        out = np.empty(values.size, np.int32)
        _find(values, self._slots, out)
        return out

    @property
    def values(self) -> npt.NDArray[np.int64]:
        """The values in the order of their numbers."""
        return self._held[: self.known]
