"""Which fragments some accounts use, counted over their own exchanges only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.population.fragment_kernels import tally_carrying, tally_elicitation, tally_fragments
from hydrometer.detection.population.memo import memoize, memoize_by_key

if TYPE_CHECKING:
    import numpy.typing as npt

    from hydrometer.detection.population.population import Bools, Ints, Population


BLOCK = 1 << 12
"""Accounts after which what was read of mapped arrays is given back."""


@dataclass(frozen=True, slots=True)
class FragmentCounts:
    """Fragments that some accounts use.

    Attributes:
        fragment: the fragments, ascending.
        uses: how many of the accounts' exchanges carry each.
        orgs: how many of their organisations use each.
    """

    fragment: Ints
    uses: Ints
    orgs: Ints

    def mask(self, chosen: Bools, wide: int) -> Bools:
        """Return a mask of all `wide` fragments, true for the chosen ones of these."""
        mask = np.zeros(wide, dtype=np.bool_)
        mask[self.fragment[chosen]] = True
        return mask


def count_fragments(population: Population, accounts: Ints) -> FragmentCounts:
    """Count the fragments of some accounts, once for the same accounts in a row."""
    last: list[tuple[Ints, FragmentCounts]] = memoize_by_key(population, count_fragments, list)
    if not last or not np.array_equal(last[0][0], accounts):
        last[:] = [(accounts, _count_own_fragments(population, accounts))]
    return last[0][1]


def _count_own_fragments(population: Population, accounts: Ints) -> FragmentCounts:
    accounts = accounts[np.argsort(population.org[accounts], kind="stable")]
    if accounts.size >= BLOCK:
        population.release_pages()
    fragments = population.fragments
    fragment, uses, orgs = tally_fragments(
        accounts,
        population.org[accounts],
        fragments.own_starts,
        fragments.own_counts,
        fragments.own,
        fragments.uses,
        memoize(population, _make_slots),
    )
    if accounts.size >= BLOCK:
        population.release_pages()
    order = np.argsort(fragment)
    return FragmentCounts(fragment[order], uses[order], orgs[order])


def _make_slots(population: Population) -> npt.NDArray[np.int32]:
    """Return -1 for each fragment: where the kernel notes the slots of fragments, and leaves all as it was."""
    return np.full(population.fragments.orgs.size, -1, dtype=np.int32)


def count_elicitation_uses(population: Population, accounts: Ints) -> Ints:
    """Count the exchanges of some accounts that carry each fragment and ask for training material."""
    events, fragments = population.events, population.fragments
    counts = np.zeros(fragments.orgs.size, dtype=np.int64)
    tally_elicitation(
        accounts,
        events.starts,
        events.counts,
        events.demand,
        fragments.starts,
        fragments.lengths,
        fragments.carried,
        counts,
    )
    population.release_pages()
    return counts


def count_carrying_exchanges(population: Population, accounts: Ints, chosen: Bools) -> Ints:
    """Count the exchanges of each account that carry a chosen fragment (a mask)."""
    events, fragments = population.events, population.fragments
    # In the order in which they lie, so that what is mapped from disk is read from one end to the other.
    order = np.argsort(fragments.own_starts[accounts], kind="stable")
    counts = np.zeros(accounts.size, dtype=np.int64)
    for at in range(0, order.size, BLOCK):
        some = order[at : at + BLOCK]
        counts[some] = tally_carrying(
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
            population.release_pages()
    return counts
