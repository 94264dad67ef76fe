"""The whole pass over rows of Arrow text columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from hydrometer.fingerprint.kernels.demand import (
    BLOCK,
    COLUMNS,
    PROMPT_HEAD,
    PROMPT_TAIL,
    SYSTEM_HEAD,
    SYSTEM_TAIL,
    region,
    score,
)
from hydrometer.fingerprint.kernels.hashing import mix, shingles, siphash, sort_unique
from hydrometer.fingerprint.kernels.text import RING, SCRIPTS, tokenise, word_at

LANGUAGE_WORDS = 256
"""Words of a prompt that vote on its language."""

_ROLL = np.uint64(0xD1342543DE82EF95)
_ONE, _ZERO = np.uint64(1), np.uint64(0)


@njit(nogil=True, cache=True)
def run_hash(words: Any, first: int, stop: int, limit: int, key_low: Any, key_high: Any) -> Any:
    """Keyed hash of the word sequence first..stop."""
    value = np.uint64(stop - first)
    for index in range(first, stop):
        value = value * _ROLL + word_at(words, index, limit)
    return siphash(mix(value), key_low, key_high)


@njit(nogil=True, cache=True)
def vote(words: Any, count: int, stop_keys: Any, stop_votes: Any, votes: Any) -> None:
    """Let the first words vote on the language by an open-addressed table of stop words."""
    votes[:] = 0
    last = np.uint64(stop_keys.size - 1)
    for index in range(min(count, LANGUAGE_WORDS)):
        word = words[index]
        place = word & last
        while stop_keys[place] != _ZERO:
            if stop_keys[place] == word:
                for language in range(votes.size):
                    votes[language] += stop_votes[place, language]
                break
            place = (place + _ONE) & last


@njit(nogil=True, cache=True)
def fingerprint_rows(
    low: int,
    high: int,
    system: Any,
    prompt: Any,
    alphabet: Any,
    stops: Any,
    table: Any,
    concepts: Any,
    key: Any,
    numbers: Any,
    out: Any,
) -> None:
    """Fingerprint rows low..high.

    system, prompt: (bytes, offsets, validity). alphabet: (ascii_fold, fold, kind, script). stops: (keys, votes). concepts: (keys, codes).
    key: (low, high, least) as uint64. numbers: (shingle_words, max_sketch, max_words, lead_words).
    out: (sketch [rows, max_sketch], size, hashes [rows, 4], words [rows, 2], shape, scripts [rows, SCRIPTS], votes,
    scores [rows, COLUMNS], cut [rows], capped [rows]); every part is written for every row.
    """
    ascii_fold, fold, kind, script = alphabet
    stop_keys, stop_votes = stops
    key_low, key_high, least = key
    size, most, limit, lead = numbers
    sketch, sketch_size, hashes, lengths, shapes, scripts, votes, scores, cut, capped = out
    words, stems = np.empty(limit + RING, np.uint64), np.empty(limit + RING, np.uint64)
    kept = np.empty(2 * limit + 2, np.int64)
    blocks = np.empty(((SYSTEM_HEAD + SYSTEM_TAIL) // BLOCK + 2, COLUMNS), np.int32)
    seen = np.empty(SCRIPTS, np.int32)
    for row in range(low, high):
        have = 0
        best = scores[row]
        best[: COLUMNS // 2] = -2147483648
        best[COLUMNS // 2 :] = 0
        hashes[row, :] = 0
        lengths[row, :] = 0
        shapes[row] = 0
        scripts[row, :] = 0
        votes[row, :] = 0
        cut[row] = 0
        for part in range(2):
            data, offsets, valid = system if part == 0 else prompt
            if not valid[row]:
                continue
            count, shape = tokenise(
                data, offsets[row], offsets[row + 1], ascii_fold, fold, kind, script, limit, words, stems, seen
            )
            lengths[row, part] = count
            cut[row] += count > limit
            if count == 0:
                continue
            stored = min(count, limit)
            have = shingles(words, stored, size, least, key_low, key_high, kept, have)
            whole = run_hash(words, 0, stored, limit, key_low, key_high)
            if stored < count:
                whole = siphash(whole ^ np.uint64(count), key_low, key_high)
            hashes[row, part] = np.int64(whole)
            head, tail = (SYSTEM_HEAD, SYSTEM_TAIL) if part == 0 else (PROMPT_HEAD, PROMPT_TAIL)
            stop, again = region(count, head, tail, limit)
            score(words, stems, 0, stop, limit, table, concepts, blocks, best)
            if again < count:
                score(words, stems, again, count, limit, table, concepts, blocks, best)
            if part == 1:
                hashes[row, 2] = np.int64(run_hash(words, 0, min(lead, count), limit, key_low, key_high))
                hashes[row, 3] = np.int64(run_hash(words, max(0, count - lead), count, limit, key_low, key_high))
                shapes[row] = shape
                scripts[row, :] = seen
                vote(words, stored, stop_keys, stop_votes, votes[row])
        have = sort_unique(kept, have)
        capped[row] = have > most
        have = min(have, most)
        sketch_size[row] = have
        sketch[row, :have] = kept[:have]


@njit(nogil=True, cache=True)
def pack(sketch: Any, offsets: Any, values: Any) -> None:
    """Copy the filled part of each row of `sketch` to its place in `values`."""
    for row in range(offsets.size - 1):
        first = offsets[row]
        values[first : offsets[row + 1]] = sketch[row, : offsets[row + 1] - first]
