"""Members against other accounts of like volume, volume by volume.

Much of what an account shows follows from how much it sends: a busy account is seen in more hours and from fewer networks
per exchange. Peers within a factor of a few are not alike enough, so members meet only peers of their own stratum. An organisation speaks
once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.population.account_group import ENOUGH_PEERS, LIKE_USE
from hydrometer.detection.population.measurement_kernels import compute_rank_sums
from hydrometer.detection.population.memo import memoize
from hydrometer.detection.population.org_panel import list_other_accounts, select_one_per_org
from hydrometer.detection.signals.tail_probabilities import normal_tail

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import Floats, Ints

STEPS = 3
"""Strata of volume per doubling."""


def list_peers(group: AccountGroup) -> Ints:
    """Return the accounts of the panel that are `AccountGroup.peers`, in the order of organisation and number."""
    return memoize(group, _select_peers)


def list_accounts_of_like_volume(group: AccountGroup) -> Ints:
    """Return the other accounts of the panel that send about as much as the members, in the order of organisation and number."""
    others, volume = list_other_accounts(group), group.population.facts["exchanges"]
    low, high = np.quantile(volume[group.accounts], (0.1, 0.9))
    busy: Ints = others[(volume[others] >= low / 2) & (volume[others] <= high * 2)]
    if busy.size >= ENOUGH_PEERS:
        return busy
    settled: Ints = others[volume[others] >= 3]
    return settled


def _select_peers(group: AccountGroup) -> Ints:
    busy, single = list_accounts_of_like_volume(group), group.population.facts["single_turn"]
    mine = single[group.accounts]
    finite = np.isfinite(mine)
    if finite.any():
        # A comparison with an unknown share of single turns is false.
        alike: Ints = busy[np.abs(single[busy] - float(np.median(mine[finite]))) <= LIKE_USE]
        if alike.size >= ENOUGH_PEERS:
            return alike
    return busy


def compare_with_peers(group: AccountGroup, values: Floats) -> tuple[float, float]:
    """van Elteren (1960): log10 p that the members' `values` are larger than their peers' by chance, and P(member > peer).

    Ranks within strata of volume, each weighed by its size. Unknown values (NaN) are left out. Returns (0, 0.5) with fewer
    than 4 members or 10 peers in common strata.
    """
    mine, others = select_one_per_org(group, values, list_peers(group))
    compared = np.concatenate([mine, others])
    stratum = np.floor(STEPS * np.log2(np.maximum(1.0, group.population.facts["exchanges"][compared]))).astype(np.int64)
    order = np.lexsort((values[compared], stratum))
    members, peers, u, spread = compute_rank_sums(stratum[order], values[compared][order], order < mine.size)
    both = (members > 0) & (peers > 0)
    members, peers, u, spread = members[both], peers[both], u[both], spread[both]
    weight = 1.0 / (members + peers + 1)
    variance = float(np.sum(weight**2 * spread))
    if members.sum() < 4 or peers.sum() < 10 or variance <= 0:
        return 0.0, 0.5
    excess = float(np.sum(weight * (u - members * peers / 2)))
    return normal_tail(excess / math.sqrt(variance)), float(np.sum(weight * u) / np.sum(weight * members * peers))
