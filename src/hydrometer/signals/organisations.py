"""One account of each organisation: what accounts of one customer have in common is one fact, not many.

Where there are very many organisations, a group is compared with a panel of them, drawn once for the whole population:
what so many do is known as well as any test needs, and the cost of a test no longer follows the population.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract.derived import once

if TYPE_CHECKING:
    from hydrometer.contract.group import Group
    from hydrometer.contract.population import Bools, Floats, Ints, Population

PANEL = 16_384
"""Organisations of the panel; everybody where there are no more."""
SEED = 20_811
"""Of the draw, so that a population always has the same panel."""


def organisations(population: Population) -> int:
    """Number of organisations with accounts."""
    return once(population, _organisations)


def _organisations(population: Population) -> int:
    return int(np.count_nonzero(np.bincount(population.org)))


def panel(population: Population) -> Ints:
    """Accounts of the panel's organisations, in the order of organisation and number."""
    return once(population, _panel)


def _panel(population: Population) -> Ints:
    orgs = len(population.orgs)
    drawn = np.ones(orgs, dtype=np.bool_)
    if orgs > PANEL:
        drawn[:] = False
        drawn[np.random.default_rng(SEED).choice(orgs, PANEL, replace=False)] = True
    accounts = np.nonzero(drawn[population.org])[0].astype(np.int64)
    ordered: Ints = accounts[np.argsort(population.org[accounts], kind="stable")]
    return ordered


def of_group(group: Group) -> Bools:
    """Mask of the organisations that have members."""
    return once(group, _of_group)


def _of_group(group: Group) -> Bools:
    return marked(group.population, group.accounts)


def marked(population: Population, accounts: Ints) -> Bools:
    """Mask of the organisations of some accounts."""
    found = np.zeros(len(population.orgs), dtype=np.bool_)
    found[population.org[accounts]] = True
    return found


def others_of(group: Group) -> Ints:
    """Accounts of the panel's organisations that have no members, in the order of organisation and number."""
    return once(group, _others_of)


def _others_of(group: Group) -> Ints:
    accounts = panel(group.population)
    others: Ints = accounts[~of_group(group)[group.population.org[accounts]]]
    return others


def firsts(population: Population, accounts: Ints) -> Ints:
    """The first account of each organisation among `accounts`, which are in the order of organisation and number."""
    org = population.org[accounts]
    first = np.ones(accounts.size, dtype=np.bool_)
    first[1:] = org[1:] != org[:-1]
    chosen: Ints = accounts[first]
    return chosen


def one_each(group: Group, value: Floats, others: Ints | None = None) -> tuple[Ints, Ints]:
    """The first account of each organisation whose `value` is known (no NaN): among the members, and among others.

    Args:
        value: of every account.
        others: accounts to compare with, in the order of organisation and number; those of `others_of` when None.
    """
    population = group.population
    others = others_of(group) if others is None else others
    mine = group.accounts[np.argsort(population.org[group.accounts], kind="stable")]
    return (
        firsts(population, mine[np.isfinite(value[mine])]),
        firsts(population, others[np.isfinite(value[others])]),
    )
