"""The inner loop of comparing accounts by what they share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from hydrometer.contract.population import Floats, Ints


@njit(cache=True)
def strongest_links(accounts: int, account: Ints, bits: Floats, shared: Floats) -> Floats:
    """Worth of an account's strongest shared values, for the number of values it had to share.

    Args:
        accounts: number of accounts.
        account: account of each link, ascending.
        bits: worth of each link if shared, ≥ 0.
        shared: 1 where somebody else of the group shows the link's value, else 0.

    Returns:
        Bits per account: the best over one, two or three values of their sum less log2 of the ways to choose them
        (Bonferroni); 0 where nothing is shared.
    """
    best = np.zeros(accounts)
    start = 0
    links = account.size
    while start < links:
        owner = account[start]
        stop = start
        first = second = third = 0.0
        while stop < links and account[stop] == owner:
            if shared[stop] > 0.0:
                value = bits[stop]
                if value > first:
                    first, second, third = value, first, second
                elif value > second:
                    second, third = value, second
                elif value > third:
                    third = value
            stop += 1
        n = float(stop - start)
        total = first - math.log2(n)
        if second > 0.0:
            total = max(total, first + second - math.log2(n * (n - 1.0) / 2.0))
        if third > 0.0:
            total = max(total, first + second + third - math.log2(n * (n - 1.0) * (n - 2.0) / 6.0))
        if first > 0.0:
            best[owner] = max(0.0, total)
        start = stop
    return best
