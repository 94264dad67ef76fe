"""What is asked of the model: hashed n-grams of the regions where demands stand against a table of weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from hydrometer.fingerprint.kernels.keyed_hashing import mix_bits
from hydrometer.fingerprint.kernels.lookup import find_slot, sift_words
from hydrometer.fingerprint.kernels.tokeniser import read_word_hash
from hydrometer.fingerprint.kernels.vector_intrinsics import LANES, UNCOUNTED, add_rows

COLUMNS = LANES
"""Columns of the weight table: eight elicitation classes, then eight capability classes; the ninth of each is the
origin."""
BLOCK = 12
"""Words in a block of a region."""
WINDOW = 3
"""Blocks in a window; the best window of a text speaks for it."""
PROMPT_HEAD, PROMPT_TAIL = 108, 60
"""Words of a prompt in which a demand is looked for."""
SYSTEM_HEAD, SYSTEM_TAIL = 300, 96
"""Words of a system prompt in which a demand is looked for."""
GRAMS = 7
"""Features of a word: itself, its stem, and its stem with that of the word before, and of the one before that; and where
it stands for a concept, that concept, after the concept before it, and after the two before it."""
NEAR = 12
"""Words within which one concept follows another."""

_GRAM_A = np.uint64(0xA0761D6478BD642F)
_GRAM_B = np.uint64(0xE7037ED1A0B428DB)
_GRAM_C = np.uint64(0x8EBC6AF09C88C6E3)
_GRAM_D = np.uint64(0xD6E8FEB86659FD93)
_TOP = np.uint64(64 - 17)
_LONGEST = max(PROMPT_HEAD, PROMPT_TAIL, SYSTEM_HEAD, SYSTEM_TAIL, PROMPT_HEAD + PROMPT_TAIL, SYSTEM_HEAD + SYSTEM_TAIL)


@njit(inline="always")
def hash_grams(word: Any, third: Any, second: Any, first: Any) -> Any:
    """Return the buckets (17 bits) of a word, of its stem `first`, and of that with the stems before it."""
    return (
        word >> _TOP,
        (first * _GRAM_C) >> _TOP,
        ((second * _GRAM_A + first) * _GRAM_B) >> _TOP,
        ((third * _GRAM_C + first) * _GRAM_A) >> _TOP,
    )


@njit(nogil=True, cache=True)
def look_up_concept(word: Any, keys: Any, codes: Any) -> int:
    """Return the concept (1 and above) of a word by an open-addressed table; 0 for none."""
    return int(codes[find_slot(word, keys)])


@njit(inline="always")
def hash_concept_grams(concept: int, before: int, earlier: int) -> Any:
    """Return the buckets of a concept, of the one before it with it, and of the two before it with it."""
    one = np.uint64(concept) + np.uint64(1)
    two = one * np.uint64(64) + np.uint64(before) + np.uint64(0x10000)
    three = two * np.uint64(64) + np.uint64(earlier) + np.uint64(0x20000000)
    return (mix_bits(one * _GRAM_D) >> _TOP, mix_bits(two * _GRAM_D) >> _TOP, mix_bits(three * _GRAM_D) >> _TOP)


@njit(inline="always")
def locate_regions(count: int, head: int, tail: int, limit: int) -> Any:
    """Return (a, b): a demand is looked for in words 0..a and b..count; the second stretch is empty in a short text."""
    if count <= head + tail and count <= limit:
        return count, count
    stop = min(head, limit, count)
    return stop, max(stop, count - tail)


@njit(nogil=True, cache=True)
def make_scoring_scratch() -> Any:
    """Return the scratch of `score_words`: words and stems of a region, buckets, sums of blocks, words that may be concepts."""
    return (
        np.zeros(_LONGEST, np.uint64),
        np.zeros(_LONGEST + 2, np.uint64),  # two stems of no word stand before those of a region
        np.zeros(4 * _LONGEST, np.uint64),
        np.zeros((_LONGEST // BLOCK + 1) * COLUMNS, np.int32),
        np.zeros(_LONGEST + 1, np.int64),
    )


@njit(**UNCOUNTED)
def score_words(
    words: Any, stems: Any, first: int, stop: int, limit: int, table: Any, concepts: Any, scratch: Any, best: Any
) -> None:
    """Raise best[:8] to the best window's sums of words first..stop, and add all sums to best[8:].

    table: int8 [buckets, COLUMNS]. concepts: (keys, codes, sieve). scratch: from make_scoring_scratch().
    """
    half = COLUMNS // 2
    keys, codes, sieve = concepts
    here, roots, buckets, sums, hits = scratch
    count = stop - first
    size = (count + BLOCK - 1) // BLOCK
    if stop <= limit:
        for index in range(count):
            here[index], roots[index + 2] = words[np.uint64(first + index)], stems[np.uint64(first + index)]
    else:
        for index in range(count):
            here[index], roots[index + 2] = (
                read_word_hash(words, first + index, limit),
                read_word_hash(stems, first + index, limit),
            )
    for index in range(count):
        a, b, c, d = hash_grams(here[index], roots[index], roots[index + 1], roots[index + 2])
        buckets[index] = a
        buckets[_LONGEST + index] = b
        buckets[2 * _LONGEST + index] = c
        buckets[3 * _LONGEST + index] = d
    for column in range(size * COLUMNS):
        sums[column] = 0
    for block in range(size):
        for gram in range(4):
            lane = gram * _LONGEST
            add_rows(
                table, buckets, lane + BLOCK * block, lane + min(count, BLOCK * (block + 1)), sums, COLUMNS * block
            )
    earlier, before, concept_index = 0, 0, -NEAR
    for hit in range(sift_words(here, count, sieve, hits)):
        index = hits[hit]
        concept = int(codes[find_slot(here[index], keys)])
        if concept:
            if index - concept_index > NEAR:
                earlier, before = 0, 0
            buckets[0], buckets[1], buckets[2] = hash_concept_grams(concept, before, earlier)
            add_rows(table, buckets, 0, 3, sums, index // BLOCK * COLUMNS)
            earlier, before, concept_index = before, concept, index
    for block in range(size):
        at = np.uint64(block * COLUMNS)
        for column in range(half, COLUMNS):
            best[column] += sums[at + np.uint64(column)]
    width = min(WINDOW, size)
    for block in range(width - 1, size):
        for column in range(half):
            total = np.int32(0)
            for part in range(block - width + 1, block + 1):
                total += sums[np.uint64(part * COLUMNS + column)]
            best[column] = max(best[column], total)


@njit(nogil=True, cache=True)
def write_gram_buckets(
    words: Any, stems: Any, first: int, stop: int, limit: int, concepts: Any, out: Any, have: int
) -> int:
    """Write the buckets of words first..stop to out[have:], one row a word, -1 for none; returns the rows written so far."""
    keys, codes, _ = concepts
    third, second = np.uint64(0), np.uint64(0)
    earlier, before, concept_index = 0, 0, -NEAR
    for index in range(first, stop):
        word, stem = read_word_hash(words, index, limit), read_word_hash(stems, index, limit)
        a, b, c, d = hash_grams(word, third, second, stem)
        out[have, 0], out[have, 1], out[have, 2], out[have, 3] = a, b, c, d
        out[have, 4:] = -1
        concept = look_up_concept(word, keys, codes)
        if concept:
            if index - concept_index > NEAR:
                earlier, before = 0, 0
            e, f, g = hash_concept_grams(concept, before, earlier)
            out[have, 4], out[have, 5], out[have, 6] = e, f, g
            earlier, before, concept_index = before, concept, index
        have += 1
        third, second = second, stem
    return have
