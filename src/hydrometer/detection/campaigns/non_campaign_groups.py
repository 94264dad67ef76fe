"""Groups that are reported though they are no campaigns: the coordinated without a harvest, the authorised, the single.

They are tested like any other, so that a reader sees what was looked at and why it was let go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract import EntityKind

if TYPE_CHECKING:
    from hydrometer.contract import CampaignSettings
    from hydrometer.detection.population.population import Bools, EntityPairs, Ints, Population

TELLING = (
    EntityKind.PAYMENT,
    EntityKind.BIN,
    EntityKind.DEVICE,
    EntityKind.PHONE,
    EntityKind.ADDRESS,
    EntityKind.SIGNUP_NETWORK,
    EntityKind.EMAIL_DOMAIN,
)
SHARED_VALUE = " organisations share the "
"""What stands in a seed's text before the value that brought the group up."""
LEAST_SHARED = 5
HUB_SHARE = 0.02
"""A value that so many organisations show is a hub: a carrier, a VPN exit, a common card. It ties nobody."""
HUB_FLOOR = 200
SINGLE_DEMANDS = 100


def find_coordinated_groups(population: Population, settings: CampaignSettings) -> list[tuple[str, Bools]]:
    """Return groups around rare values that several organisations share, the biggest first, hardly overlapping."""
    organisations = int(np.count_nonzero(np.bincount(population.org)))
    hub = min(HUB_FLOOR, max(LEAST_SHARED, HUB_SHARE * organisations))
    ranked = []
    shown_by: dict[EntityKind, tuple[Ints, Ints]] = {}
    for kind in TELLING:
        entities = population.entities.get(kind)
        if entities is None:
            continue
        rare = (entities.orgs >= LEAST_SHARED) & (entities.orgs <= hub)
        shown_by[kind] = _sort_accounts_by_value(entities, rare)
        ranked += [(-int(entities.orgs[value]), kind, value) for value in np.nonzero(rare)[0].tolist()]
    kept: list[tuple[str, Bools]] = []
    covered = np.zeros(population.size, dtype=np.bool_)
    for orgs, kind, value in sorted(ranked):
        if len(kept) >= settings.shown_groups:
            break
        entities = population.entities[kind]
        starts, accounts = shown_by[kind]
        shown = accounts[starts[value] : starts[value + 1]]
        if np.mean(covered[shown]) > 0.5:
            continue
        covered[shown] = True
        mask = np.zeros(population.size, dtype=np.bool_)
        mask[shown] = True
        kept.append((f"{-orgs}{SHARED_VALUE}{kind.replace('_', ' ')} {entities.names[value]}", mask))
    return kept


def _sort_accounts_by_value(entities: EntityPairs, rare: Bools) -> tuple[Ints, Ints]:
    """Return where the accounts of each rare value begin, and the accounts, value by value."""
    rows = np.nonzero(rare[entities.value])[0]
    order = rows[np.argsort(entities.value[rows], kind="stable")]
    starts = np.searchsorted(entities.value[order], np.arange(rare.size + 1))
    return starts, entities.account[order]


def find_authorised_accounts(population: Population, settings: CampaignSettings) -> Bools | None:
    """Return the accounts that may train on outputs and do ask for training material."""
    asks: Bools = population.authorised & (population.facts["asking"] >= settings.least_asking)
    return asks if asks.any() else None


def find_single_customers(
    population: Population, claimed: Bools, settings: CampaignSettings
) -> list[tuple[str, Bools]]:
    """Organisations that harvest by themselves: one customer's use, which is another finding than a network."""
    demands = population.facts["demand"] * population.facts["exchanges"]
    asks = (population.facts["demand"] >= 0.5) & ~population.authorised & ~claimed
    by_org = np.bincount(population.org[asks], weights=demands[asks], minlength=len(population.orgs))
    order = np.argsort(-by_org, kind="stable")[: settings.shown_groups]
    return [
        (f"{by_org[org]:,.0f} demands of one customer", (population.org == org) & asks)
        for org in order.tolist()
        if by_org[org] >= SINGLE_DEMANDS
    ]
