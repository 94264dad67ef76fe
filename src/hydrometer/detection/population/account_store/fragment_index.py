"""Kernels that list the fragments of each exchange, and of each account over all its exchanges."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_ONE, _SIX, _LOW = np.uint64(1), np.uint64(6), np.uint64(63)
_BRUIJN, _TOP = np.uint64(0x03F79D71B4CB0A89), np.uint64(58)
_BIT_INDEX = np.zeros(64, np.uint64)
for _bit in range(64):
    _BIT_INDEX[(int(_BRUIJN) << _bit) % 2**64 >> 58] = _bit
"""Which of 64 bits is the lowest: each shift of a de Bruijn sequence has six first bits of its own."""

MOST_INSERTED = 1_024
"""Shingles of an exchange up to which its fragments are put in order one by one, which costs their square at worst."""


@njit(nogil=True, cache=True)
def _sort_fragments(shingles: Any, of_shingle: Any, out: Any, begun: int) -> int:
    """Write the distinct fragments of shingles to `out` from `begun` on, ascending; return where they end."""
    fragments = np.sort(of_shingle[shingles])
    have = begun
    for at in range(fragments.size):
        if fragments[at] >= 0 and (have == begun or out[have - 1] != fragments[at]):
            out[have] = fragments[at]
            have += 1
    return have


@njit(nogil=True, cache=True)
def list_carried_fragments(lists: Any, counts: Any, of_shingle: Any, out: Any, out_counts: Any) -> int:
    """Write each exchange's distinct fragments to `out`, ascending; return how many were written."""
    have = at = 0
    for row in range(counts.size):
        begun = have
        if counts[row] > MOST_INSERTED:
            have = _sort_fragments(lists[at : at + counts[row]], of_shingle, out, begun)
            at += counts[row]
            out_counts[row] = have - begun
            continue
        for step in range(counts[row]):
            fragment = of_shingle[lists[at + step]]
            if fragment < 0:
                continue
            index = have
            while index > begun and out[index - 1] > fragment:
                index -= 1
            if index > begun and out[index - 1] == fragment:
                continue
            for back in range(have, index, -1):
                out[back] = out[back - 1]
            out[index] = fragment
            have += 1
        at += counts[row]
        out_counts[row] = have - begun
    return have


@njit(nogil=True, cache=True, inline="always")
def _find_lowest_bit(word: Any) -> Any:
    return _BIT_INDEX[((word & (~word + _ONE)) * _BRUIJN) >> _TOP]


def allocate_marks(fragments: int) -> tuple[Any, Any, Any]:
    """Return what so many fragments are counted with; it can be used again, by one thread at a time."""
    words = fragments // 64 + 1
    return np.zeros(fragments, np.int32), np.zeros(words, np.uint64), np.zeros(words // 64 + 1, np.uint64)


@njit(nogil=True, cache=True)
def count_account_fragments(fragments: Any, starts: Any, marks: Any, fragment: Any, uses: Any, counts: Any) -> int:
    """Write each account's distinct fragments, ascending, and how many of its exchanges carry them; return how many.

    They are put in order without being compared: a bit is set for each, a bit of a second map for each 64 of the first,
    and the bits that are set are read off.

    Args:
        fragments: of all exchanges, account by account.
        starts: where each account's begin, and the end.
        marks: of `allocate_marks`; all 0 before and after.
        fragment, uses: what is written to.
        counts: gets how many distinct fragments each account has.
    """
    times, words, groups = marks
    have = 0
    for account in range(starts.size - 1):
        begun = have
        for at in range(starts[account], starts[account + 1]):
            number = np.uint64(fragments[at])
            if times[number] == 0:
                word = number >> _SIX
                words[word] |= _ONE << (number & _LOW)
                groups[word >> _SIX] |= _ONE << (word & _LOW)
            times[number] += 1
        if starts[account] == starts[account + 1]:
            counts[account] = 0
            continue
        for group in range(groups.size):
            while groups[group]:
                word = (np.uint64(group) << _SIX) | _find_lowest_bit(groups[group])
                groups[group] &= groups[group] - _ONE
                bits = words[word]
                words[word] = 0
                while bits:
                    number = (word << _SIX) | _find_lowest_bit(bits)
                    bits &= bits - _ONE
                    fragment[have], uses[have] = number, times[number]
                    times[number] = 0
                    have += 1
        counts[account] = have - begun
    return have
