"""The whole pass over rows of Arrow text columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from hydrometer.fingerprint.kernels.elicitation_scoring import (
    COLUMNS,
    PROMPT_HEAD,
    PROMPT_TAIL,
    SYSTEM_HEAD,
    SYSTEM_TAIL,
    locate_regions,
    make_scoring_scratch,
    score_words,
)
from hydrometer.fingerprint.kernels.keyed_hashing import SPREAD, hash_run, sample_shingles, siphash, sort_unique
from hydrometer.fingerprint.kernels.lookup import find_slot, sift_words
from hydrometer.fingerprint.kernels.tokeniser import SCRIPTS, make_token_scratch, read_word_hash, tokenise
from hydrometer.fingerprint.kernels.vector_intrinsics import LANES, UNCOUNTED, add_rows
from hydrometer.fingerprint.kernels.word_hashing import RING

LANGUAGE_WORDS = 256
"""Words of a prompt that vote on its language."""


@njit(nogil=True, cache=True)
def make_row_scratch(limit: int, lead: int) -> Any:
    """Return the scratch of `fingerprint_rows` for these `max_words` and `lead_words`; one for each thread."""
    return (
        np.empty(limit + RING, np.uint64),
        np.empty(limit + RING, np.uint64),
        np.empty(SCRIPTS, np.int32),
        np.empty(2 * limit + 16, np.int64),
        np.empty(2 * limit + 16, np.int64),
        np.empty((1 << SPREAD) + 1, np.int32),
        np.empty((2, limit), np.uint64),
        np.empty(2 * lead, np.uint64),
        np.empty(LANGUAGE_WORDS + 1, np.int64),
        np.empty(LANGUAGE_WORDS + 1, np.uint64),
        make_token_scratch(),
        make_scoring_scratch(),
    )


@njit(**UNCOUNTED)
def fingerprint_rows(
    low: int,
    high: int,
    system: Any,
    prompt: Any,
    unicode_tables: Any,
    stops: Any,
    table: Any,
    concepts: Any,
    key: Any,
    numbers: Any,
    out: Any,
    scratch: Any,
) -> int:
    """Fingerprint rows low..high; returns how many hashes their sketches hold.

    system, prompt: (bytes, offsets, validity). unicode_tables: (ascii_fold, fold, kind, script). stops: (keys, votes [slots,
    LANES], sieve). table: int8 [buckets, COLUMNS]. concepts: (keys, codes, sieve). key: (low, high, least) as uint64.
    numbers: (shingle_words, max_sketch, max_words, lead_words).
    out: for rows low..high, from 0 on: (sketch, the hashes of all rows one after the other, as long as they may become;
    size, hashes [rows, 4], words [rows, 2], shape, scripts [rows, SCRIPTS], votes [rows * LANES], scores [rows, COLUMNS],
    cut, capped); every part but the first is written for every row. scratch: from make_row_scratch().
    """
    stop_keys, stop_votes, stop_sieve = stops
    key_low, key_high, least = key
    size, most, limit, lead = numbers
    sketch, sketch_size, hashes, lengths, shapes, scripts, votes, scores, cut, capped = out
    words, stems, script_counts, kept, spare, counts, shingled, ends, hits, slots, reading, scoring = scratch
    total = 0
    for row in range(high - low):
        have = 0
        best = scores[row]
        best[: COLUMNS // 2] = -2147483648
        best[COLUMNS // 2 :] = 0
        hashes[row, :] = 0
        lengths[row, :] = 0
        shapes[row] = 0
        scripts[row, :] = 0
        votes[row * LANES : (row + 1) * LANES] = 0
        cut[row] = 0
        for part in range(2):
            data, offsets, valid = system if part == 0 else prompt
            if not valid[low + row]:
                continue
            count, shape = tokenise(
                data,
                offsets[low + row],
                offsets[low + row + 1],
                unicode_tables,
                limit,
                words,
                stems,
                script_counts,
                reading,
            )
            lengths[row, part] = count
            cut[row] += count > limit
            if count == 0:
                continue
            stored = min(count, limit)
            have = sample_shingles(words, stored, size, least, key_low, key_high, kept, have, shingled)
            whole = hash_run(words, 0, stored, key_low, key_high)
            if stored < count:
                whole = siphash(whole ^ np.uint64(count), key_low, key_high)
            hashes[row, part] = np.int64(whole)
            head, tail = (SYSTEM_HEAD, SYSTEM_TAIL) if part == 0 else (PROMPT_HEAD, PROMPT_TAIL)
            begin, stop, again = 0, 0, 0
            stop, again = locate_regions(count, head, tail, limit)
            for stretch in range(2):
                if stretch == 1:
                    begin, stop = again, count
                if begin < stop:
                    score_words(words, stems, begin, stop, limit, table, concepts, scoring, best)
            if part == 1:
                run = min(lead, count)
                for index in range(run):
                    ends[index] = read_word_hash(words, index, limit)
                    ends[run + index] = read_word_hash(words, count - run + index, limit)
                for side in range(2):
                    hashes[row, 2 + side] = np.int64(hash_run(ends, side * run, side * run + run, key_low, key_high))
                shapes[row] = shape
                for name in range(SCRIPTS):
                    scripts[row, name] = script_counts[name]
                voters = sift_words(words, min(stored, LANGUAGE_WORDS), stop_sieve, hits)
                for voter in range(voters):
                    slots[voter] = find_slot(words[hits[voter]], stop_keys)
                add_rows(stop_votes, slots, 0, voters, votes, row * LANES)
        have = sort_unique(kept, have, spare, counts)
        capped[row] = have > most
        have = min(have, most)
        sketch_size[row] = have
        for index in range(have):
            sketch[np.uint64(total + index)] = kept[index]
        total += have
    return total
