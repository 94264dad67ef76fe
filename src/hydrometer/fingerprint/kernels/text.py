"""From bytes to word hashes and structure, in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from hydrometer.fingerprint.kernels.hashing import PRIME, mix

RING = 128
"""Last words kept of a text that is longer than `max_words`; at least any tail."""
STEM = 5
"""Letters of a stem, which lets `reason`, `reasons` and `reasoning` speak for one another."""
SCRIPTS = 12
"""Counters of code points by script; see alphabet.SCRIPT_NAMES."""

_SEED = np.uint64(0x9AE16A3B2F90404F)
_ZERO = np.uint64(0)


@njit(nogil=True, cache=True)
def decode(data: Any, at: int, stop: int) -> Any:
    """Return (code point, bytes) of the UTF-8 sequence at `at`; (-1, 1) where it is not valid."""
    first = np.int64(data[at])
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
        byte = np.int64(data[at + step])
        if byte & 0xC0 != 0x80:
            return -1, 1
        point = (point << 6) | (byte & 0x3F)
    if point < least or point > 0x10FFFF or 0xD800 <= point <= 0xDFFF:
        return -1, 1
    return point, size


@njit(nogil=True, cache=True)
def _mark(data: Any, at: int, start: int, stop: int) -> int:
    """Structure that the ASCII sign at `at` opens or proves, as bits of shape.Shape."""
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


@njit(nogil=True, cache=True)
def tokenise(
    data: Any,
    start: int,
    stop: int,
    ascii_fold: Any,
    fold: Any,
    kind: Any,
    script: Any,
    limit: int,
    words: Any,
    stems: Any,
    seen: Any,
) -> Any:
    """Hash the words of data[start:stop].

    `words` (limit + RING long) gets the first `limit` hashes; later ones go round in its last RING places. `stems`
    gets, at the same places, the hash of the first STEM letters of each word. `seen` gets the code points by script.
    Returns (number of words, shape bits).
    """
    seen[:] = 0
    count, shape, capitals, latin, foreign = 0, 0, 0, 0, 0
    value, stem, last, letters, at = _SEED, _SEED, np.uint64(0), 0, start
    while at < stop:
        byte = data[at]
        alone = False
        if byte < 128:
            sign = np.uint64(ascii_fold[byte])
            capitals += 1 if 65 <= byte <= 90 else 0
            at += 1
            if sign > np.uint64(2):
                if sign != np.uint64(48) or last != sign:
                    value = (value ^ sign) * PRIME
                    letters += 1
                    if letters <= STEM:
                        stem = value
                last = sign
                latin += 1
                continue
            if sign == np.uint64(2):
                continue
            if sign == np.uint64(1):
                shape |= _mark(data, at - 1, start, stop)
        else:
            point, size = decode(data, at, stop)
            at += size
            if 0 <= point < 0x10000:
                what, sign = kind[point], np.uint64(fold[point])
                seen[script[point]] += 1
            elif point >= 0x20000:
                what, sign = np.uint8(3), np.uint64(point)
                seen[1] += 1
            elif point >= 0x1F000 or point < 0:
                what, sign = np.uint8(0), np.uint64(0)
            else:
                what, sign = np.uint8(1), np.uint64(point)
            foreign += 1
            if what == 1:
                if sign != np.uint64(48) or last != sign:
                    value = (value ^ sign) * PRIME
                    letters += 1
                    if letters <= STEM:
                        stem = value
                last = sign
                continue
            if what == 2:
                continue
            if what == 3:
                alone = True
        if last != _ZERO:
            place = count if count < limit else limit + (count - limit) % RING
            words[place], stems[place] = mix(value), mix(stem)
            count += 1
            value, stem, last, letters = _SEED, _SEED, np.uint64(0), 0
        if alone:
            place = count if count < limit else limit + (count - limit) % RING
            words[place] = mix((_SEED ^ sign) * PRIME)
            stems[place] = words[place]
            count += 1
    if last != _ZERO:
        place = count if count < limit else limit + (count - limit) % RING
        words[place], stems[place] = mix(value), mix(stem)
        count += 1
    seen[0] = latin
    if foreign * 5 > latin + foreign:
        shape |= 512
    if capitals >= 20 and capitals * 10 > latin * 4:
        shape |= 1024
    if count > 400:
        shape |= 2048
    return count, shape


@njit(nogil=True, cache=True)
def word_at(words: Any, index: int, limit: int) -> Any:
    """Return the hash of word `index` of a tokenised text; of those past `limit`, only the last RING are there."""
    return words[index] if index < limit else words[limit + (index - limit) % RING]
