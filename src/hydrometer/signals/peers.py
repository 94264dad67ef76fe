"""Members against other accounts of like volume, volume by volume.

Much of what an account shows follows from how much it sends: a busy account is seen in more hours and from fewer networks
per exchange. Peers within a factor of a few are not alike enough, so members meet only peers of their own stratum. An organisation speaks
once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.signals.organisations import one_each
from hydrometer.signals.statistics import normal_tail, rank_sum

if TYPE_CHECKING:
    from hydrometer.contract.group import Group
    from hydrometer.contract.population import Floats

STEPS = 3
"""Strata of volume per doubling."""


def against_peers(group: Group, values: Floats) -> tuple[float, float]:
    """van Elteren (1960): log10 p that the members' `values` are larger than their peers' by chance, and P(member > peer).

    Ranks within strata of volume, each weighed by its size. Unknown values (NaN) are left out. Returns (0, 0.5) with fewer
    than 4 members or 10 peers in common strata.
    """
    known = np.isfinite(values) & (group.members | group.peers)
    compared = np.nonzero(one_each(group, known))[0]
    stratum = np.floor(STEPS * np.log2(np.maximum(1.0, group.population.facts["exchanges"][compared])))
    mine_of, value = group.members[compared], values[compared]
    excess = variance = wins = meetings = 0.0
    met = peers = 0
    for at in np.unique(stratum[mine_of]):
        there = stratum == at
        mine, others = value[there & mine_of], value[there & ~mine_of]
        if others.size == 0:
            continue
        u, spread = rank_sum(mine, others)
        weight = 1.0 / (mine.size + others.size + 1)
        excess += weight * (u - mine.size * others.size / 2)
        variance += weight**2 * spread
        wins += weight * u
        meetings += weight * mine.size * others.size
        met, peers = met + mine.size, peers + others.size
    if met < 4 or peers < 10 or variance <= 0:
        return 0.0, 0.5
    return normal_tail(excess / math.sqrt(variance)), wins / meetings
