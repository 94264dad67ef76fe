"""Inner loops over values of which an account may have many."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from hydrometer.campaigns.kernels import MEMBER, STRANGER

if TYPE_CHECKING:
    from hydrometer.campaigns.kernels import Narrow
    from hydrometer.contract.population import Bools, Floats, Ints


@njit(cache=True)
def shown_values(order: Narrow, org: Narrow, offsets: Narrow, value: Narrow, values: int) -> Floats:
    """How many organisations of some accounts, given in the order of organisations, show each value."""
    count, last = np.zeros(values), np.full(values, -1, np.int64)
    for account in order:
        for row in range(offsets[account], offsets[account + 1]):
            at = value[row]
            if last[at] != org[account]:
                last[at] = org[account]
                count[at] += 1.0
    return count


@njit(cache=True)
def strongest_links(
    standing: Narrow,
    org: Narrow,
    number: Narrow,
    offsets: Narrow,
    account: Narrow,
    count: Floats,
    elsewhere: Floats,
    others: float,
    group: float,
    apart: bool,
    prior: float,
    bound: float,
) -> Floats:
    """Worth of an account's strongest shared values, for the number of values it had to share.

    Args:
        number: how many values each account has.
        offsets, account: accounts that show each value, in the order of organisations.
        count: organisations of the group that show each value.
        elsewhere: organisations beyond those set apart that show each value.
        others: organisations beyond those set apart.
        group: organisations of the group.
        apart: whether everybody is set apart as no part of the population; else the members are.
        prior: pseudo-organisations that hold the group's frequencies to the population's.
        bound: most bits of a value.

    Returns:
        Bits per account: the best over one, two or three values of their sum less log2 of the ways to choose them
        (Bonferroni); 0 where nothing is shared.
    """
    n = number.size
    first, second, third = np.zeros(n), np.zeros(n), np.zeros(n)
    worth = np.empty(4)
    for value in range(count.size):
        if count[value] == 0.0:
            continue
        worth[:] = -1.0
        begin, end = offsets[value], offsets[value + 1]
        while begin < end:
            stop, there = begin, False
            while stop < end and org[account[stop]] == org[account[begin]]:
                there = there or standing[account[stop]] == MEMBER
                stop += 1
            for row in range(begin, stop):
                who = account[row]
                shared = count[value] - (1.0 if there else 0.0)
                if shared <= 0.0:
                    continue
                case = 3 if standing[who] == MEMBER else (0 if standing[who] == STRANGER else (2 if there else 1))
                if worth[case] < 0.0:
                    own = 0.0 if apart or case == 3 else 1.0
                    chance = (max(elsewhere[value] - own, 0.0) + 0.5) / (others + 0.5)
                    likely = (shared + prior * chance) / (group - (0.0 if case == 0 else 1.0) + prior)
                    worth[case] = min(max(math.log2(likely / chance), 0.0), bound)
                bits = worth[case]
                if bits > first[who]:
                    third[who], second[who], first[who] = second[who], first[who], bits
                elif bits > second[who]:
                    third[who], second[who] = second[who], bits
                elif bits > third[who]:
                    third[who] = bits
            begin = stop
    for who in range(n):
        first[who] = best_choice(first[who], second[who], third[who], float(number[who]))
    return first


@njit(cache=True)
def best_choice(first: float, second: float, third: float, number: float) -> float:
    """The best of one, two or three values' bits, each less log2 of the ways to choose so many of `number`."""
    if first <= 0.0:
        return 0.0
    total = first - math.log2(number)
    if second > 0.0:
        total = max(total, first + second - math.log2(number * (number - 1.0) / 2.0))
    if third > 0.0:
        total = max(total, first + second + third - math.log2(number * (number - 1.0) * (number - 2.0) / 6.0))
    return max(0.0, total)


@njit(cache=True)
def by_value(order: Narrow, offsets: Narrow, value: Narrow, values: int, chosen: Bools) -> tuple[Ints, Narrow]:
    """Turn accounts' values round: the chosen accounts that show each value, in the order of `order`, by a counting sort."""
    starts = np.zeros(values + 1, np.int64)
    for account in order:
        if chosen[account]:
            for row in range(offsets[account], offsets[account + 1]):
                starts[value[row] + 1] += 1
    for at in range(values):
        starts[at + 1] += starts[at]
    place = starts[:-1].copy()
    who = np.empty(starts[values], np.int32)
    for account in order:
        if chosen[account]:
            for row in range(offsets[account], offsets[account + 1]):
                who[place[value[row]]] = account
                place[value[row]] += 1
    return starts, who


@njit(cache=True)
def distinct_pairs(
    accounts: Ints, starts: Ints, stops: Ints, fragment: Narrow, kept: Bools, last: Ints
) -> tuple[Ints, Ints]:
    """Distinct fragments of each account, of those kept: where each account's begin, and the fragments.

    Args:
        starts, stops: range of each account's rows in `fragment`.
        last: one -1 for each fragment; overwritten.
    """
    offsets = np.zeros(accounts.size + 1, np.int64)
    for place in range(accounts.size):
        found = 0
        for row in range(starts[place], stops[place]):
            at = fragment[row]
            if kept[at] and last[at] != place:
                last[at] = place
                found += 1
        offsets[place + 1] = offsets[place] + found
    last[:] = -1
    value = np.empty(offsets[-1], np.int32)
    for place in range(accounts.size):
        to = offsets[place]
        for row in range(starts[place], stops[place]):
            at = fragment[row]
            if kept[at] and last[at] != place:
                last[at] = place
                value[to] = at
                to += 1
    return offsets, value
