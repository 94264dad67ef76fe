"""Hashes of the words of plain ASCII letters: many words side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from hydrometer.fingerprint.kernels.keyed_hashing import PRIME, mix_bits
from hydrometer.fingerprint.kernels.vector_intrinsics import UNCOUNTED, load_eight_bytes

STEM = 5
"""Letters of a stem, which lets `reason`, `reasons` and `reasoning` speak for one another."""
SEED = np.uint64(0x9AE16A3B2F90404F)
RING = 128
"""Last words kept of a text that is longer than `max_words`; at least any tail."""

_SMALL = np.uint64(0x2020202020202020)
_BYTE, _R8 = np.uint64(255), np.uint64(8)
_NUMBER, _LETTERS = np.uint64(48), np.uint64(64)


@njit(inline="always")
def _load_eight(data: Any, at: int) -> Any:
    """Return data[at : at + 8] as a little-endian number, zeros after the end of the array."""
    if at + 8 <= data.size:
        return load_eight_bytes(data, at)
    value = np.uint64(0)
    for index in range(at, data.size):
        value |= np.uint64(data[index]) << np.uint64(8 * (index - at))
    return value


@njit(inline="always")
def _hash_first_eight(count: int, letters: Any, sizes: Any, values: Any, stems: Any) -> None:
    """Hash the first eight letters of `count` words; no branch depends on a word, so that LLVM takes several at once."""
    for word in range(count):
        left, size = letters[word], sizes[word]
        value = SEED
        stem = SEED
        for letter in range(8):
            value = (value ^ (left & _BYTE)) * PRIME if size > np.uint64(letter) else value
            left >>= _R8
            if letter == STEM - 1:
                stem = value
        values[word], stems[word] = value, stem


@njit(inline="always")
def _hash_next_eight(count: int, letters: Any, sizes: Any, values: Any) -> None:
    """Hash up to eight further letters of `count` words, which have sizes[:count] letters in all."""
    for word in range(count):
        left, size = letters[word], sizes[word]
        value = values[word]
        for letter in range(8, 16):
            value = (value ^ (left & _BYTE)) * PRIME if size > np.uint64(letter) else value
            left >>= _R8
        values[word] = value


@njit(inline="always")
def _mix_hashes(count: int, values: Any, stems: Any) -> None:
    """Mix the hashes of `count` words."""
    for word in range(count):
        values[word] = mix_bits(values[word])
        stems[word] = mix_bits(stems[word])


@njit(**UNCOUNTED)
def hash_plain_words(data: Any, count: int, edges: Any, values: Any, stems: Any, scratch: Any) -> None:
    """Hash `count` words of ASCII letters alone or digits alone, to `values` and the hashes of their stems to `stems`.

    edges: where each word begins and ends in `data`, in turns. scratch: (letters, sizes, more, chosen), each as
    long as `values`, which is a multiple of eight.
    """
    letters, sizes, more, chosen = scratch
    longs = 0
    for word in range(count):
        begin = edges[np.uint64(2 * word)]
        size = edges[np.uint64(2 * word + 1)] - begin
        left = _load_eight(data, begin) | _SMALL
        number = (left & _BYTE) < _LETTERS
        letters[word] = _NUMBER if number else left
        size = 1 if number else size
        sizes[word] = np.uint64(size)
        chosen[np.uint64(longs)] = word
        longs += 1 if size > 8 else 0
    # A full last eight is one vector; left-over words would be hashed one by one.
    _hash_first_eight((count + 7) & ~7, letters, sizes, values, stems)
    for index in range(longs):
        word = chosen[index]
        letters[index] = _load_eight(data, edges[2 * word] + 8) | _SMALL
        sizes[index] = sizes[word]
        more[index] = values[word]
    _hash_next_eight((longs + 7) & ~7, letters, sizes, more)
    for index in range(longs):
        word = chosen[index]
        value = more[index]
        for at in range(edges[2 * word] + 16, edges[2 * word + 1]):
            value = (value ^ np.uint64(data[at] | np.uint8(32))) * PRIME
        values[word] = value
    _mix_hashes((count + 7) & ~7, values, stems)


@njit(inline="always")
def wrap_word_index(index: int, limit: int) -> int:
    """Return where word `index` of a text stands: those after `limit` go round in the last RING entries."""
    return index if index < limit else limit + (index - limit) % RING


@njit(inline="always")
def append_words(values: Any, roots: Any, first: int, stop: int, count: int, limit: int, words: Any, stems: Any) -> int:
    """Append values[first:stop] and roots[first:stop] to a text's `count` words and stems; returns its new count."""
    after = count + stop - first
    if after <= limit:
        for index in range(stop - first):
            words[np.uint64(count + index)] = values[np.uint64(first + index)]
            stems[np.uint64(count + index)] = roots[np.uint64(first + index)]
    else:
        for index in range(stop - first):
            position = wrap_word_index(count + index, limit)
            words[position], stems[position] = values[first + index], roots[first + index]
    return after
