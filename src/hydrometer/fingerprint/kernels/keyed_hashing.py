"""Hashes and sketches of word sequences."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from hydrometer.fingerprint.kernels.vector_intrinsics import UNCOUNTED

PRIME = np.uint64(0x9DDFEA08EB382D69)
ROLL = np.uint64(0xD1342543DE82EF95)
_MIX_A = np.uint64(0xFF51AFD7ED558CCD)
_MIX_B = np.uint64(0xC4CEB9FE1A85EC53)
_R33 = np.uint64(33)
_SIGN = np.uint64(1 << 63)
_WHOLE = (1 << 64) - 1
_ROLL_2 = np.uint64(pow(int(ROLL), 2) & _WHOLE)
_ROLL_4 = np.uint64(pow(int(ROLL), 4) & _WHOLE)
_ROLL_8 = np.uint64(pow(int(ROLL), 8) & _WHOLE)
SPREAD = 13
"""Binary logarithm of the most buckets that `sort_unique` spreads values over."""


@njit(inline="always")
def mix_bits(value: Any) -> Any:
    """Spread a 64-bit value over all its bits (MurmurHash3's finaliser; a bijection)."""
    value ^= value >> _R33
    value *= _MIX_A
    value ^= value >> _R33
    value *= _MIX_B
    return value ^ (value >> _R33)


@njit(inline="always")
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


@njit(**UNCOUNTED)
def sample_shingles(
    words: Any, count: int, size: int, least: Any, key_low: Any, key_high: Any, out: Any, have: int, scratch: Any
) -> int:
    """Append to `out` the keyed hashes of the sampled shingles of `count` words; returns how many it holds then.

    A text of fewer words than a shingle is one shingle. `out` has room for seven more than all of them; scratch:
    [2, count] of uint64.

    Every loop but the one that keeps what was sampled is free of branches, so that LLVM takes several words at once.
    """
    values, chances = scratch[0], scratch[1]
    length = min(size, count)
    total = count - length + 1
    for index in range(total):
        values[index] = words[index]
    for step in range(1, length):
        for index in range(total):
            values[index] = values[index] * ROLL + words[np.uint64(index + step)]
    for index in range(total):
        chance = (values[index] ^ key_low) * PRIME
        chance = (chance ^ (chance >> _R33) ^ key_high) * _MIX_B
        chances[index] = chance ^ (chance >> _R33)
    before = have
    for index in range(total):
        out[np.uint64(have)] = np.int64(values[index])
        have += 1 if chances[index] <= least else 0
    for index in range((have - before + 7) & ~7):
        position = np.uint64(before + index)
        out[position] = np.int64(siphash(np.uint64(out[position]), key_low, key_high))
    return have


@njit(**UNCOUNTED)
def hash_run(words: Any, first: int, stop: int, key_low: Any, key_high: Any) -> Any:
    """Return the keyed hash of the word sequence words[first:stop].

    It is a polynomial of the words; eight are taken at once, which do not wait for one another.
    """
    value = np.uint64(stop - first)
    eights = stop - (stop - first) // 8 * 8
    for index in range(first, eights):
        value = value * ROLL + words[np.uint64(index)]
    for index in range(eights, stop, 8):
        low = (words[np.uint64(index)] * ROLL + words[np.uint64(index + 1)]) * _ROLL_2 + (
            words[np.uint64(index + 2)] * ROLL + words[np.uint64(index + 3)]
        )
        high = (words[np.uint64(index + 4)] * ROLL + words[np.uint64(index + 5)]) * _ROLL_2 + (
            words[np.uint64(index + 6)] * ROLL + words[np.uint64(index + 7)]
        )
        value = value * _ROLL_8 + (low * _ROLL_4 + high)
    return siphash(mix_bits(value), key_low, key_high)


@njit(inline="always")
def _choose_shift(count: int) -> int:
    """Return by how much a value is shifted to its bucket: about as many buckets as values."""
    bits = 3
    while (1 << bits) < count and bits < SPREAD:
        bits += 1
    return 64 - bits


@njit(**UNCOUNTED)
def sort_unique(values: Any, count: int, spare: Any, counts: Any) -> int:
    """Sort values[:count] (int64) in place and drop repeats; returns how many stay.

    Values go to buckets by their highest bits, then past the few neighbours that are greater: quick for hashes, which
    spread evenly. spare: scratch as long as `values`; counts: scratch [2^SPREAD + 1] of int32.
    """
    shift = np.uint64(_choose_shift(count))
    buckets = 1 << (64 - np.int64(shift))
    for bucket in range(buckets + 1):
        counts[bucket] = 0
    for index in range(count):
        counts[((np.uint64(values[index]) ^ _SIGN) >> shift) + np.uint64(1)] += 1
    for bucket in range(buckets):
        counts[np.uint64(bucket + 1)] += counts[bucket]
    for index in range(count):
        high = (np.uint64(values[index]) ^ _SIGN) >> shift
        spare[np.uint64(counts[high])] = values[index]
        counts[high] += 1
    for index in range(1, count):
        value = spare[index]
        position = index
        while position > 0 and spare[np.uint64(position - 1)] > value:
            spare[np.uint64(position)] = spare[np.uint64(position - 1)]
            position -= 1
        spare[np.uint64(position)] = value
    kept = 0
    for index in range(count):
        values[np.uint64(kept)] = spare[index]
        kept += 1 if index + 1 == count or spare[np.uint64(index + 1)] != spare[index] else 0
    return kept
