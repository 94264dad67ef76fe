"""Which fragments of wording some accounts use, counted over their own exchanges only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from hydrometer.contract.derived import keyed, once

if TYPE_CHECKING:
    import numpy.typing as npt

    from hydrometer.contract.population import Bools, Ints, Population


BLOCK = 1 << 12
"""Accounts after which what was read of mapped arrays is given back."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """Fragments that some accounts use, ascending, and of each: how many of their exchanges carry it, and how many of their
    organisations use it."""

    fragment: Ints
    uses: Ints
    orgs: Ints

    def mask(self, chosen: Bools, wide: int) -> Bools:
        """Mask of all `wide` fragments, true for the chosen ones of these."""
        found = np.zeros(wide, dtype=np.bool_)
        found[self.fragment[chosen]] = True
        return found


def spoken(population: Population, accounts: Ints) -> Spoken:
    """Count the fragments of some accounts; asked for the same ones again, it does not count again."""
    last: list[tuple[Ints, Spoken]] = keyed(population, spoken, list)
    if not last or not np.array_equal(last[0][0], accounts):
        last[:] = [(accounts, _counted(population, accounts))]
    return last[0][1]


def _counted(population: Population, accounts: Ints) -> Spoken:
    accounts = accounts[np.argsort(population.org[accounts], kind="stable")]
    if accounts.size >= BLOCK:
        population.let_go()
    fragments = population.fragments
    fragment, uses, orgs = _spoken(
        accounts,
        population.org[accounts],
        fragments.own_starts,
        fragments.own_counts,
        fragments.own,
        fragments.uses,
        once(population, _places),
    )
    if accounts.size >= BLOCK:
        population.let_go()
    order = np.argsort(fragment)
    return Spoken(fragment[order], uses[order], orgs[order])


def _places(population: Population) -> npt.NDArray[np.int32]:
    """-1 for each fragment: where the kernel notes which it has met, and leaves as it was."""
    return np.full(population.fragments.orgs.size, -1, dtype=np.int32)


def asked(population: Population, accounts: Ints) -> Ints:
    """How many exchanges of some accounts carry each fragment and ask for training material."""
    events, fragments = population.events, population.fragments
    found = np.zeros(fragments.orgs.size, dtype=np.int64)
    _asked(
        accounts,
        events.starts,
        events.counts,
        events.demand,
        fragments.starts,
        fragments.lengths,
        fragments.carried,
        found,
    )
    population.let_go()
    return found


def carrying(population: Population, accounts: Ints, chosen: Bools) -> Ints:
    """How many exchanges of each account carry a chosen fragment (a mask)."""
    events, fragments = population.events, population.fragments
    # In the order in which they lie, so that what is mapped from disk is read from one end to the other.
    order = np.argsort(fragments.own_starts[accounts], kind="stable")
    found = np.zeros(accounts.size, dtype=np.int64)
    for at in range(0, order.size, BLOCK):
        some = order[at : at + BLOCK]
        found[some] = _carrying(
            accounts[some],
            fragments.own_starts,
            fragments.own_counts,
            fragments.own,
            events.starts,
            events.counts,
            fragments.starts,
            fragments.lengths,
            fragments.carried,
            chosen,
        )
        if some.size == BLOCK:
            population.let_go()
    return found


@njit(cache=True)
def _spoken(
    accounts: Any,
    org: Any,
    own_starts: Any,
    own_counts: Any,
    own: Any,
    own_uses: Any,
    places: Any,
) -> Any:
    """Count `uses` and `orgs` of each fragment of some accounts, which come in the order of organisations."""
    room, met = 1024, 0
    code, last = np.empty(room, np.int64), np.empty(room, np.int64)
    tally = np.zeros((room, 2), np.int64)
    for at in range(accounts.size):
        account = accounts[at]
        for row in range(own_starts[account], own_starts[account] + own_counts[account]):
            place = places[own[row]]
            if place < 0:
                if met == room:
                    code, last = np.append(code, np.empty(room, np.int64)), np.append(last, np.empty(room, np.int64))
                    tally = np.append(tally, np.zeros((room, 2), np.int64), axis=0)
                    room *= 2
                place = met
                places[own[row]] = met
                code[met], last[met] = own[row], -1
                met += 1
            tally[place, 0] += own_uses[row]
            if last[place] != org[at]:
                last[place] = org[at]
                tally[place, 1] += 1
    for place in range(met):
        places[code[place]] = -1
    return code[:met], tally[:met, 0], tally[:met, 1]


@njit(cache=True)
def _asked(
    accounts: Any, starts: Any, counts: Any, demand: Any, carried_starts: Any, lengths: Any, carried: Any, found: Any
) -> None:
    for account in accounts:
        row = carried_starts[account]
        for event in range(starts[account], starts[account] + counts[account]):
            stop = row + lengths[event]
            if demand[event]:
                for carries in range(row, stop):
                    found[carried[carries]] += 1
            row = stop


@njit(cache=True)
def _carrying(
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
    found = np.zeros(accounts.size, np.int64)
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
                    found[at] += 1
                    break
            row += lengths[event]
    return found
