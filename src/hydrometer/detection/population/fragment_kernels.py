"""The inner loops of counting which fragments some accounts use."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True)
def tally_fragments(
    accounts: Any,
    org: Any,
    own_starts: Any,
    own_counts: Any,
    own: Any,
    own_uses: Any,
    slots: Any,
) -> Any:
    """Count `uses` and `orgs` of each fragment of some accounts, which come in the order of organisations."""
    room, size = 1024, 0
    code, last = np.empty(room, np.int64), np.empty(room, np.int64)
    tally = np.zeros((room, 2), np.int64)
    for at in range(accounts.size):
        account = accounts[at]
        for row in range(own_starts[account], own_starts[account] + own_counts[account]):
            slot = slots[own[row]]
            if slot < 0:
                if size == room:
                    code, last = np.append(code, np.empty(room, np.int64)), np.append(last, np.empty(room, np.int64))
                    tally = np.append(tally, np.zeros((room, 2), np.int64), axis=0)
                    room *= 2
                slot = size
                slots[own[row]] = size
                code[size], last[size] = own[row], -1
                size += 1
            tally[slot, 0] += own_uses[row]
            if last[slot] != org[at]:
                last[slot] = org[at]
                tally[slot, 1] += 1
    for slot in range(size):
        slots[code[slot]] = -1
    return code[:size], tally[:size, 0], tally[:size, 1]


@njit(cache=True)
def tally_elicitation(
    accounts: Any, starts: Any, counts: Any, demand: Any, carried_starts: Any, lengths: Any, carried: Any, totals: Any
) -> None:
    """Add to `totals` how many exchanges of the accounts that ask for training material carry each fragment."""
    for account in accounts:
        row = carried_starts[account]
        for event in range(starts[account], starts[account] + counts[account]):
            stop = row + lengths[event]
            if demand[event]:
                for carries in range(row, stop):
                    totals[carried[carries]] += 1
            row = stop


@njit(cache=True)
def tally_carrying(
    accounts: Any,
    own_starts: Any,
    own_counts: Any,
    own: Any,
    starts: Any,
    counts: Any,
    carried_starts: Any,
    lengths: Any,
    carried: Any,
    chosen: Any,
) -> Any:
    """Return how many exchanges of each account carry a chosen fragment."""
    totals = np.zeros(accounts.size, np.int64)
    for at in range(accounts.size):
        account = accounts[at]
        any_chosen = False
        for row in range(own_starts[account], own_starts[account] + own_counts[account]):
            if chosen[own[row]]:
                any_chosen = True
                break
        if not any_chosen:
            continue
        row = carried_starts[account]
        for event in range(starts[account], starts[account] + counts[account]):
            for carries in range(row, row + lengths[event]):
                if chosen[carried[carries]]:
                    totals[at] += 1
                    break
            row += lengths[event]
    return totals
