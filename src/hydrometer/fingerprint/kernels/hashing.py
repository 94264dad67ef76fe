"""Hashes and sketches of word sequences."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

PRIME = np.uint64(0x9DDFEA08EB382D69)
_ROLL = np.uint64(0xD1342543DE82EF95)
_MIX_A = np.uint64(0xFF51AFD7ED558CCD)
_MIX_B = np.uint64(0xC4CEB9FE1A85EC53)
_R33 = np.uint64(33)
_ONE = np.uint64(1)


@njit(nogil=True, cache=True)
def mix(value: Any) -> Any:
    """Spread a 64-bit value over all its bits (MurmurHash3's finaliser; a bijection)."""
    value ^= value >> _R33
    value *= _MIX_A
    value ^= value >> _R33
    value *= _MIX_B
    return value ^ (value >> _R33)


@njit(nogil=True, cache=True)
def siphash(message: Any, key_low: Any, key_high: Any) -> Any:
    """SipHash-2-4 (Aumasson and Bernstein, 2012) of one 64-bit little-endian word, with a 128-bit key."""
    v0 = key_low ^ np.uint64(0x736F6D6570736575)
    v1 = key_high ^ np.uint64(0x646F72616E646F6D)
    v2 = key_low ^ np.uint64(0x6C7967656E657261)
    v3 = key_high ^ np.uint64(0x7465646279746573) ^ message
    last = np.uint64(8 << 56)
    for turn in range(8):
        if turn == 2:
            v0 ^= message
            v3 ^= last
        elif turn == 4:
            v0 ^= last
            v2 ^= np.uint64(0xFF)
        v0 += v1
        v1 = ((v1 << np.uint64(13)) | (v1 >> np.uint64(51))) ^ v0
        v0 = (v0 << np.uint64(32)) | (v0 >> np.uint64(32))
        v2 += v3
        v3 = ((v3 << np.uint64(16)) | (v3 >> np.uint64(48))) ^ v2
        v0 += v3
        v3 = ((v3 << np.uint64(21)) | (v3 >> np.uint64(43))) ^ v0
        v2 += v1
        v1 = ((v1 << np.uint64(17)) | (v1 >> np.uint64(47))) ^ v2
        v2 = (v2 << np.uint64(32)) | (v2 >> np.uint64(32))
    return v0 ^ v1 ^ v2 ^ v3


@njit(nogil=True, cache=True)
def shingles(words: Any, count: int, size: int, least: Any, key_low: Any, key_high: Any, out: Any, have: int) -> int:
    """Append to `out` the keyed hashes of the sampled shingles of `count` words; returns how many it holds then."""
    top = _ONE
    for _ in range(size):
        top *= _ROLL
    value = np.uint64(0)
    for index in range(count):
        value = value * _ROLL + words[index]
        if index >= size:
            value -= words[index - size] * top
        if index >= size - 1 or index == count - 1:
            chance = (value ^ key_low) * PRIME
            chance = (chance ^ (chance >> _R33) ^ key_high) * _MIX_B
            if chance ^ (chance >> _R33) <= least:
                out[have] = np.int64(siphash(value, key_low, key_high))
                have += 1
    return have


@njit(nogil=True, cache=True)
def sort_unique(values: Any, count: int) -> int:
    """Sort values[:count] in place (Shell's method, Ciura's gaps) and drop repeats; returns how many stay."""
    for gap in (8929, 3905, 1750, 701, 301, 132, 57, 23, 10, 4, 1):
        for index in range(gap, count):
            value = values[index]
            place = index
            while place >= gap and values[place - gap] > value:
                values[place] = values[place - gap]
                place -= gap
            values[place] = value
    kept = 0
    for index in range(count):
        if index == 0 or values[index] != values[kept - 1]:
            values[kept] = values[index]
            kept += 1
    return kept
