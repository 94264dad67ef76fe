"""Accounts used day after day, without the pauses of people.

Rank test (van Elteren 1960) on the share of days with an exchange between an account's first and last, against accounts of
like volume. Monitors and back-fills do the same, so it weighs little.

Honest who show it: monitors, back-fills, products with end users.
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
    """Steadiness of use: the share of days between first and last exchange on which the account was active."""
    steady = memoize(group.population, measure_steadiness)
    log10_p, above = compare_with_peers(group, steady)
    if above < 0.7:
        return None
    middle, peers = (
        float(np.nanmedian(np.minimum(1.0, steady[accounts]))) for accounts in (group.accounts, list_peers(group))
    )
    return SignalFinding(
        above,
        log10_p,
        f"A member works on {middle:.0%} of the days from its first to its last, its peers on {peers:.0%}; more than {above:.0%} of them.",
        cover=above,
    )


def measure_steadiness(population: Population) -> Floats:
    """Per account the share of days with an exchange, from the first to the last; NaN below 4 days."""
    facts = population.facts
    span = np.maximum(1.0, np.ceil((facts["last_seen"] - facts["first_seen"]) / 86_400e6))
    share: Floats = np.where(span >= 4, facts["active_days"] / span, np.nan)
    return share


SIGNAL = Signal(
    name="plan_use",
    family="economics",
    axis="coordination",
    null="members use their days as other accounts of like volume do",
    needs=(),
    costs="subscriptions driven without pause",
    cap=4.0,
    cause="habits of use",
    test=test,
)
