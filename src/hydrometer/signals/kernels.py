"""Inner loops of the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from hydrometer.contract.population import Bools, Floats, Ints


@njit(cache=True)
def rank_sums(stratum: Ints, value: Floats, mine: Bools) -> tuple[Ints, Ints, Floats, Floats]:
    """Mann & Whitney's U of a group in each stratum, a tie counting half, and its variance under the null.

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


@njit(cache=True)
def within_pause(offsets: Ints, time: Ints, pause: int) -> Ints:
    """How many of each account's exchanges come within `pause` of the one before."""
    found = np.zeros(offsets.size - 1, np.int64)
    for account in range(offsets.size - 1):
        for row in range(offsets[account] + 1, offsets[account + 1]):
            found[account] += time[row] - time[row - 1] <= pause
    return found


@njit(cache=True)
def turned(offsets: Ints, time: Ints, model: Ints, begin: int, end: int, to: int) -> tuple[Ints, Ints]:
    """Exchanges of each account from `begin` until before `end`, and those among them that use the model `to`."""
    total, moved = np.zeros(offsets.size - 1, np.int64), np.zeros(offsets.size - 1, np.int64)
    for account in range(offsets.size - 1):
        for row in range(offsets[account], offsets[account + 1]):
            if begin <= time[row] < end:
                total[account] += 1
                moved[account] += model[row] == to
    return total, moved
