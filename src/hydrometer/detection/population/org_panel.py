"""One account of each organisation: what accounts of one customer have in common is one fact, not many.

Where there are very many organisations, a group is compared with a panel of them, drawn once for the whole population:
what so many do is as certain as any test needs, and the cost of a test no longer follows the population.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.population.memo import memoize

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import Bools, Floats, Ints, Population

PANEL = 16_384
"""Organisations of the panel; everybody where there are no more."""
SEED = 20_811
"""Of the draw, so that a population always has the same panel."""


def count_all_orgs(population: Population) -> int:
    """Return the number of organisations with accounts."""
    return memoize(population, _count_all_orgs)


def _count_all_orgs(population: Population) -> int:
    counted = population.org if population.excluded is None else population.org[~population.excluded]
    return int(np.count_nonzero(np.bincount(counted, minlength=1)))


def list_panel_accounts(population: Population) -> Ints:
    """Return the accounts of the panel's organisations, in the order of organisation and number."""
    return memoize(population, _draw_panel)


def _draw_panel(population: Population) -> Ints:
    orgs = len(population.orgs)
    drawn = np.ones(orgs, dtype=np.bool_)
    if orgs > PANEL:
        drawn[:] = False
        drawn[np.random.default_rng(SEED).choice(orgs, PANEL, replace=False)] = True
    counted = drawn[population.org] if population.excluded is None else drawn[population.org] & ~population.excluded
    accounts = np.nonzero(counted)[0].astype(np.int64)
    ordered: Ints = accounts[np.argsort(population.org[accounts], kind="stable")]
    return ordered


def mask_group_orgs(group: AccountGroup) -> Bools:
    """Return a mask of the organisations that have members."""
    return memoize(group, _mask_group_orgs)


def _mask_group_orgs(group: AccountGroup) -> Bools:
    return mask_orgs(group.population, group.accounts)


def mask_orgs(population: Population, accounts: Ints) -> Bools:
    """Return a mask of the organisations of some accounts."""
    mask = np.zeros(len(population.orgs), dtype=np.bool_)
    mask[population.org[accounts]] = True
    return mask


def list_counted_accounts(population: Population) -> Ints:
    """Return the accounts that count as everybody."""
    if population.excluded is None:
        return np.arange(population.size)
    return np.nonzero(~population.excluded)[0].astype(np.int64)


def list_other_accounts(group: AccountGroup) -> Ints:
    """Return the accounts of the panel's organisations that have no members, in the order of organisation and number."""
    return memoize(group, _select_other_accounts)


def _select_other_accounts(group: AccountGroup) -> Ints:
    accounts = list_panel_accounts(group.population)
    others: Ints = accounts[~mask_group_orgs(group)[group.population.org[accounts]]]
    return others


def select_first_accounts(population: Population, accounts: Ints) -> Ints:
    """Return the first account of each organisation among `accounts`, which are in the order of organisation and number."""
    org = population.org[accounts]
    first = np.ones(accounts.size, dtype=np.bool_)
    first[1:] = org[1:] != org[:-1]
    chosen: Ints = accounts[first]
    return chosen


def select_one_per_org(group: AccountGroup, value: Floats, others: Ints | None = None) -> tuple[Ints, Ints]:
    """Return the first account of each organisation whose `value` is no NaN: among the members, and among others.

    Args:
        value: of every account.
        others: accounts to compare with, in the order of organisation and number; those of `list_other_accounts` when None.
    """
    population = group.population
    others = list_other_accounts(group) if others is None else others
    mine = group.accounts[np.argsort(population.org[group.accounts], kind="stable")]
    return (
        select_first_accounts(population, mine[np.isfinite(value[mine])]),
        select_first_accounts(population, others[np.isfinite(value[others])]),
    )
