"""Words that are known by their hashes: a sieve that most other words fall through, and an open-addressed table."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

SIEVE_BITS = 16
"""Highest bits of a hash that the sieve looks at."""

_WORD, _BIT = np.uint64(64 - SIEVE_BITS + 6), np.uint64(64 - SIEVE_BITS)
_SIXTY_THREE, _ONE, _ZERO = np.uint64(63), np.uint64(1), np.uint64(0)


def build_hash_table(hashes: list[int], slots: int) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """Return (keys [slots], 0 where none; the slot of each hash). `slots` is a power of two and well above the hashes.

    Raises:
        ValueError: more than half of the slots would be full.
    """
    if 2 * len(hashes) > slots:
        raise ValueError(f"{len(hashes)} words need at least {2 * len(hashes)} slots, and there are {slots}")
    keys, positions = np.zeros(slots, np.uint64), np.zeros(len(hashes), np.int64)
    for index, key in enumerate(hashes):
        position = key % slots
        while keys[position]:
            position = (position + 1) % slots
        keys[position], positions[index] = key, position
    return keys, positions


def build_sieve(hashes: list[int]) -> npt.NDArray[np.uint64]:
    """Return a bit for each value of the highest SIEVE_BITS bits of a hash, as words of 64 bits."""
    sieve = np.zeros(1 << (SIEVE_BITS - 6), np.uint64)
    for key in hashes:
        high = key >> (64 - SIEVE_BITS)
        sieve[high >> 6] |= np.uint64(1 << (high & 63))
    return sieve


@njit(inline="always")
def sift_words(words: Any, count: int, sieve: Any, hits: Any) -> Any:
    """Write the indices of those of words[:count] that the sieve holds back to `hits`; returns how many they are."""
    hit_count = np.int64(0)
    for index in range(count):
        word = words[index]
        hits[np.uint64(hit_count)] = index
        hit_count += np.int64((sieve[word >> _WORD] >> ((word >> _BIT) & _SIXTY_THREE)) & _ONE)
    return hit_count


@njit(inline="always")
def find_slot(word: Any, keys: Any) -> Any:
    """Return the slot (uint64) of a hash in an open-addressed table, or that of the empty slot that shows its absence."""
    last = np.uint64(keys.size - 1)
    slot = word & last
    while keys[slot] != word and keys[slot] != _ZERO:
        slot = (slot + _ONE) & last
    return slot
