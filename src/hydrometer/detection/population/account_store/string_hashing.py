"""64-bit hashes of strings in Arrow buffers.

Values are distinguished by 64 bits: among n of them two coincide by chance with probability n² / 2⁶⁵ (0.07 % for 160 million).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from hydrometer.contract import LONGEST_ADDRESS

if TYPE_CHECKING:
    import pyarrow as pa

_A = np.uint64(0x9FB21C651E98DF25)
_B = np.uint64(0xD6E8FEB86659FD93)
_SEED = np.uint64(0x2545F4914F6CDD1D)
_S32, _EIGHT = np.uint64(32), np.uint64(8)
_ZERO_GROUP = np.uint64(48)
ABSENT = np.uint64(0)
"""Stands for null; no string has it."""


@njit(nogil=True, cache=True, inline="always")
def mix_bits(value: Any) -> Any:
    """Spread a 64-bit value over all its bits (a bijection: multiply and fold, twice)."""
    value = (value ^ (value >> _S32)) * _A
    value = (value ^ (value >> _S32)) * _B
    return value ^ (value >> _S32)


@njit(nogil=True, cache=True)
def hash_bytes(data: Any, start: int, stop: int) -> Any:
    """Return the hash of data[start:stop], never 0."""
    value = _SEED ^ np.uint64(stop - start)
    at = start
    while at < stop:
        word = np.uint64(0)
        end = min(at + 8, stop)
        for index in range(at, end):
            word = (word << _EIGHT) | np.uint64(data[index])
        value = mix_bits(value ^ word) * _A
        at = end
    value = mix_bits(value)
    return value if value != ABSENT else np.uint64(1)


@njit(nogil=True, cache=True)
def _hash_rows(data: Any, offsets: Any, valid: Any, out: Any) -> None:
    for row in range(out.size):
        out[row] = hash_bytes(data, offsets[row], offsets[row + 1]) if valid[row] else ABSENT


@njit(nogil=True, cache=True)
def _find_third_dot(data: Any, start: int, stop: int) -> int:
    """Return where the third dot of a v4 address is; -1 of what is not four parts of one to three digits."""
    dots, digits, third = 0, 0, -1
    for at in range(start, stop):
        if data[at] == 46:
            if digits == 0:
                return -1
            dots, digits = dots + 1, 0
            if dots == 3:
                third = at
        elif 48 <= data[at] <= 57 and digits < 3:
            digits += 1
        else:
            return -1
    return third if dots == 3 and digits else -1


@njit(nogil=True, cache=True)
def _hash_network_rows(data: Any, offsets: Any, valid: Any, out: Any) -> None:
    """Hash the block of each address in its shortest spelling: the first three parts of a v4, the first three groups of a v6.

    What is no address has none, as in the canonical form of networks.
    """
    for row in range(out.size):
        start, stop = offsets[row], offsets[row + 1]
        out[row] = ABSENT
        if not valid[row]:
            continue
        v6, letters = False, 0
        for at in range(start, stop):
            v6 = v6 or data[at] == 58
            letters += data[at] & 0xC0 != 0x80
        if v6 and letters > LONGEST_ADDRESS:
            continue
        if not v6:
            end = _find_third_dot(data, start, stop)
            if end >= 0:
                out[row] = hash_bytes(data, start, end)
            continue
        # Groups after `::` cannot be among the first three: it stands for two groups of zeros at the least.
        value, group, at = _SEED, 0, start
        while group < 3:
            number = np.uint64(0)
            while at < stop and data[at] != 58:
                number = (number << _EIGHT) | np.uint64(data[at])
                at += 1
            value = mix_bits(value ^ (number if number != ABSENT else _ZERO_GROUP))
            group += 1
            if at + 1 < stop and data[at] == 58 and data[at + 1] == 58:
                while group < 3:
                    value = mix_bits(value ^ _ZERO_GROUP)
                    group += 1
            at += 1
        out[row] = value if value != ABSENT else np.uint64(1)


def _split_string_buffers(array: pa.StringArray) -> tuple[Any, Any, Any]:
    """Return the bytes, offsets and validity of a string array."""
    _, offsets, data = array.buffers()
    first = np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1]
    content = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)
    valid = np.ones(len(array), np.bool_) if array.null_count == 0 else array.is_valid().to_numpy(zero_copy_only=False)
    return content, first, valid


def hash_strings(array: pa.StringArray) -> Any:
    """Return the uint64 hashes of a string array; ABSENT for null."""
    out = np.zeros(len(array), np.uint64)
    if len(array):
        _hash_rows(*_split_string_buffers(array), out)
    return out


def hash_networks(array: pa.StringArray) -> Any:
    """Return the uint64 hashes of the blocks of addresses: /24 for v4, /48 for v6; ABSENT for null."""
    out = np.zeros(len(array), np.uint64)
    if len(array):
        _hash_network_rows(*_split_string_buffers(array), out)
    return out
