"""Accounts that never sleep.

Per account with enough exchanges, the share of the day's hours in which it was ever seen, against accounts of like
volume (rank test, van Elteren 1960). Monitors and products do not sleep either, so it never weighs much (CISA AA26-251A names
the indicator; threat literature names its benign look-alikes).

Honest who show it: monitors, nightly jobs, products with end users round the world.
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
    """Hours of the day in use, of the members against their peers."""
    log10_p, above = compare_with_peers(group, memoize(group.population, measure_active_hours))
    if above < 0.7:
        return None
    hours = group.population.facts["hours_of_day"]
    middle, peers = float(np.nanmedian(hours[group.accounts])), float(np.nanmedian(hours[list_peers(group)]))
    return SignalFinding(
        above,
        log10_p,
        f"A member is seen in {middle:.0f} of the day's 24 hours (median), its peers in {peers:.0f}; for its volume, more than "
        f"{above:.0%} of them.",
        cover=above,
    )


def measure_active_hours(population: Population) -> Floats:
    """Per account hours of the day in use, as a share of what its exchanges could fill; NaN below 12 exchanges."""
    facts = population.facts
    share: Floats = np.where(
        facts["exchanges"] >= 12, facts["hours_of_day"] / np.minimum(24, facts["exchanges"]), np.nan
    )
    return share


SIGNAL = Signal(
    name="no_night",
    family="timing",
    axis="coordination",
    null="members rest as other accounts of like volume do",
    needs=(),
    costs="traffic without human rhythm",
    cap=4.0,
    cause="habits of use",
    test=test,
)
