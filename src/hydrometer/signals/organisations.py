"""One account of each organisation: what accounts of one customer have in common is one fact, not many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from hydrometer.contract.group import Group
    from hydrometer.contract.population import Bools


def one_each(group: Group, known: Bools) -> Bools:
    """Mask of one account of each organisation, the first by number of those `known`.

    Of an organisation with members it is a member, or none where no member is known.
    """
    population = group.population
    first = np.full(len(population.orgs), -1, dtype=np.int64)
    # Backwards, so that the first of an organisation is written last.
    everybody = np.nonzero(known)[0][::-1]
    first[population.org[everybody]] = everybody
    first[group.orgs] = -1
    mine = np.nonzero(known & group.members)[0][::-1]
    first[population.org[mine]] = mine
    chosen = np.zeros(population.size, dtype=np.bool_)
    chosen[first[first >= 0]] = True
    return chosen
