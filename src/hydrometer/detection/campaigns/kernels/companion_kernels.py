"""Inner loops over the members of a group that meet at values, or in a span of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from hydrometer.detection.population.population import Ints


@njit(cache=True)
def count_companions(starts: Ints, values: Ints, value_starts: Ints, sharers: Ints, org: Ints, most: int) -> Ints:
    """Count, for each member, the others that show any of its values, and their organisations other than its own.

    Both counts stop once so many others are counted: the cost is at most `most` for each row, however popular a value is.

    Args:
        starts: where the values of each member begin in `values`, and the end.
        values: numbers of the values, member by member.
        value_starts: where the members that show each value begin in `sharers`, and the end.
        sharers: members, value by value.
        org: the organisation of each member.
        most: others after which counting stops, once two of their organisations are counted.

    Returns:
        Others, and their other organisations up to 2, of each member, (members, 2).
    """
    members = starts.size - 1
    counts = np.zeros((members, 2), np.int64)
    stamps = np.full(members, -1, np.int64)
    for member in range(members):
        first_org = -1
        stamps[member] = member
        for row in range(starts[member], starts[member + 1]):
            value = values[row]
            for at in range(value_starts[value], value_starts[value + 1]):
                if counts[member, 0] >= most and counts[member, 1] == 2:
                    break
                other = sharers[at]
                if stamps[other] == member:
                    continue
                stamps[other] = member
                counts[member, 0] += 1
                if org[other] not in (org[member], first_org) and counts[member, 1] < 2:
                    first_org = org[other]
                    counts[member, 1] += 1
    return counts


@njit(cache=True)
def count_neighbours(time: Ints, org: Ints, width: int) -> Ints:
    """Count, for each of some members in the order of `time`, the others within `width` of it, and their other organisations.

    Args:
        time: moments, ascending.
        org: the organisation of each, numbered from 0 to less than the number of moments.
        width: greatest distance, in the unit of `time`.

    Returns:
        Others, and their organisations other than its own, (moments, 2).
    """
    counts = np.zeros((time.size, 2), np.int64)
    inside = np.zeros(time.size, np.int64)
    begin = end = orgs = 0
    for at in range(time.size):
        while end < time.size and time[end] - time[at] <= width:
            orgs += inside[org[end]] == 0
            inside[org[end]] += 1
            end += 1
        while time[at] - time[begin] > width:
            inside[org[begin]] -= 1
            orgs -= inside[org[begin]] == 0
            begin += 1
        counts[at, 0] = end - begin - 1
        counts[at, 1] = orgs - 1
    return counts


@njit(cache=True)
def count_showing_orgs(values: Ints, org: Ints, wide: int) -> Ints:
    """Count the organisations that show each value.

    Args:
        values: what is shown, from 0 to less than `wide`, in the order of the organisations.
        org: who shows it.
        wide: number of values.
    """
    counts, last = np.zeros(wide, np.int64), np.full(wide, -1, np.int64)
    for row in range(values.size):
        if last[values[row]] != org[row]:
            last[values[row]] = org[row]
            counts[values[row]] += 1
    return counts
