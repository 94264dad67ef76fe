"""Dense numbers for 64-bit values, in the order of their first occurrence."""

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
def _assign_numbers(values: Any, start: int, slots: Any, stored: Any, count: int, room: int, out: Any) -> Any:  # noqa: PLR0913  a kernel takes its arrays
    """Write the numbers of values[start:] to `out`; stop when `room` numbers are in use. Return (next row, numbers in use)."""
    last = np.uint64(slots.size - 1)
    for row in range(start, values.size):
        value = values[row]
        slot = (np.uint64(value) * _SPREAD) >> np.uint64(20)
        while True:
            slot &= last
            number = slots[slot].number
            if number < 0:
                if count >= room:
                    return row, count
                slots[slot].key, slots[slot].number = value, count
                stored[count] = value
                out[row] = count
                count += 1
                break
            if slots[slot].key == value:
                out[row] = number
                break
            slot += _ONE
    return values.size, count


@njit(nogil=True, cache=True)
def _insert_values(stored: Any, count: int, slots: Any) -> None:
    last = np.uint64(slots.size - 1)
    for number in range(count):
        slot = ((np.uint64(stored[number]) * _SPREAD) >> np.uint64(20)) & last
        while slots[slot].number >= 0:
            slot = (slot + _ONE) & last
        slots[slot].key, slots[slot].number = stored[number], number


@njit(nogil=True, cache=True)
def _find_numbers(values: Any, slots: Any, out: Any) -> None:
    last = np.uint64(slots.size - 1)
    for row in range(values.size):
        slot = (np.uint64(values[row]) * _SPREAD) >> np.uint64(20)
        out[row] = -1
        while True:
            slot &= last
            if slots[slot].number < 0:
                break
            if slots[slot].key == values[row]:
                out[row] = slots[slot].number
                break
            slot += _ONE


class DictionaryEncoder:
    """The int32 numbers of int64 values, in the order of their first occurrence. For one thread at a time."""

    def __init__(self) -> None:
        self.count = 0
        self._stored = np.empty(0, np.int64)
        self._resize(1 << 16)

    def _resize(self, slot_count: int) -> None:
        room = int(slot_count * FILL)
        stored = np.empty(room, np.int64)
        stored[: self.count] = self._stored[: self.count]
        self._stored, self._room = stored, room
        # The old table goes before the new one comes: the values that are kept suffice to fill it.
        self._slots = np.empty(0, SLOT)
        self._slots = np.empty(slot_count, SLOT)
        self._slots["number"] = -1
        _insert_values(stored, self.count, self._slots)

    def encode(self, values: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        """Return the numbers of values, new ones for new values."""
        out = np.empty(values.size, np.int32)
        row = 0
        while row < values.size:
            row, self.count = _assign_numbers(values, row, self._slots, self._stored, self.count, self._room, out)
            if row < values.size:
                self._resize(self._slots.size * 2)
        return out

    def look_up(self, values: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        """Return the numbers of values; -1 for those without."""
        out = np.empty(values.size, np.int32)
        _find_numbers(values, self._slots, out)
        return out

    @property
    def values(self) -> npt.NDArray[np.int64]:
        """All values in the order of their numbers."""
        return self._stored[: self.count]
