"""A population without some accounts, as the null that others are compared with.

One operator's accounts stand in the null of the next: whoever has been convicted is taken out of every count of everybody.
Accounts keep their numbers. Of an organisation that has other accounts too nobody is taken out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.population.fragment_counts import count_fragments

if TYPE_CHECKING:
    from hydrometer.detection.population.population import Bools, EntityPairs, FragmentIndex, Ints, Population


def peel_accounts(population: Population, excluded: Bools) -> Population:
    """Return the population without the accounts `excluded` (a mask of all), whose exchanges and facts stay readable."""
    orgs = len(population.orgs)
    remaining = np.bincount(population.org[~excluded], minlength=orgs) > 0
    gone = ~remaining[population.org]
    if not gone.any():
        return population
    return replace(
        population,
        entities={kind: _peel_entities(population, pairs, gone) for kind, pairs in population.entities.items()},
        fragments=_peel_fragments(population, np.nonzero(gone)[0].astype(np.int64)),
        excluded=gone,
        memo={},
    )


def _peel_entities(population: Population, pairs: EntityPairs, gone: Bools) -> EntityPairs:
    out = gone[pairs.account]
    if not out.any():
        return pairs
    shown = np.unique(population.org[pairs.account[out]] * max(1, pairs.orgs.size) + pairs.value[out])
    fewer: Ints = np.bincount(shown % max(1, pairs.orgs.size), minlength=pairs.orgs.size)
    kept = ~out
    return replace(
        pairs, account=pairs.account[kept], value=pairs.value[kept], uses=pairs.uses[kept], orgs=pairs.orgs - fewer
    )


def _peel_fragments(population: Population, gone: Ints) -> FragmentIndex:
    fragments = population.fragments
    counts = count_fragments(population, gone)
    orgs, exchanges = np.array(fragments.orgs), np.array(fragments.exchanges)
    orgs[counts.fragment] -= counts.orgs
    exchanges[counts.fragment] -= counts.uses
    return replace(fragments, orgs=orgs, exchanges=exchanges)
