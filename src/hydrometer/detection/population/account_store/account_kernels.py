"""Kernels over the rows of one partition: putting them in order, and counting what each account shows."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from hydrometer.detection.population.account_store.exchange_row import (
    MANY,
    PROMPT,
    REFUSED,
    SINGLE,
    read_column_types,
)

HOUR = 3_600_000_000
PAUSE = 600_000_000
"""µs after which an exchange is no succession of the one before: ten minutes."""
FEW, MOST_INSERTED = 8, 24
"""Distinct values of an account up to which they are looked through, and up to which they are sorted by insertion."""
_SPREAD, _S32, _ONE = np.uint64(0x9E3779B97F4A7C15), np.uint64(32), np.uint64(1)


@njit(nogil=True, cache=True)
def _comes_before(rows: Any, a: int, b: int) -> bool:
    """Return whether row a comes before row b of one account."""
    if rows[a].time != rows[b].time:
        return bool(rows[a].time < rows[b].time)
    return bool(rows[a].id < rows[b].id)


@njit(nogil=True, cache=True)
def sort_rows(rows: Any, account_of: Any, accounts: int) -> Any:
    """Return the order of rows by account, then time, then id, and where each account begins.

    Args:
        rows: an array of ROW.
        account_of: each row's account among the `accounts` of this partition, in the order wanted.
        accounts: how many there are.
    """
    starts = np.zeros(accounts + 1, np.int64)
    for row in range(rows.size):
        starts[account_of[row] + 1] += 1
    for account in range(accounts):
        starts[account + 1] += starts[account]
    order, filled = np.empty(rows.size, np.int64), starts[:-1].copy()
    for row in range(rows.size):
        order[filled[account_of[row]]] = row
        filled[account_of[row]] += 1
    for account in range(accounts):
        first, stop = starts[account], starts[account + 1]
        moves, far = 0, 16 * (stop - first) + 64
        # Logs come nearly in order of time: insertion is linear then, and given up where they do not.
        sorted_to = first + 1
        while sorted_to < stop and moves <= far:
            row, at = order[sorted_to], sorted_to
            while at > first and _comes_before(rows, row, order[at - 1]):
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
                while back > first and _comes_before(rows, row, order[back - 1]):
                    order[back] = order[back - 1]
                    back -= 1
                order[back] = row
    return order, starts


class SortedExchanges(NamedTuple):
    """Exchanges in order, column by column; values that are counted are 0 for none."""

    time: npt.NDArray[np.int64]
    source: npt.NDArray[np.int64]
    prompt: npt.NDArray[np.int64]
    address: npt.NDArray[np.uint64]
    network: npt.NDArray[np.uint64]
    end_user: npt.NDArray[np.uint64]
    session: npt.NDArray[np.uint64]
    user_agent: npt.NDArray[np.uint64]
    ja4: npt.NDArray[np.uint64]
    asn: npt.NDArray[np.uint64]
    client: npt.NDArray[np.uint64]
    tools: npt.NDArray[np.uint64]
    language: npt.NDArray[np.uint64]
    input: npt.NDArray[np.int32]
    output: npt.NDArray[np.int32]
    reasoning: npt.NDArray[np.int32]
    confidence: npt.NDArray[np.float32]
    model: npt.NDArray[np.int32]
    shingles: npt.NDArray[np.uint16]
    kind: npt.NDArray[np.int8]
    capability: npt.NDArray[np.int8]
    flags: npt.NDArray[np.uint8]


def arrange_rows(rows: npt.NDArray[Any], order: npt.NDArray[np.int64]) -> SortedExchanges:
    """Return the rows in an order, column by column."""
    exchanges = SortedExchanges(
        **{name: np.empty(order.size, dtype) for name, dtype in read_column_types(SortedExchanges).items()}
    )
    _copy_rows(rows, order, exchanges)
    return exchanges


@njit(nogil=True, cache=True)
def _copy_rows(rows: Any, order: Any, to: Any) -> None:
    for at in range(order.size):
        row = rows[order[at]]
        to.time[at], to.source[at], to.prompt[at] = row.time, row.source, row.prompt
        to.address[at], to.network[at] = row.address, row.network
        to.end_user[at], to.session[at] = row.end_user, row.session
        to.user_agent[at], to.ja4[at], to.tools[at] = row.agent + 1, row.ja4 + 1, row.tools + 1
        to.client[at] = (
            (np.uint64(row.agent + 1) << _S32) | np.uint64(row.ja4 + 1) if min(row.agent, row.ja4) >= 0 else 0
        )
        to.asn[at], to.language[at] = row.asn + 1, row.language + 1
        to.input[at], to.output[at], to.reasoning[at] = row.input, row.output, row.reasoning
        to.confidence[at], to.model[at], to.shingles[at] = row.confidence, row.model, row.shingles
        to.kind[at], to.capability[at], to.flags[at] = row.kind, row.capability, row.flags


@njit(nogil=True, cache=True)
def tally_accounts(exchanges: Any, starts: Any, tallies: Any) -> None:
    """Add to the TALLIES of each account all but its distinct values."""
    for account in range(starts.size - 1):
        first, stop = starts[account], starts[account + 1]
        if stop == first:
            continue
        tally = tallies[account]
        tally.exchanges = stop - first
        tally.first_seen, tally.last_seen = exchanges.time[first], exchanges.time[stop - 1]
        before = last = np.int64(-1)
        of_day, nothing = np.int64(0), 0
        for row in range(first, stop):
            time = exchanges.time[row]
            if row > first and time - exchanges.time[row - 1] <= PAUSE:
                tally.successions += 1
            hour = time // HOUR
            if row == first or hour != last:
                day = hour // 24
                tally.active_days += row == first or day != before
                tally.active_hours += 1
                of_day |= np.int64(1) << (hour % 24)
                last, before = hour, day
            flags = exchanges.flags[row]
            tally.single_turns += (flags & SINGLE) != 0
            tally.turns_known += (flags & (SINGLE | MANY)) != 0
            if exchanges.output[row] >= 0:
                tally.output += exchanges.output[row]
                tally.output_known += 1
            if exchanges.input[row] >= 0:
                tally.input += exchanges.input[row]
                tally.input_known += 1
            if exchanges.reasoning[row] >= 0:
                tally.reasoning += exchanges.reasoning[row]
                tally.reasoning_known += 1
            tally.refusals += (flags & REFUSED) != 0
            tally.with_address += exchanges.address[row] != 0
            # A prompt whose hash is 0 is a prompt, too, and not among the distinct values.
            if flags & PROMPT and exchanges.prompt[row] == 0:
                nothing = 1
        tally.prompts += nothing
        while of_day:
            tally.hours_of_day += of_day & 1
            of_day >>= 1


def allocate_buffers(starts: npt.NDArray[np.int64]) -> tuple[Any, Any, Any, Any]:
    """Return what values are counted in; it can be used again, by one thread at a time."""
    most = int(np.diff(starts).max(initial=0))
    slots = 1 << (2 * most).bit_length()
    return np.empty(slots, np.int32), np.empty(most, np.uint64), np.empty(most, np.int32), np.empty(most, np.int64)


@njit(nogil=True, cache=True)
def _count_values(values: Any, first: int, stop: int, buffers: Any) -> int:
    """Count the distinct values of one account's rows that are not 0, as they come; returns how many there are."""
    slots, keys, uses, first_rows = buffers
    have = last = 0
    mask = np.uint64(0)
    for row in range(first, stop):
        value = np.uint64(values[row])
        if value == 0:
            continue
        if have and keys[last] == value:
            uses[last] += 1
            continue
        index = -1
        if mask == 0:
            # Most accounts have few values: those are looked through, and only more than that are hashed.
            for at in range(have):
                if keys[at] == value:
                    index = at
                    break
            if index < 0 and have == FEW:
                size = 4 * FEW
                while size < 2 * (stop - first):
                    size *= 2
                mask = np.uint64(size - 1)
                slots[:size] = 0
                for at in range(have):
                    slot = (keys[at] * _SPREAD >> _S32) & mask
                    while slots[slot] != 0:
                        slot = (slot + _ONE) & mask
                    slots[slot] = at + 1
        if mask != 0:
            slot = (value * _SPREAD >> _S32) & mask
            while slots[slot] != 0:
                if keys[slots[slot] - 1] == value:
                    index = slots[slot] - 1
                    break
                slot = (slot + _ONE) & mask
            if index < 0:
                slots[slot] = have + 1
        if index < 0:
            index = have
            keys[index], uses[index], first_rows[index] = value, 0, row
            have += 1
        uses[index] += 1
        last = index
    return have


@njit(nogil=True, cache=True)
def count_distinct_values(values: Any, starts: Any, buffers: Any, distinct: Any) -> None:
    """Write to `distinct` how many distinct values each account has, 0 for none not being one."""
    for account in range(starts.size - 1):
        distinct[account] = _count_values(values, starts[account], starts[account + 1], buffers)


@njit(nogil=True, cache=True)
def list_value_uses(
    values: Any, flags: Any, bit: int, starts: Any, buffers: Any, account: Any, value: Any, uses: Any, distinct: Any
) -> int:
    """Write each account's distinct values that are not 0, with the number of its rows; return how many were written.

    Pairs come by account, then value.

    Args:
        values: of all rows, account by account.
        flags, bit: values are written only if their rows have the bit, where one is named.
        starts: where each account's rows begin, and the end.
        buffers: of `allocate_buffers`.
        account, value, uses: what is written to.
        distinct: gets how many each account has, whether they are written or not.
    """
    _, keys, times, first_rows = buffers
    have = 0
    for owner in range(starts.size - 1):
        count = _count_values(values, starts[owner], starts[owner + 1], buffers)
        distinct[owner] = count
        begun = have
        if count <= MOST_INSERTED:
            for at in range(count):
                if bit and not flags[first_rows[at]] & bit:
                    continue
                to = have
                while to > begun and value[to - 1] > keys[at]:
                    value[to], uses[to] = value[to - 1], uses[to - 1]
                    to -= 1
                account[have], value[to], uses[to] = owner, keys[at], times[at]
                have += 1
        else:
            order = np.argsort(keys[:count])
            for turn in range(count):
                at = order[turn]
                if bit and not flags[first_rows[at]] & bit:
                    continue
                account[have], value[have], uses[have] = owner, keys[at], times[at]
                have += 1
    return have
