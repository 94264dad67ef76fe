"""Rows of a few accounts among those of everybody, found by where an account's rows begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract.derived import keyed, once
from hydrometer.contract.population import ranges

if TYPE_CHECKING:
    from hydrometer.contract.population import Entities, Ints, Population


def rows_of(offsets: Ints, accounts: Ints) -> Ints:
    """Indices `offsets[a] … offsets[a + 1] - 1` of each account, one account after another."""
    starts = offsets[accounts]
    return ranges(starts, offsets[accounts + 1] - starts)


def entity_offsets(population: Population, entities: Entities) -> Ints:
    """Where each account's pairs of one kind begin: n + 1 places."""
    return keyed(
        population,
        ("entity offsets", entities.kind, id(entities)),
        lambda: _places(entities.account, np.arange(population.size + 1)),
    )


def by_org(population: Population) -> tuple[Ints, Ints]:
    """Accounts in the order of organisation and number, and where each organisation's begin."""
    return once(population, _by_org)


def _by_org(population: Population) -> tuple[Ints, Ints]:
    order = np.argsort(population.org, kind="stable").astype(np.int64)
    counts = np.bincount(population.org, minlength=len(population.orgs))
    return order, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _places(ordered: Ints, values: Ints) -> Ints:
    # Of one type, or NumPy would widen all that is searched.
    places: Ints = np.searchsorted(ordered, values.astype(ordered.dtype)).astype(np.int64)
    return places
