"""Kernels over the gaps between exchanges: within an account, and between accounts of a pooled stream."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

FEWEST = 6
"""Exchanges below which the gaps of an account say nothing of how they are spread."""
SHORTEST_SPAN = 43_200_000_000
"""µs from its first to its last exchange below which an account's whole life may be one sitting."""
SHORT_PART = 0.05
"""A gap is short when it is less than so much of the account's mean gap."""
MOST_AHEAD = 256
"""Exchanges after one that are looked at; a stream that is denser is left unmeasured."""


@njit(nogil=True, cache=True)
def measure_short_gaps(starts: Any, counts: Any, time: Any) -> Any:
    """Return the share of each account's gaps that are short beside its mean gap; NaN where too little is there to say."""
    shares = np.full(starts.size, np.nan)
    for account in range(starts.size):
        begin, count = starts[account], counts[account]
        if count < FEWEST:
            continue
        span = time[begin + count - 1] - time[begin]
        if span < SHORTEST_SPAN:
            continue
        limit = SHORT_PART * span / (count - 1)
        short = 0
        for row in range(begin + 1, begin + count):
            short += time[row] - time[row - 1] < limit
        shares[account] = short / (count - 1)
    return shares


@njit(nogil=True, cache=True)
def count_near_pairs(time: Any, owner: Any, near: Any, apart: Any, far: Any, blocks: int) -> Any:
    """Count the pairs of exchanges of different accounts in a pooled stream, by how far they lie from each other.

    Args:
        time, owner: moments of the stream, ascending, and whose they are.
        near: pairs closer than this are counted as near.
        apart, far: pairs from `apart` to below `far` are those that the near ones are compared with.
        blocks: parts of the stream, of equal number of exchanges, that are counted by themselves.

    Returns:
        Near and far pairs of each block, (blocks, 2); the first is -1 where the stream is too dense to be measured.
    """
    pairs = np.zeros((blocks, 2), np.int64)
    for row in range(time.size):
        block = row * blocks // time.size
        other = row + 1
        while other < time.size and time[other] - time[row] < far:
            if other - row > MOST_AHEAD:
                pairs[0, 0] = -1
                return pairs
            if owner[other] != owner[row]:
                lag = time[other] - time[row]
                if lag < near:
                    pairs[block, 0] += 1
                elif lag >= apart:
                    pairs[block, 1] += 1
            other += 1
    return pairs
