"""Inner loops over exchanges, and the tail that seeds are judged by."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    import numpy.typing as npt

    from hydrometer.detection.campaigns.kernels import Narrow
    from hydrometer.detection.population.population import Bools, Ints


@njit(cache=True)
def count_clockwork_accounts(starts: Narrow, counts: Narrow, accounts: Ints, time: Narrow) -> int:
    """Count accounts with at least 8 exchanges that keep to two hours of the day, or to even gaps (deviation below 15 %)."""
    count = 0
    for account in accounts:
        begin, end = starts[account], starts[account] + counts[account]
        if end - begin < 8:
            continue
        hours = np.zeros(24, np.int64)
        for row in range(begin, end):
            hours[time[row] // 3_600_000_000 % 24] += 1
        most = 0
        for hour in range(24):
            most = max(most, hours[hour] + hours[hour - 1])
        gaps = float(end - begin - 1)
        mean = (time[end - 1] - time[begin]) / gaps
        squares = 0.0
        for row in range(begin + 1, end):
            squares += (float(time[row] - time[row - 1]) - mean) ** 2
        even = math.sqrt(squares / gaps) / max(1.0, mean)
        count += most / (end - begin) >= 0.9 or even < 0.15
    return count


@njit(cache=True)
def find_carrying_exchanges(
    accounts: Ints,
    counts: Narrow,
    starts: Narrow,
    lengths: npt.NDArray[np.uint16],
    events: Ints,
    carried: Narrow,
    chosen: Bools,
) -> tuple[Narrow, Narrow]:
    """Return which exchanges of some accounts carry chosen fragments.

    Args:
        counts, starts: exchanges of each account of the population, and where what they carry begins.
        events: the exchanges of `accounts`, account by account.

    Returns:
        Pairs of a place in `events` and a fragment, ordered by place.
    """
    positions, fragments = np.empty(0, np.int32), np.empty(0, np.int32)
    for writing in range(2):
        count = position = 0
        for account in accounts:
            row = starts[account]
            for _ in range(counts[account]):
                stop = row + lengths[events[position]]
                while row < stop:
                    if chosen[carried[row]]:
                        if writing:
                            positions[count], fragments[count] = position, carried[row]
                        count += 1
                    row += 1
                position += 1
        if not writing:
            positions, fragments = np.empty(count, np.int32), np.empty(count, np.int32)
    return positions, fragments


@njit(cache=True)
def count_uncovered(position: Narrow, fragment: Narrow, template: Ints, counts: Ints) -> None:
    """Count the pairs of each fragment whose place has no template yet."""
    counts[:] = 0
    for row in range(position.size):
        if template[position[row]] == 0:
            counts[fragment[row]] += 1


@njit(cache=True)
def log_hypergeometric_tail(least: int, total: int, marked: int, drawn: int) -> float:
    """Natural logarithm of P(at least `least` of `drawn` are marked), when `marked` of `total` are."""
    last = min(drawn, marked)
    if least <= max(0, drawn + marked - total):
        return 0.0
    if least > last:
        return -math.inf
    whole = math.lgamma(total + 1.0) - math.lgamma(drawn + 1.0) - math.lgamma(total - drawn + 1.0)
    top, scaled = -math.inf, 0.0
    before = -math.inf
    for k in range(least, last + 1):
        term = (
            math.lgamma(marked + 1.0)
            - math.lgamma(k + 1.0)
            - math.lgamma(marked - k + 1.0)
            + math.lgamma(total - marked + 1.0)
            - math.lgamma(drawn - k + 1.0)
            - math.lgamma(total - marked - drawn + k + 1.0)
        )
        if term > top:
            scaled = scaled * math.exp(top - term) + 1.0
            top = term
        else:
            scaled += math.exp(term - top)
        # Past the likeliest number the terms only fall.
        if term < before and term < top - 45.0:
            break
        before = term
    return min(0.0, top + math.log(scaled) - whole)
