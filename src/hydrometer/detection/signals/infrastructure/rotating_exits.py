"""Exits rotated over accounts: each account comes from many networks, and meets others there.

A person is seen at home, at work and on the way; a rotating pool of exits shows an account in ever new networks of ever new providers.
Statistic: members seen in `MANY` autonomous systems and more (networks, where systems are not logged), against others of like
volume. Null: as many of them are (hypergeometric). Keys that a team shares and relays are seen so too, one by one; carriers and
virtual private networks change addresses within one system.

Honest who show it: keys that a team shares, relays, travellers, a private network that spans providers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract import EntityKind
from hydrometer.detection.population.csr import index_entities
from hydrometer.detection.population.memo import memoize
from hydrometer.detection.signals.member_shares import compare_shares
from hydrometer.detection.signals.signal import Signal, SignalFinding

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


def test(group: AccountGroup) -> SignalFinding | None:
    """Members that rotate, against others of like volume."""
    population = group.population
    counts = memoize(population, count_systems)
    compared = compare_shares(group, memoize(population, mask_rotating_accounts), counts)
    if compared is None:
        return None
    middle = float(np.nanmedian(counts[group.accounts]))
    unit = "autonomous systems" if _has_systems(population) else "networks"
    return SignalFinding(
        compared.share,
        compared.log10_p,
        f"{compared.inside} of {compared.members} members come from ever new networks ({middle:.0f} {unit} an account, median); "
        f"{compared.outside / compared.peers:.0%} of {compared.peers:,} others of like volume do.",
        cover=compared.share,
    )


def _has_systems(population: Population) -> bool:
    systems = population.entities.get(EntityKind.ASN)
    return systems is not None and systems.account.size > 0


def count_systems(population: Population) -> Floats:
    """Return the autonomous systems (or networks) that each account was seen in; NaN below 4 exchanges with an address."""
    if _has_systems(population):
        counts = np.diff(index_entities(population, population.entities[EntityKind.ASN])).astype(np.float64)
    else:
        counts = population.facts["networks"]
    measured: Floats = np.where(population.facts["with_address"] >= FEWEST, counts, np.nan)
    return measured


def mask_rotating_accounts(population: Population) -> Bools:
    """Return the accounts that come from more places than a person does."""
    mask: Bools = memoize(population, count_systems) >= (MANY if _has_systems(population) else MANY_NETWORKS)
    return mask


def mask_operated_accounts(group: AccountGroup) -> Bools:
    """Return the accounts that come from more places than most people do: fewer than a group's typical member, if it sends less."""
    population = group.population
    mask: Bools = memoize(population, count_systems) >= (SOME if _has_systems(population) else MANY_NETWORKS // 2)
    return mask


def describe_member(group: AccountGroup, account: int) -> str:
    """Return from how many places an account comes."""
    population = group.population
    unit = "autonomous systems" if _has_systems(population) else "networks"
    return (
        f"comes from {memoize(population, count_systems)[account]:.0f} {unit} in its "
        f"{int(population.facts['with_address'][account]):,} requests"
    )


SIGNAL = Signal(
    name="rotating_exits",
    family="infrastructure",
    axis="coordination",
    null="members come from as many networks as others of like volume",
    needs=("exchanges.client_ip",),
    costs="rotating residential proxies",
    cap=9.0,
    kind="operation",
    cause="one pool of exits",
    test=test,
    shown=mask_operated_accounts,
    describe_member=describe_member,
)
