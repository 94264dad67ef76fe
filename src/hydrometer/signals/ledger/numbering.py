"""Dense numbers for 64-bit values, in the order of their first sight."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from hydrometer.signals.ledger.repeats import at_least

_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_ONE = np.uint64(1)
FILL = 0.6


@njit(nogil=True, cache=True)
def _number(values: Any, start: int, keys: Any, numbers: Any, held: Any, known: int, room: int, out: Any) -> Any:
    """Number values[start:]; stops when `room` numbers are given. Returns (next row, numbers given)."""
    last = np.uint64(keys.size - 1)
    for row in range(start, values.size):
        value = values[row]
        place = (np.uint64(value) * _SPREAD) >> np.uint64(20)
        while True:
            place &= last
            number = numbers[place]
            if number < 0:
                if known >= room:
                    return row, known
                keys[place], numbers[place] = value, known
                held[known] = value
                out[row] = known
                known += 1
                break
            if keys[place] == value:
                out[row] = number
                break
            place += _ONE
    return values.size, known


@njit(nogil=True, cache=True)
def _insert(held: Any, known: int, keys: Any, numbers: Any) -> None:
    last = np.uint64(keys.size - 1)
    for number in range(known):
        place = ((np.uint64(held[number]) * _SPREAD) >> np.uint64(20)) & last
        while numbers[place] >= 0:
            place = (place + _ONE) & last
        keys[place], numbers[place] = held[number], number


@njit(nogil=True, cache=True)
def _find(values: Any, keys: Any, numbers: Any, out: Any) -> None:
    last = np.uint64(keys.size - 1)
    for row in range(values.size):
        place = (np.uint64(values[row]) * _SPREAD) >> np.uint64(20)
        out[row] = -1
        while True:
            place &= last
            if numbers[place] < 0:
                break
            if keys[place] == values[row]:
                out[row] = numbers[place]
                break
            place += _ONE


@njit(nogil=True, cache=True)
def frequent(values: Any, offsets: Any, least: int, shift: Any, table: Any, out: Any, counts: Any) -> int:
    """Keep each row's distinct values that may occur `least` times; returns how many were written to `out`."""
    have = 0
    for row in range(counts.size):
        begun = have
        for at in range(offsets[row], offsets[row + 1]):
            value = values[at]
            if not at_least(value, least, shift, table):
                continue
            twice = False
            if have > begun and out[have - 1] >= value:
                # A sketch is ascending; one that is not is searched.
                for place in range(begun, have):
                    if out[place] == value:
                        twice = True
                        break
            if not twice:
                out[have] = value
                have += 1
        counts[row] = have - begun
    return have


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
        keys, numbers = np.empty(places, np.int64), np.full(places, -1, np.int32)
        _insert(held, self.known, keys, numbers)
        self._held, self._keys, self._numbers, self._room = held, keys, numbers, room

    def number(self, values: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        """Numbers of the values, new ones for those not seen before."""
        out = np.empty(values.size, np.int32)
        row = 0
        while row < values.size:
            row, self.known = _number(values, row, self._keys, self._numbers, self._held, self.known, self._room, out)
            if row < values.size:
                self._resize(self._keys.size * 2)
        return out

    def find(self, values: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        """Numbers of the values; -1 for those not seen."""
        out = np.empty(values.size, np.int32)
        _find(values, self._keys, self._numbers, out)
        return out

    @property
    def values(self) -> npt.NDArray[np.int64]:
        """The values in the order of their numbers."""
        return self._held[: self.known]
