"""Which fragments each exchange carries, and each account over all its exchanges."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def carried_fragments(lists: Any, counts: Any, of_shingle: Any, out: Any, out_counts: Any) -> int:
    """Each exchange's distinct fragments, ascending; returns how many were written to `out`."""
    have = at = 0
    for row in range(counts.size):
        begun = have
        for step in range(counts[row]):
            fragment = of_shingle[lists[at + step]]
            if fragment < 0:
                continue
            place = have
            while place > begun and out[place - 1] > fragment:
                place -= 1
            if place > begun and out[place - 1] == fragment:
                continue
            for back in range(have, place, -1):
                out[back] = out[back - 1]
            out[place] = fragment
            have += 1
        at += counts[row]
        out_counts[row] = have - begun
    return have


@njit(nogil=True, cache=True)
def account_fragments(fragments: Any, starts: Any, fragment: Any, uses: Any, counts: Any) -> int:
    """Each account's distinct fragments with the number of its exchanges that carry them; returns how many.

    Args:
        fragments: of all exchanges, account by account.
        starts: where each account's begin, and the end.
    """
    have = 0
    for account in range(starts.size - 1):
        segment = np.sort(fragments[starts[account] : starts[account + 1]])
        begun = have
        for at in range(segment.size):
            if at == 0 or segment[at] != segment[at - 1]:
                fragment[have], uses[have] = segment[at], 0
                have += 1
            uses[have - 1] += 1
        counts[account] = have - begun
    return have
