"""Which 64-bit values occur often: counts of two bits, so that what occurs once costs a quarter of a byte.

A counting filter (Fan et al. 2000): a count is never too low; of the rare values a few, which share their slots with
others, count too high, and the caller must bear it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_THREE, _TWO = np.uint64(3), np.uint64(2)
MOST = 3
LEAST_BITS = 16


@njit(nogil=True, cache=True)
def _add_counts(values: Any, shift: Any, table: Any) -> None:
    for row in range(values.size):
        slot = (np.uint64(values[row]) * _SPREAD) >> shift
        byte = table[slot >> _TWO]
        by = np.uint8((slot & _THREE) << np.uint64(1))
        if (byte >> by) & np.uint8(3) != np.uint8(3):
            table[slot >> _TWO] = byte + (np.uint8(1) << by)


@njit(nogil=True, cache=True, inline="always")
def reaches_count(value: Any, least: int, shift: Any, table: Any) -> bool:
    """Return whether the table may have counted `value` so often; `least` up to 3."""
    slot = (np.uint64(value) * _SPREAD) >> shift
    return bool((table[slot >> _TWO] >> np.uint8((slot & _THREE) << np.uint64(1))) & np.uint8(3) >= np.uint8(least))


@njit(nogil=True, cache=True)
def _test_values(values: Any, least: int, shift: Any, table: Any, out: Any) -> None:
    for row in range(values.size):
        out[row] = reaches_count(values[row], least, shift, table)


class CountingFilter:
    """Counts up to 3 of int64 or uint64 values. One thread at a time may count, several may read."""

    def __init__(self, expected: int, most_bytes: int) -> None:
        """Make room for `expected` distinct values: four slots each, or what `most_bytes` allow."""
        bits = max(LEAST_BITS, (4 * max(1, expected)).bit_length())
        while (1 << bits) // 4 > most_bytes and bits > LEAST_BITS:
            bits -= 1
        self.shift = np.uint64(64 - bits)
        self.table: npt.NDArray[np.uint8] = np.zeros((1 << bits) // 4, np.uint8)

    def count(self, values: npt.NDArray[Any]) -> None:
        """Count every value once more."""
        _add_counts(values, self.shift, self.table)

    def may_occur(self, values: npt.NDArray[Any], least: int) -> npt.NDArray[np.bool_]:
        """Return a mask of the values that may have been counted `least` times (2 or 3)."""
        out = np.empty(values.size, np.bool_)
        _test_values(values, least, self.shift, self.table, out)
        return out
