"""Rows of a few accounts among those of everybody, by compressed offsets: where each account's rows begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.population.memo import memoize, memoize_by_key
from hydrometer.detection.population.population import concatenate_ranges

if TYPE_CHECKING:
    from hydrometer.detection.population.population import EntityPairs, Ints, Population


def expand_rows(offsets: Ints, accounts: Ints) -> Ints:
    """Return the indices `offsets[a] … offsets[a + 1] - 1` of each account, one account after another."""
    starts = offsets[accounts]
    return concatenate_ranges(starts, offsets[accounts + 1] - starts)


def index_entities(population: Population, entities: EntityPairs) -> Ints:
    """Return where each account's pairs of one kind begin, and the end: n + 1 indices."""
    return memoize_by_key(
        population,
        ("entity offsets", entities.kind, id(entities)),
        lambda: _search_offsets(entities.account, np.arange(population.size + 1)),
    )


def group_by_org(population: Population) -> tuple[Ints, Ints]:
    """Return accounts in the order of organisation and number, and where each organisation's begin."""
    return memoize(population, _sort_by_org)


def _sort_by_org(population: Population) -> tuple[Ints, Ints]:
    order = np.argsort(population.org, kind="stable").astype(np.int64)
    counts = np.bincount(population.org, minlength=len(population.orgs))
    return order, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _search_offsets(ordered: Ints, values: Ints) -> Ints:
    # Of one type, or NumPy would widen all that is searched.
    offsets: Ints = np.searchsorted(ordered, values.astype(ordered.dtype)).astype(np.int64)
    return offsets
