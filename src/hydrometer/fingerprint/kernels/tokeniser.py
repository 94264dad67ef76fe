"""From bytes to word hashes and structure, in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from hydrometer.fingerprint.kernels.keyed_hashing import PRIME, mix_bits
from hydrometer.fingerprint.kernels.vector_intrinsics import (
    BYTES,
    UNCOUNTED,
    count_set_bits,
    find_lowest_bit,
    mask_bytes_between,
)
from hydrometer.fingerprint.kernels.word_hashing import SEED, STEM, append_words, hash_plain_words, wrap_word_index

SCRIPTS = 12
"""Counters of code points by script; see unicode_tables.SCRIPT_NAMES."""

BLOCK_BYTES = 2_048
"""Bytes of a text that are read before their words are hashed; a multiple of BYTES."""
_EDGES = BLOCK_BYTES // 2 + 8
"""Most words of a block, and some more."""
TOKEN_SCRATCH_SIZE = 9 * _EDGES + BYTES // 8
"""Numbers of 64 bits in the scratch of `tokenise`."""

_DROPPED, _DIGIT = np.uint64(2), np.uint64(48)
_UNSEEN = np.uint8(2)
_ZERO, _ONE = np.uint64(0), np.uint64(1)
_LAST, _TOP = np.uint64(63), np.uint64(1 << 63)


@njit(inline="always")
def decode_utf8(data: Any, at: int, stop: int) -> Any:
    """Return (code point, bytes) of the UTF-8 sequence at `at`; (-1, 1) where it is not valid."""
    first = np.int64(data[np.uint64(at)])
    if 0xC2 <= first < 0xE0:
        size, point, least = 2, first & 0x1F, 0x80
    elif 0xE0 <= first < 0xF0:
        size, point, least = 3, first & 0x0F, 0x800
    elif 0xF0 <= first < 0xF5:
        size, point, least = 4, first & 0x07, 0x10000
    else:
        return -1, 1
    if at + size > stop:
        return -1, 1
    for step in range(1, size):
        byte = np.int64(data[np.uint64(at + step)])
        if byte & 0xC0 != 0x80:
            return -1, 1
        point = (point << 6) | (byte & 0x3F)
    if point < least or point > 0x10FFFF or 0xD800 <= point <= 0xDFFF:
        return -1, 1
    return point, size


@njit(**UNCOUNTED)
def _detect_structure(data: Any, at: int, start: int, stop: int) -> int:
    """Return the structure that the ASCII sign at `at` opens or proves, as bits of `PromptShape`."""
    sign = data[at]
    after = data[at + 1] if at + 1 < stop else np.uint8(32)
    before = data[at - 1] if at > start else np.uint8(10)
    if sign == 63:  # ?
        return 64
    if sign == 46 or sign == 41:  # 1. or 1) at the start of a line
        back = at - 1
        while back >= start and at - back <= 3 and 48 <= data[back] <= 57:
            back -= 1
        opens = back < start or data[back] == 10 or (data[back] == 32 and (back == start or data[back - 1] == 10))
        return 1 if back < at - 1 and after == 32 and opens else 0
    if (sign == 45 or sign == 42) and after == 32 and (before == 10 or before == 32):  # - or * at the start of a line
        back = at - 1
        while back >= start and data[back] == 32:
            back -= 1
        return 2 if back < start or data[back] == 10 else 0
    if sign == 96 and after == 96 and before == 96:  # ```
        return 4
    if sign == 123 or sign == 91:  # {" or [{, over white space
        ahead = at + 1
        while ahead < stop and ahead < at + 16 and (data[ahead] == 32 or data[ahead] == 10 or data[ahead] == 9):
            ahead += 1
        return 8 if ahead < stop and (data[ahead] == 34 or (sign == 91 and data[ahead] == 123)) else 0
    if sign == 60 and (97 <= (after | 32) <= 122 or after == 47):  # <tag or </
        return 16
    if sign == 124 and before == 32 and after == 32:  # cells
        return 32
    if sign == 58 and after == 47 and at + 2 < stop and data[at + 2] == 47:  # ://
        return 128
    if sign == 92 and (97 <= (after | 32) <= 122 or after == 40 or after == 91) and after != 110:  # \frac \( \[
        return 256
    return 0


@njit(**UNCOUNTED)
def _hash_irregular_words(
    data: Any,
    start: int,
    stop: int,
    unicode_tables: Any,
    limit: int,
    words: Any,
    stems: Any,
    script_counts: Any,
    count: int,
) -> Any:
    """Append the words of data[start:stop], which ASCII signs and space border but do not part.

    Returns (number of words of the text, code points outside ASCII in this stretch).
    """
    ascii_fold, fold, kind, script = unicode_tables
    foreign = 0
    value, stem, last, letters, at = SEED, SEED, _ZERO, 0, start
    while at < stop:
        byte = data[at]
        if byte < 128:
            what, sign, size = np.uint8(1), np.uint64(ascii_fold[byte]), 1
            if sign == _DROPPED:
                what = _UNSEEN
        else:
            point, size = decode_utf8(data, at, stop)
            if 0 <= point < 0x10000:
                what, sign = kind[point], np.uint64(fold[point])
                script_counts[script[point]] += 1
            elif point >= 0xE0000 or 0x1D173 <= point <= 0x1D17A or 0x1BCA0 <= point <= 0x1BCA3:
                what, sign = _UNSEEN, _ZERO
            elif point >= 0x20000:
                what, sign = np.uint8(3), np.uint64(point)
                script_counts[1] += 1
            elif point >= 0x1F000 or point < 0:
                what, sign = np.uint8(0), _ZERO
            else:
                what, sign = np.uint8(1), np.uint64(point)
            foreign += 0 if what == _UNSEEN else 1
        at += size
        if what == 1:
            if sign != _DIGIT or last != sign:
                value = (value ^ sign) * PRIME
                letters += 1
                if letters <= STEM:
                    stem = value
            last = sign
            continue
        if what == 2:
            continue
        if last != _ZERO:
            position = wrap_word_index(count, limit)
            words[position], stems[position] = mix_bits(value), mix_bits(stem)
            count += 1
            value, stem, last, letters = SEED, SEED, _ZERO, 0
        if what == 3:
            position = wrap_word_index(count, limit)
            words[position] = mix_bits((SEED ^ sign) * PRIME)
            stems[position] = words[position]
            count += 1
    if last != _ZERO:
        position = wrap_word_index(count, limit)
        words[position], stems[position] = mix_bits(value), mix_bits(stem)
        count += 1
    return count, foreign


@njit(inline="always")
def _classify_bytes(data: Any, at: int) -> Any:
    """Return which of data[at : at + 64] are (letters, capitals, digits, apostrophes and controls, outside ASCII).

    And which are signs that may show structure: (question marks; those that do so after a digit; before a space; before
    a slash; others), and which are (spaces, slashes).
    """
    capitals = mask_bytes_between(data, at, 65, 90)
    return (
        mask_bytes_between(data, at, 97, 122) | capitals,
        capitals,
        mask_bytes_between(data, at, 48, 57),
        mask_bytes_between(data, at, 39, 39)
        | mask_bytes_between(data, at, 0, 8)
        | mask_bytes_between(data, at, 14, 27)
        | mask_bytes_between(data, at, 127, 127),
        mask_bytes_between(data, at, 128, 255),
        mask_bytes_between(data, at, 63, 63),
        mask_bytes_between(data, at, 46, 46) | mask_bytes_between(data, at, 41, 41),
        mask_bytes_between(data, at, 45, 45)
        | mask_bytes_between(data, at, 42, 42)
        | mask_bytes_between(data, at, 124, 124),
        mask_bytes_between(data, at, 58, 58),
        mask_bytes_between(data, at, 91, 92)
        | mask_bytes_between(data, at, 60, 60)
        | mask_bytes_between(data, at, 96, 96)
        | mask_bytes_between(data, at, 123, 123),
        mask_bytes_between(data, at, 32, 32),
        mask_bytes_between(data, at, 47, 47),
    )


@njit(**UNCOUNTED)
def tokenise(
    data: Any,
    start: int,
    stop: int,
    unicode_tables: Any,
    limit: int,
    words: Any,
    stems: Any,
    script_counts: Any,
    scratch: Any,
) -> Any:
    """Hash the words of data[start:stop].

    `words` (limit + RING long) gets the first `limit` hashes; later ones go round in its last RING entries. `stems`
    gets, at the same indices, the hash of the first STEM letters of each word. `script_counts` gets the code points by
    script.
    Returns (number of words, shape bits).

    unicode_tables: (ascii_fold, fold, kind, script). scratch: from make_token_scratch().

    Stretches of bytes between ASCII signs and space are found 64 bytes at a time. Those of letters alone and of digits
    alone are words and are hashed side by side; the others are read sign by sign.
    """
    edges, odd, values, roots, pad, plain_scratch = scratch
    script_counts[:] = 0
    count, shape, capitals, latin, foreign = 0, 0, 0, 0, 0
    at, have = start, 0
    # Of the stretch that the last block left open: that there is one, that it has only letters, that it has only digits.
    inside, lettered, numbered, digit_before = _ZERO, _ZERO, _ZERO, _ZERO
    while at < stop:
        strange = 0
        until = min(stop, at + BLOCK_BYTES)
        while at < until:
            if at + BYTES <= data.size:
                byte_classes = _classify_bytes(data, at)
            else:
                for step in range(data.size - at):
                    pad[step] = data[at + step]
                byte_classes = _classify_bytes(pad, 0)
            (
                letters,
                upper,
                digits,
                dropped,
                high,
                question,
                after_digit,
                before_space,
                colon,
                other,
                spaces,
                slashes,
            ) = byte_classes
            whole = ~_ZERO if stop - at >= BYTES else (_ONE << np.uint64(stop - at)) - _ONE
            letters, digits = letters & whole, digits & whole
            capitals += count_set_bits(upper & whole)
            latin += count_set_bits(letters) + count_set_bits(digits)
            stretch = (letters | digits | dropped | high) & whole
            before = (stretch << _ONE) | inside
            turns = stretch ^ before
            starts, stops = turns & stretch, turns & before
            # Adding the starts to the letters carries through letters alone to the end of a stretch of letters alone.
            through = letters + (starts | lettered)
            across = digits + (starts | numbered)
            lettered = _ONE if through < letters else _ZERO
            numbered = _ONE if across < digits else _ZERO
            inside = stretch >> _LAST
            others = stops & ~(through | across)
            while others != _ZERO:
                odd[strange] = (have + count_set_bits(turns & (others - _ONE) & ~others)) >> 1
                strange += 1
                others &= others - _ONE
            ahead = have + count_set_bits(turns)
            while (
                have < ahead
            ):  # eight at a time, the last ones of no meaning: fewer turns of the loop to guess wrongly
                for step in range(8):
                    edges[np.uint64(have + step)] = at + find_lowest_bit(turns)
                    turns &= turns - _ONE
                have += 8
            have = ahead
            shape |= 64 if question & whole else 0
            signs = whole & (
                (after_digit & ((digits << _ONE) | digit_before))
                | (before_space & (((spaces | ~whole) >> _ONE) | _TOP))
                | (colon & ((slashes >> _ONE) | _TOP))
                | other
            )
            digit_before = digits >> _LAST
            while signs != _ZERO:
                shape |= _detect_structure(data, at + find_lowest_bit(signs), start, stop)
                signs &= signs - _ONE
            at += BYTES
        if at >= stop and have & 1:
            if lettered | numbered == _ZERO:
                odd[strange] = have >> 1
                strange += 1
            edges[have] = stop
            have += 1
        closed = have >> 1
        hash_plain_words(data, closed, edges, values, roots, plain_scratch)
        done = 0
        for odd_index in range(strange):
            word = odd[odd_index]
            count = append_words(values, roots, done, word, count, limit, words, stems)
            count, more = _hash_irregular_words(
                data, edges[2 * word], edges[2 * word + 1], unicode_tables, limit, words, stems, script_counts, count
            )
            foreign += more
            done = word + 1
        count = append_words(values, roots, done, closed, count, limit, words, stems)
        edges[0] = edges[have - 1] if have & 1 else 0
        have &= 1
    script_counts[0] = latin
    if foreign * 5 > latin + foreign:
        shape |= 512
    if capitals >= 20 and capitals * 10 > latin * 4:
        shape |= 1024
    if count > 400:
        shape |= 2048
    return count, shape


@njit(inline="always")
def carve_token_scratch(block: Any) -> Any:
    """Return the scratch of `tokenise` as views into `block`, TOKEN_SCRATCH_SIZE numbers of 64 bits."""
    hashes = block[3 * _EDGES : 8 * _EDGES].view(np.uint64).reshape(5, _EDGES)
    return (
        block[: 2 * _EDGES],
        block[2 * _EDGES : 3 * _EDGES],
        hashes[0],
        hashes[1],
        block[9 * _EDGES :].view(np.uint8),
        (hashes[2], hashes[3], hashes[4], block[8 * _EDGES : 9 * _EDGES]),
    )


@njit(nogil=True, cache=True)
def make_token_scratch() -> Any:
    """Return the scratch of `tokenise`."""
    return carve_token_scratch(np.zeros(TOKEN_SCRATCH_SIZE, np.int64))


@njit(inline="always")
def read_word_hash(words: Any, index: int, limit: int) -> Any:
    """Return the hash of word `index` of a tokenised text; of those past `limit`, only the last RING are there."""
    return words[wrap_word_index(index, limit)]
