"""One partition of the ledger, sorted, and what its accounts show: kernels over rows in order."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from hydrometer.detection.population.account_store.row_encoder import FLAGGED, MANY, PROMPT, REFUSED, SINGLE

FACTS = (
    "exchanges", "first_seen", "last_seen", "active_days", "active_hours", "hours_of_day", "single_turn", "turns_known",
    "output", "output_known", "input", "input_known", "reasoning", "reasoning_known", "refused", "demand", "addresses",
    "networks", "user_agents", "end_users", "languages", "prompts", "sessions", "with_address", "successions",
)  # fmt: skip
"""Integers by account; averages are kept as sums and counts."""
HOUR, PAUSE = 3_600_000_000, 600_000_000
FEW, MOST_INSERTED = 8, 24
_SPREAD, _S32, _ONE = np.uint64(0x9E3779B97F4A7C15), np.uint64(32), np.uint64(1)


@njit(nogil=True, cache=True)
def _comes_before(rows: Any, a: int, b: int) -> bool:
    """Whether row a comes before row b of one account."""
    if rows[a].time != rows[b].time:
        return bool(rows[a].time < rows[b].time)
    return bool(rows[a].id < rows[b].id)


@njit(nogil=True, cache=True)
def sort_rows(rows: Any, account_of: Any, accounts: int) -> Any:
    """Rows by account, then time, then id.

    Args:
        place: each row's account among the `accounts` of this partition, in the order wanted.

    Returns:
        (order of the rows, where each account begins).
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


_KINDS = "iiiuuuuuuuuuuiiifiuiiu"
_WIDTHS = (8,) * 13 + (4,) * 5 + (2, 1, 1, 1)


def arrange_rows(rows: npt.NDArray[Any], order: npt.NDArray[np.int64]) -> SortedExchanges:
    """The rows in an order."""
    lines = SortedExchanges(
        *(np.empty(order.size, f"{kind}{width}") for kind, width in zip(_KINDS, _WIDTHS, strict=True))
    )
    _copy_rows(rows, order, lines)
    return lines


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
def add_account_facts(lines: Any, starts: Any, facts: Any) -> None:
    """Add to `facts` [accounts, len(FACTS)] all but what counts distinct values."""
    for account in range(starts.size - 1):
        first, stop = starts[account], starts[account + 1]
        fact = facts[account]
        fact[0] = stop - first
        if stop == first:
            continue
        fact[1], fact[2] = lines.time[first], lines.time[stop - 1]
        before = last = np.int64(-1)
        of_day, nothing = np.int64(0), 0
        for row in range(first, stop):
            time = lines.time[row]
            if row > first and time - lines.time[row - 1] <= PAUSE:
                fact[24] += 1
            hour = time // HOUR
            if row == first or hour != last:
                day = hour // 24
                fact[3] += row == first or day != before
                fact[4] += 1
                of_day |= np.int64(1) << (hour % 24)
                last, before = hour, day
            flags = lines.flags[row]
            fact[6] += (flags & SINGLE) != 0
            fact[7] += (flags & (SINGLE | MANY)) != 0
            if lines.output[row] >= 0:
                fact[8] += lines.output[row]
                fact[9] += 1
            if lines.input[row] >= 0:
                fact[10] += lines.input[row]
                fact[11] += 1
            if lines.reasoning[row] >= 0:
                fact[12] += lines.reasoning[row]
                fact[13] += 1
            fact[14] += (flags & REFUSED) != 0
            fact[15] += (flags & FLAGGED) != 0
            fact[23] += lines.address[row] != 0
            # A prompt whose hash is 0 is a prompt, too, and not among the distinct values.
            if flags & PROMPT and lines.prompt[row] == 0:
                nothing = 1
        fact[21] += nothing
        while of_day:
            fact[5] += of_day & 1
            of_day >>= 1


def allocate_buffers(starts: npt.NDArray[np.int64]) -> tuple[Any, Any, Any, Any]:
    """What `value_uses` needs to count the values of accounts; it can be used again, by one thread at a time."""
    most = int(np.diff(starts).max(initial=0))
    slots = 1 << (2 * most).bit_length()
    return np.empty(slots, np.int32), np.empty(most, np.uint64), np.empty(most, np.int32), np.empty(most, np.int64)


@njit(nogil=True, cache=True)
def _count_values(values: Any, first: int, stop: int, room: Any) -> int:
    """Count the distinct values of one account's rows that are not 0, as they come; returns how many there are."""
    slots, keys, uses, first_rows = room
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
def count_distinct_values(values: Any, starts: Any, room: Any, distinct: Any) -> None:
    """How many distinct values each account has, 0 for none not being one."""
    for account in range(starts.size - 1):
        distinct[account] = _count_values(values, starts[account], starts[account + 1], room)


@njit(nogil=True, cache=True)
def list_value_uses(
    values: Any, flags: Any, bit: int, starts: Any, room: Any, account: Any, value: Any, uses: Any, distinct: Any
) -> int:
    """Distinct (account, value) pairs of values in the order of rows, 0 for none, with the number of rows of each.

    Args:
        flags, bit: pairs are written only of values whose rows have the bit, if one is named.
        room: of `room_for`.
        distinct: gets how many each account has, whether they are written or not.

    Returns:
        How many were written; pairs come by account, then value.
    """
    _, keys, times, first_rows = room
    have = 0
    for owner in range(starts.size - 1):
        count = _count_values(values, starts[owner], starts[owner + 1], room)
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
