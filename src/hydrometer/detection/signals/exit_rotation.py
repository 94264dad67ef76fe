"""From how many places each account comes, and which come from more than a person does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract import EntityKind
from hydrometer.detection.population.csr import index_entities
from hydrometer.detection.population.memo import memoize

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import Bools, Floats, Population

MANY = 4
"""Autonomous systems from which an account comes from more places than a person does."""
MANY_NETWORKS = 8
"""The same of networks, where systems are not logged: a carrier has many."""
SOME = 3
"""The same of a single account of a group that rotates: home, work and the way between are within it for few."""
FEWEST = 4
"""Exchanges with an address below which an account cannot show it."""


def has_systems(population: Population) -> bool:
    """Return whether autonomous systems are known."""
    systems = population.entities.get(EntityKind.ASN)
    return systems is not None and systems.account.size > 0


def count_systems(population: Population) -> Floats:
    """Return the autonomous systems (or networks) that each account was seen in; NaN below 4 exchanges with an address."""
    if has_systems(population):
        counts = np.diff(index_entities(population, population.entities[EntityKind.ASN])).astype(np.float64)
    else:
        counts = population.facts["networks"]
    measured: Floats = np.where(population.facts["with_address"] >= FEWEST, counts, np.nan)
    return measured


def name_unit(population: Population) -> str:
    """Return what `count_systems` counts."""
    return "autonomous systems" if has_systems(population) else "networks"


def mask_rotating_accounts(population: Population) -> Bools:
    """Return the accounts that come from more places than a person does."""
    mask: Bools = memoize(population, count_systems) >= (MANY if has_systems(population) else MANY_NETWORKS)
    return mask


def mask_operated_accounts(group: AccountGroup) -> Bools:
    """Return the accounts that come from more places than most people do: fewer than a group's typical member, if it sends less."""
    population = group.population
    mask: Bools = memoize(population, count_systems) >= (SOME if has_systems(population) else MANY_NETWORKS // 2)
    return mask


def describe_member(group: AccountGroup, account: int) -> str:
    """Return from how many places an account comes."""
    population = group.population
    return (
        f"comes from {memoize(population, count_systems)[account]:.0f} {name_unit(population)} in its "
        f"{int(population.facts['with_address'][account]):,} requests"
    )
