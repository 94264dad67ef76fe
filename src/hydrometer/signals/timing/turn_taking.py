"""Accounts that take turns instead of holding conversations.

People send several requests in a row; a queue sends each to another account. Statistic: the share of an account's
exchanges that follow its own last one within ten minutes, against accounts of like volume (rank test, van Elteren 1960):
sittings make honest accounts repeat themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract.derived import once
from hydrometer.signals.peers import against_peers, peers_of
from hydrometer.signals.signal import Finding, Signal

if TYPE_CHECKING:
    from hydrometer.contract.group import Group
    from hydrometer.contract.population import Floats, Population


def test(group: Group) -> Finding | None:
    """Share of each member's exchanges that follow its own last one within ten minutes, against its peers."""
    repeated = once(group.population, sittings)
    log10_p, above = against_peers(group, -repeated)
    if above < 0.7:
        return None
    mine, peers = float(np.nanmedian(repeated[group.accounts])), float(np.nanmedian(repeated[peers_of(group)]))
    return Finding(
        above,
        log10_p,
        f"{mine:.0%} of a member's exchanges follow its last one within ten minutes; {peers:.0%} of its peers' do.",
    )


def sittings(population: Population) -> Floats:
    """Per account the share of exchanges within ten minutes of the one before; NaN below 8 exchanges."""
    count = population.facts["exchanges"]
    shares: Floats = np.where(count >= 8, population.facts["successions"] / np.maximum(count - 1, 1), np.nan)
    return shares


SIGNAL = Signal(
    name="turn_taking",
    family="timing",
    axis="coordination",
    null="members sit down to work as other accounts of like volume do",
    needs=(),
    costs="queues that hand each request to another account",
    cap=5.0,
    test=test,
)
