"""Kernels over all exchanges with the fragments they carry, and over accounts in order."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

BLOCK = 64
SCALE = 1 << 32
"""Confidences are summed as whole multiples of its inverse, so that a sum does not depend on the order."""


@njit(nogil=True, cache=True)
def count_by_account(starts: Any, counts: Any, chosen: Any) -> Any:
    """Count the chosen exchanges of each account."""
    out = np.zeros(starts.size, np.int64)
    for account in range(starts.size):
        for event in range(starts[account], starts[account] + counts[account]):
            out[account] += chosen[event]
    return out


@njit(nogil=True, cache=True)
def count_fragment_demands(lengths: Any, carried: Any, demand: Any, kind: Any, flagged: Any, kinds: Any) -> None:
    """Count the flagged exchanges of each fragment, and their classes."""
    at = 0
    for event in range(lengths.size):
        if demand[event]:
            for index in range(at, at + lengths[event]):
                flagged[carried[index]] += 1
                kinds[carried[index], kind[event]] += 1
        at += lengths[event]


@njit(nogil=True, cache=True, inline="always")
def _find_telling(carried: Any, at: int, length: int, rate: Any, exchanges: Any) -> int:
    """Return the fragment of one exchange whose uses are most often flagged, then the commonest, then the first."""
    best = carried[at]
    for index in range(at + 1, at + length):
        other = carried[index]
        if rate[other] > rate[best] or (rate[other] == rate[best] and exchanges[other] > exchanges[best]):
            best = other
    return int(best)


@njit(nogil=True, cache=True)
def count_telling(lengths: Any, carried: Any, demand: Any, rate: Any, exchanges: Any, uses: Any, flagged: Any) -> None:
    """Count exchanges, and flagged ones among them, by telling fragment."""
    at = 0
    for event in range(lengths.size):
        if lengths[event]:
            best = _find_telling(carried, at, lengths[event], rate, exchanges)
            uses[best] += 1
            flagged[best] += demand[event]
        at += lengths[event]


@njit(nogil=True, cache=True)
def mark_telling(
    lengths: Any, carried: Any, rate: Any, exchanges: Any, asking: Any, commonest: Any, demand: Any, kind: Any
) -> None:
    """Flag the exchanges whose telling fragment asks, with its commonest class."""
    at = 0
    for event in range(lengths.size):
        stop = at + lengths[event]
        # Few exchanges carry any that asks: the telling one is searched in those alone.
        if not demand[event] and _has_chosen(asking, carried, at, stop):
            best = _find_telling(carried, at, lengths[event], rate, exchanges)
            if asking[best]:
                demand[event] = True
                kind[event] = commonest[best]
        at = stop


@njit(nogil=True, cache=True, inline="always")
def _has_chosen(chosen: Any, carried: Any, at: int, stop: int) -> bool:
    """Return whether one of carried[at:stop] is chosen."""
    carries = False
    for index in range(at, stop):
        if chosen[carried[index]]:
            carries = True
            break
    return carries


@njit(nogil=True, cache=True)
def sum_confidences(lengths: Any, carried: Any, confidence: Any, left: Any) -> None:
    """Add to `left` [fragments, 2] exchanges and summed confidence of each fragment; those below 0 stay as they are."""
    at = 0
    for event in range(lengths.size):
        worth = np.int64(np.float64(confidence[event]) * SCALE)
        for index in range(at, at + lengths[event]):
            fragment = carried[index]
            if left[fragment, 0] >= 0:
                left[fragment, 0] += 1
                left[fragment, 1] += worth
        at += lengths[event]


@njit(nogil=True, cache=True, inline="always")
def _subtract_confidence(at: int, stop: int, carried: Any, confidence: Any, left: Any) -> None:
    """Subtract one exchange's confidence from all fragments that it carries."""
    worth = np.int64(np.float64(confidence) * SCALE)
    for index in range(at, stop):
        fragment = carried[index]
        if left[fragment, 0] >= 0:
            left[fragment, 0] -= 1
            left[fragment, 1] -= worth


@njit(nogil=True, cache=True)
def remove_chosen(lengths: Any, carried: Any, confidence: Any, chosen: Any, removed: Any, left: Any) -> None:
    """Remove the exchanges that carry a chosen fragment, and their confidences from all fragments that they carry.

    Few exchanges do: fragments are read many at a time, without a jump, and only around chosen ones the exchange is sought.
    """
    event = at = 0
    marks = chosen.view(np.uint8)
    for first in range(0, carried.size, BLOCK):
        end = min(first + BLOCK, carried.size)
        hit = np.uint8(end < first + BLOCK)
        if not hit:
            block = carried[first:end]
            for index in range(BLOCK):
                # As unsigned numbers, lest each is tested for counting from the end.
                hit |= marks[np.uint32(block[index])]
        if not hit:
            continue
        while at + lengths[event] <= first:
            at += lengths[event]
            event += 1
        while at < end:
            stop = at + lengths[event]
            if not removed[event] and _has_chosen(chosen, carried, at, stop):
                removed[event] = True
                _subtract_confidence(at, stop, carried, confidence[event], left)
            at = stop
            event += 1


@njit(nogil=True, cache=True)
def mark_carriers(lengths: Any, carried: Any, chosen: Any, out: Any) -> None:
    """Write to `out` which exchanges carry a chosen fragment."""
    at = 0
    for event in range(lengths.size):
        out[event] = _has_chosen(chosen, carried, at, at + lengths[event])
        at += lengths[event]


@njit(nogil=True, cache=True)
def find_first_uses(model: Any, time: Any, uses: Any, first: Any) -> None:
    """Count the exchanges of each model, and keep the time of its first."""
    for event in range(model.size):
        uses[model[event]] += 1
        first[model[event]] = min(first[model[event]], time[event])


@njit(nogil=True, cache=True)
def compute_rank_sums(stratum: Any, value: Any, mine: Any) -> Any:
    """Return Mann & Whitney's U of a group in each stratum, a tie counting half, and its variance under the null.

    Args:
        stratum, value: of each account, ordered by both.
        mine: whether it is one of the group.

    Returns:
        By stratum: accounts of the group, others, U, variance (0 where one side is empty).
    """
    rows = stratum.size
    strata = 0
    for row in range(rows):
        if row == 0 or stratum[row] != stratum[row - 1]:
            strata += 1
    members, others = np.zeros(strata, np.int64), np.zeros(strata, np.int64)
    u, variance = np.zeros(strata), np.zeros(strata)
    at, row = -1, 0
    while row < rows:
        at += 1
        begin = row
        below = tied = 0.0
        while row < rows and stratum[row] == stratum[begin]:
            first, inside = row, 0
            while row < rows and stratum[row] == stratum[begin] and value[row] == value[first]:
                inside += mine[row]
                row += 1
            same = float(row - first)
            tied += same * same * same - same
            outside = same - inside
            u[at] += inside * (below + outside / 2)
            below += outside
            members[at] += inside
            others[at] += int(outside)
        total = float(row - begin)
        if members[at] > 0 and others[at] > 0:
            spread = members[at] * others[at] / 12 * (total + 1 - tied / (total * (total - 1)))
            variance[at] = max(0.0, spread)
    return members, others, u, variance
