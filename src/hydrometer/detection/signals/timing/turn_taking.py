"""Accounts that take turns instead of holding conversations.

People send several requests in a row; a queue sends each to another account. Statistic: the share of an account's
exchanges that follow its own last one within ten minutes, against accounts of like volume (rank test, van Elteren 1960):
sittings make honest accounts repeat themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.population.memo import memoize
from hydrometer.detection.signals.peer_comparison import compare_with_peers, list_peers
from hydrometer.detection.signals.signal import Signal, SignalFinding

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import Floats, Population


def test(group: AccountGroup) -> SignalFinding | None:
    """Share of each member's exchanges that follow its own last one within ten minutes, against its peers."""
    repeated = memoize(group.population, measure_succession)
    log10_p, above = compare_with_peers(group, -repeated)
    if above < 0.7:
        return None
    mine, peers = float(np.nanmedian(repeated[group.accounts])), float(np.nanmedian(repeated[list_peers(group)]))
    return SignalFinding(
        above,
        log10_p,
        f"{mine:.0%} of a member's exchanges follow its last one within ten minutes; {peers:.0%} of its peers' do.",
    )


def measure_succession(population: Population) -> Floats:
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
