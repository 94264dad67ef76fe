"""Which fragments of wording some accounts use, counted over their own exchanges only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from hydrometer.contract.derived import keyed, once
from hydrometer.contract.rows import fragment_offsets

if TYPE_CHECKING:
    import numpy.typing as npt

    from hydrometer.contract.population import Bools, Ints, Population


@dataclass(frozen=True, slots=True)
class Spoken:
    """Fragments that some accounts use, ascending, and of each: how many of their exchanges carry it, how many of those
    ask for training material, and how many of their organisations use it."""

    fragment: Ints
    uses: Ints
    asked: Ints
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
    offsets, fragments = fragment_offsets(population), population.fragments
    fragment, uses, asked, orgs = _spoken(
        offsets[accounts],
        offsets[accounts + 1],
        population.org[accounts],
        fragments.exchange,
        fragments.fragment,
        population.events.demand,
        once(population, _places),
    )
    order = np.argsort(fragment)
    return Spoken(fragment[order], uses[order], asked[order], orgs[order])


def _places(population: Population) -> npt.NDArray[np.int32]:
    """-1 for each fragment: where the kernel notes which it has met, and leaves as it was."""
    return np.full(population.fragments.orgs.size, -1, dtype=np.int32)


def carrying(population: Population, accounts: Ints, chosen: Bools) -> Ints:
    """How many exchanges of each account carry a chosen fragment."""
    offsets, fragments = fragment_offsets(population), population.fragments
    found: Ints = _carrying(offsets[accounts], offsets[accounts + 1], fragments.exchange, fragments.fragment, chosen)
    return found


@njit(cache=True)
def _spoken(
    starts: Ints, stops: Ints, org: Ints, exchange: Ints, fragment: Ints, demand: Bools, places: npt.NDArray[np.int32]
) -> tuple[Ints, Ints, Ints, Ints]:
    room, met = 1024, 0
    code, last = np.empty(room, np.int64), np.empty(room, np.int64)
    counts = np.zeros((room, 3), np.int64)
    for at in range(starts.size):
        for row in range(starts[at], stops[at]):
            place = places[fragment[row]]
            if place < 0:
                if met == room:
                    code, last = np.append(code, np.empty(room, np.int64)), np.append(last, np.empty(room, np.int64))
                    counts = np.append(counts, np.zeros((room, 3), np.int64), axis=0)
                    room *= 2
                place = met
                places[fragment[row]] = met
                code[met], last[met] = fragment[row], -1
                met += 1
            counts[place, 0] += 1
            counts[place, 1] += demand[exchange[row]]
            if last[place] != org[at]:
                last[place] = org[at]
                counts[place, 2] += 1
    for place in range(met):
        places[code[place]] = -1
    return code[:met], counts[:met, 0], counts[:met, 1], counts[:met, 2]


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
