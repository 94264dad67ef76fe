"""One partition of the ledger, sorted, and what its accounts show: kernels over rows in order."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from hydrometer.signals.ledger.rows import FLAGGED, MANY, PROMPT, REFUSED, SINGLE

FACTS = (
    "exchanges", "first_seen", "last_seen", "active_days", "active_hours", "hours_of_day", "single_turn", "turns_known",
    "output", "output_known", "input", "input_known", "reasoning", "reasoning_known", "refused", "demand", "addresses",
    "networks", "user_agents", "end_users", "languages", "prompts", "sessions", "with_address", "successions",
)  # fmt: skip
"""Integers by account; averages are kept as sums and counts."""
HOUR, DAY, PAUSE = 3_600_000_000, 86_400_000_000, 600_000_000


@njit(nogil=True, cache=True)
def _before(rows: Any, a: int, b: int) -> bool:
    """Whether row a comes before row b of one account."""
    if rows[a].time != rows[b].time:
        return bool(rows[a].time < rows[b].time)
    return bool(rows[a].id < rows[b].id)


@njit(nogil=True, cache=True)
def in_order(rows: Any, place: Any, accounts: int) -> Any:
    """Rows by account, then time, then id.

    Args:
        place: each row's account among the `accounts` of this partition, in the order wanted.

    Returns:
        (order of the rows, where each account begins).
    """
    starts = np.zeros(accounts + 1, np.int64)
    for row in range(rows.size):
        starts[place[row] + 1] += 1
    for account in range(accounts):
        starts[account + 1] += starts[account]
    order, filled = np.empty(rows.size, np.int64), starts[:-1].copy()
    for row in range(rows.size):
        order[filled[place[row]]] = row
        filled[place[row]] += 1
    for account in range(accounts):
        first, stop = starts[account], starts[account + 1]
        moves, far = 0, 16 * (stop - first) + 64
        # Logs come nearly in order of time: insertion is linear then, and given up where they do not.
        sorted_to = first + 1
        while sorted_to < stop and moves <= far:
            row, at = order[sorted_to], sorted_to
            while at > first and _before(rows, row, order[at - 1]):
                order[at] = order[at - 1]
                at -= 1
                moves += 1
            order[at] = row
            sorted_to += 1
        if sorted_to < stop:
            segment = order[first:stop].copy()
            times = np.empty(segment.size, np.int64)
            for at in range(segment.size):
                times[at] = rows[segment[at]].time
            by_time = np.argsort(times, kind="mergesort")
            for at in range(segment.size):
                order[first + at] = segment[by_time[at]]
            for at in range(first + 1, stop):
                row, back = order[at], at
                while back > first and _before(rows, row, order[back - 1]):
                    order[back] = order[back - 1]
                    back -= 1
                order[back] = row
    return order, starts


@njit(nogil=True, cache=True)
def _distinct(values: Any, count: int) -> int:
    """Distinct values that are not 0 among values[:count], which it sorts."""
    if count > 24:
        values[:count] = np.sort(values[:count])
    else:
        for at in range(1, count):
            value, back = values[at], at
            while back > 0 and values[back - 1] > value:
                values[back] = values[back - 1]
                back -= 1
            values[back] = value
    found = 0
    for at in range(count):
        if values[at] != 0 and (at == 0 or values[at] != values[at - 1]):
            found += 1
    return found


@njit(nogil=True, cache=True)
def account_facts(rows: Any, starts: Any, facts: Any) -> None:
    """Fill `facts` [accounts, len(FACTS)] from rows in order."""
    most = 0
    for account in range(starts.size - 1):
        most = max(most, starts[account + 1] - starts[account])
    scratch = np.empty(most, np.uint64)
    for account in range(starts.size - 1):
        first, stop = starts[account], starts[account + 1]
        fact = facts[account]
        fact[:] = 0
        fact[0] = stop - first
        if stop == first:
            continue
        fact[1], fact[2] = rows[first].time, rows[stop - 1].time
        days = hours = prompts = 0
        of_day = np.int64(0)
        for row in range(first, stop):
            line = rows[row]
            time = line.time
            hour = time // HOUR
            if row == first or time // DAY != rows[row - 1].time // DAY:
                days += 1
            if row == first or hour != rows[row - 1].time // HOUR:
                hours += 1
            of_day |= np.int64(1) << (hour % 24)
            if row > first and time - rows[row - 1].time <= PAUSE:
                fact[24] += 1
            flags = line.flags
            fact[6] += (flags & SINGLE) != 0
            fact[7] += (flags & (SINGLE | MANY)) != 0
            if line.output >= 0:
                fact[8] += line.output
                fact[9] += 1
            if line.input >= 0:
                fact[10] += line.input
                fact[11] += 1
            if line.reasoning >= 0:
                fact[12] += line.reasoning
                fact[13] += 1
            fact[14] += (flags & REFUSED) != 0
            fact[15] += (flags & FLAGGED) != 0
            fact[23] += line.address != 0
        fact[3], fact[4] = days, hours
        while of_day:
            fact[5] += of_day & 1
            of_day >>= 1
        count = stop - first
        for row in range(first, stop):
            scratch[row - first] = rows[row].address
        fact[16] = _distinct(scratch, count)
        for row in range(first, stop):
            scratch[row - first] = rows[row].network
        fact[17] = _distinct(scratch, count)
        for row in range(first, stop):
            scratch[row - first] = rows[row].agent + 1
        fact[18] = _distinct(scratch, count)
        for row in range(first, stop):
            scratch[row - first] = rows[row].end_user
        fact[19] = _distinct(scratch, count)
        for row in range(first, stop):
            scratch[row - first] = rows[row].language + 1
        fact[20] = _distinct(scratch, count)
        nothing = 0
        for row in range(first, stop):
            if rows[row].flags & PROMPT:
                # A prompt whose hash is 0 is a prompt, too.
                if rows[row].prompt == 0:
                    nothing = 1
                scratch[prompts] = np.uint64(rows[row].prompt)
                prompts += 1
        fact[21] = _distinct(scratch, prompts) + nothing
        for row in range(first, stop):
            scratch[row - first] = rows[row].session
        fact[22] = _distinct(scratch, count)


@njit(nogil=True, cache=True)
def value_uses(values: Any, starts: Any, account: Any, value: Any, uses: Any) -> int:
    """Distinct (account, value) pairs of values in the order of rows, 0 for none, with the number of rows of each.

    Returns how many were written; pairs come by account, then value.
    """
    have, most = 0, 0
    for place in range(starts.size - 1):
        most = max(most, starts[place + 1] - starts[place])
    scratch = np.empty(most, values.dtype)
    for place in range(starts.size - 1):
        first, count = starts[place], starts[place + 1] - starts[place]
        for at in range(count):
            scratch[at] = values[first + at]
        _distinct(scratch, count)
        for at in range(count):
            if scratch[at] == 0:
                continue
            if at == 0 or scratch[at] != scratch[at - 1]:
                account[have], value[have], uses[have] = place, scratch[at], 0
                have += 1
            uses[have - 1] += 1
    return have
