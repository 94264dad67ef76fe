"""Inner loops over values of which an account may have many."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from hydrometer.detection.campaigns.kernels import MEMBER, STRANGER

if TYPE_CHECKING:
    from hydrometer.detection.campaigns.kernels import Narrow
    from hydrometer.detection.population.population import Bools, Floats, Ints


@njit(cache=True)
def count_shown_values(order: Narrow, org: Narrow, offsets: Narrow, value: Narrow, cells: Narrow) -> Narrow:
    """Count how many organisations of some accounts, given in the order of organisations, show each value.

    Args:
        cells: two zeros for each value; the first becomes the count. `clear_cells` makes them zeros again.

    Returns:
        The values that they show, in any order.
    """
    rows = 0
    for account in order:
        rows += offsets[account + 1] - offsets[account]
    shown = np.empty(min(rows, cells.shape[0]), np.int32)
    count = 0
    for account in order:
        stamp = org[account] + 1
        for row in range(offsets[account], offsets[account + 1]):
            at = value[row]
            if cells[at, 1] != stamp:
                if cells[at, 1] == 0:
                    shown[count] = at
                    count += 1
                cells[at, 1] = stamp
                cells[at, 0] += 1
    return shown[:count]


@njit(cache=True)
def clear_cells(cells: Narrow, values: Narrow) -> None:
    """Make the cells of some values zeros again."""
    for at in values:
        cells[at, 0] = cells[at, 1] = 0


@njit(cache=True)
def update_member_counts(
    relation: Narrow,
    members: Bools,
    order: Narrow,
    org: Narrow,
    offsets: Narrow,
    value: Narrow,
    counts: Narrow,
    stamp: int,
) -> int:
    """Make the counts of one group those of another: only organisations of which the members change are counted anew.

    Args:
        relation: of each account to the new group.
        members: of the old group; becomes the new one.
        order: accounts in the order of organisations.
        counts: organisations of the members that show each value, and the stamp of the last one that was counted there.
        stamp: the last stamp given.

    Returns:
        The last stamp given.
    """
    begin = 0
    while begin < order.size:
        end, changes = begin, False
        while end < order.size and org[order[end]] == org[order[begin]]:
            account = order[end]
            changes = changes or members[account] != (relation[account] == MEMBER)
            end += 1
        if changes:
            for step in range(2):
                stamp += 1
                for position in range(begin, end):
                    account = order[position]
                    if step == 1:
                        members[account] = relation[account] == MEMBER
                    if members[account]:
                        for row in range(offsets[account], offsets[account + 1]):
                            at = value[row]
                            if counts[at, 1] != stamp:
                                counts[at, 1] = stamp
                                counts[at, 0] += 1 if step == 1 else -1
        begin = end
    return stamp


@njit(cache=True)
def renumber_values(offsets: Narrow, value: Narrow, kept: Narrow, cells: Narrow) -> tuple[Ints, Narrow]:
    """Keep some values, numbered in the order of `kept`: where each account's begin, and the values."""
    for number in range(kept.size):
        cells[kept[number], 0] = number + 1
    begins = np.zeros(offsets.size, np.int64)
    count = 0
    for account in range(offsets.size - 1):
        for row in range(offsets[account], offsets[account + 1]):
            count += cells[value[row], 0] > 0
        begins[account + 1] = count
    numbers = np.empty(count, np.int32)
    count = 0
    for row in range(offsets[0], offsets[-1]):
        number = cells[value[row], 0]
        if number > 0:
            numbers[count] = number - 1
            count += 1
    for at in kept:
        cells[at, 0] = 0
    return begins, numbers


@njit(cache=True)
def score_strongest_values(
    relation: Narrow,
    org: Narrow,
    number: Narrow,
    offsets: Narrow,
    account: Narrow,
    values: Narrow,
    counts: Narrow,
    orgs: Floats,
    local_orgs: Floats,
    others: float,
    group: float,
    apart: bool,
    kin: bool,
    prior: float,
    bound: float,
) -> Floats:
    """Return the worth of an account's strongest shared values, for the number of values it had to share.

    Args:
        number: how many values each account has.
        values: those that may tell an account anything.
        offsets, account: accounts that show each of these, in the order of organisations.
        counts: how many organisations of the group show each value, in the first column.
        orgs: organisations of the population that show each value.
        local_orgs: those of these accounts that do, where everybody is set apart.
        others: organisations beyond those set apart.
        group: organisations of the group.
        apart: whether everybody is set apart as no part of the population; else the members are.
        kin: whether any account stands beside members of its organisation.
        prior: pseudo-organisations that hold the group's frequencies to the population's.
        bound: most bits of a value.

    Returns:
        Bits per account: the best over one, two or three values of their sum less log2 of the ways to choose them
        (Bonferroni); 0 where nothing is shared.
    """
    n = number.size
    first, second, third = np.zeros(n), np.zeros(n), np.zeros(n)
    worth = np.empty(4)
    for position in range(values.size):
        value = values[position]
        count = float(counts[value, 0])
        if count == 0.0:
            continue
        outside_orgs = max(0.0, orgs[value] - (local_orgs[value] if apart else count))
        worth[:] = -1.0
        begin, end = offsets[position], offsets[position + 1]
        if not kin:
            # Everybody is a member, whose organisation shows the value, or of an organisation without members.
            for member in range(2):
                shared = count - member
                own = 0.0 if apart or member else 1.0
                chance = (max(outside_orgs - own, 0.0) + 0.5) / (others + 0.5)
                likely = (max(shared, 0.0) + prior * chance) / (group - member + prior)
                bits = min(max(math.log2(likely / chance), 0.0), bound)
                worth[member] = bits if shared > 0.0 else 0.0
            if worth[0] <= 0.0 and worth[1] <= 0.0:
                continue
            for row in range(begin, end):
                who = account[row]
                bits = worth[1] if relation[who] == MEMBER else worth[0]
                if bits > third[who]:
                    if bits > first[who]:
                        third[who], second[who], first[who] = second[who], first[who], bits
                    elif bits > second[who]:
                        third[who], second[who] = second[who], bits
                    else:
                        third[who] = bits
            continue
        while begin < end:
            stop, there = begin, False
            while stop < end and org[account[stop]] == org[account[begin]]:
                there = there or relation[account[stop]] == MEMBER
                stop += 1
            for row in range(begin, stop):
                who = account[row]
                shared = count - (1.0 if there else 0.0)
                if shared <= 0.0:
                    continue
                case = 3 if relation[who] == MEMBER else (0 if relation[who] == STRANGER else (2 if there else 1))
                if worth[case] < 0.0:
                    own = 0.0 if apart or case == 3 else 1.0
                    chance = (max(outside_orgs - own, 0.0) + 0.5) / (others + 0.5)
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
        first[who] = choose_best_bits(first[who], second[who], third[who], float(number[who]))
    return first


@njit(cache=True)
def choose_best_bits(first: float, second: float, third: float, number: float) -> float:
    """Return the best of one, two or three values' bits, each less log2 of the ways to choose so many of `number`."""
    if first <= 0.0:
        return 0.0
    total = first - math.log2(number)
    if second > 0.0:
        total = max(total, first + second - math.log2(number * (number - 1.0) / 2.0))
    if third > 0.0:
        total = max(total, first + second + third - math.log2(number * (number - 1.0) * (number - 2.0) / 6.0))
    return max(0.0, total)


@njit(cache=True)
def invert_values(
    order: Narrow, offsets: Narrow, value: Narrow, number: Narrow, has_siblings: Bools, most: Floats
) -> tuple[Ints, Ints, Narrow]:
    """Turn accounts' values round, by a counting sort.

    Args:
        has_siblings: accounts whose organisation has several: they stay wherever anybody does.
        most: most values of an account to which each value can tell anything.

    Returns:
        Values that can tell an account anything, ascending; where the accounts of each of these begin, and the accounts,
        in the order of `order`.
    """
    useful = np.zeros(most.size, np.bool_)
    counts = np.zeros(most.size, np.int64)
    for account in order:
        for row in range(offsets[account], offsets[account + 1]):
            able = number[account] <= most[value[row]]
            useful[value[row]] |= able
            counts[value[row]] += able or has_siblings[account]
    values = np.nonzero(useful)[0]
    starts = np.zeros(values.size + 1, np.int64)
    cursor = np.full(most.size, -1, np.int64)
    for at in range(values.size):
        cursor[values[at]] = starts[at]
        starts[at + 1] = starts[at] + counts[values[at]]
    who = np.empty(starts[-1], np.int32)
    for account in order:
        for row in range(offsets[account], offsets[account + 1]):
            at = value[row]
            if useful[at] and (has_siblings[account] or number[account] <= most[at]):
                who[cursor[at]] = account
                cursor[at] += 1
    return values, starts, who


@njit(cache=True)
def filter_values(starts: Narrow, counts: Narrow, value: Narrow, kept: Bools) -> tuple[Ints, Narrow]:
    """Return the values of some accounts that are kept (a mask): where each account's begin, and the values.

    Args:
        starts, counts: range of each account's rows in `value`.
    """
    offsets = np.zeros(starts.size + 1, np.int64)
    for index in range(starts.size):
        count = 0
        for row in range(starts[index], starts[index] + counts[index]):
            count += kept[value[row]]
        offsets[index + 1] = offsets[index] + count
    shown = np.empty(offsets[-1], np.int32)
    for index in range(starts.size):
        to = offsets[index]
        for row in range(starts[index], starts[index] + counts[index]):
            if kept[value[row]]:
                shown[to] = value[row]
                to += 1
    return offsets, shown


@njit(cache=True)
def gather_values(accounts: Ints, offsets: Narrow, value: Narrow) -> tuple[Ints, Narrow]:
    """Return the values of some accounts: where each account's begin, and the values."""
    begins = np.zeros(accounts.size + 1, np.int64)
    for index in range(accounts.size):
        begins[index + 1] = begins[index] + offsets[accounts[index] + 1] - offsets[accounts[index]]
    gathered = np.empty(begins[-1], value.dtype)
    for index in range(accounts.size):
        first = offsets[accounts[index]]
        for step in range(begins[index + 1] - begins[index]):
            gathered[begins[index] + step] = value[first + step]
    return begins, gathered
