"""Which fragments of wording some accounts use, counted over their own exchanges only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from hydrometer.contract.rows import fragment_offsets

if TYPE_CHECKING:
    from hydrometer.contract.population import Bools, Ints, Population


@dataclass(frozen=True, slots=True)
class Spoken:
    """By fragment: how many exchanges of some accounts carry it, how many of those ask for training material, and how
    many of the accounts' organisations use it."""

    uses: Ints
    asked: Ints
    orgs: Ints


def spoken(population: Population, accounts: Ints) -> Spoken:
    """Count the fragments of some accounts."""
    accounts = accounts[np.argsort(population.org[accounts], kind="stable")]
    offsets, fragments = fragment_offsets(population), population.fragments
    return Spoken(
        *_spoken(
            offsets[accounts],
            offsets[accounts + 1],
            population.org[accounts],
            fragments.exchange,
            fragments.fragment,
            population.events.demand,
            fragments.orgs.size,
        )
    )


def carrying(population: Population, accounts: Ints, chosen: Bools) -> Ints:
    """How many exchanges of each account carry a chosen fragment."""
    offsets, fragments = fragment_offsets(population), population.fragments
    found: Ints = _carrying(offsets[accounts], offsets[accounts + 1], fragments.exchange, fragments.fragment, chosen)
    return found


@njit(cache=True)
def _spoken(
    starts: Ints, stops: Ints, org: Ints, exchange: Ints, fragment: Ints, demand: Bools, wide: int
) -> tuple[Ints, Ints, Ints]:
    uses, asked, orgs = np.zeros(wide, np.int64), np.zeros(wide, np.int64), np.zeros(wide, np.int64)
    last = np.full(wide, -1, np.int64)
    for at in range(starts.size):
        for row in range(starts[at], stops[at]):
            code = fragment[row]
            uses[code] += 1
            asked[code] += demand[exchange[row]]
            if last[code] != org[at]:
                last[code] = org[at]
                orgs[code] += 1
    return uses, asked, orgs


@njit(cache=True)
def _carrying(starts: Ints, stops: Ints, exchange: Ints, fragment: Ints, chosen: Bools) -> Ints:
    found = np.zeros(starts.size, np.int64)
    for at in range(starts.size):
        last = -1
        for row in range(starts[at], stops[at]):
            if chosen[fragment[row]] and exchange[row] != last:
                last = exchange[row]
                found[at] += 1
    return found
