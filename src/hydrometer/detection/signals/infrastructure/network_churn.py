"""Accounts that change networks faster than people do: rotating residential proxies.

Rank test (van Elteren 1960) on distinct /24s per exchange against other accounts of like volume.
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
    """Networks per exchange of the members against their peers."""
    networks = group.population.facts["networks"]
    log10_p, above = compare_with_peers(group, memoize(group.population, measure_churn))
    if above < 0.7:
        return None
    middle = float(np.nanmedian(networks[group.accounts]))
    peers = float(np.nanmedian(networks[list_peers(group)]))
    return SignalFinding(
        above, log10_p, f"A member's traffic comes from {middle:.0f} networks (median); its peers' from {peers:.0f}."
    )


def measure_churn(population: Population) -> Floats:
    """Per account networks per exchange; NaN below 4 exchanges with an address."""
    facts = population.facts
    share = facts["networks"] / np.maximum(facts["with_address"], 1)
    rates: Floats = np.where(facts["with_address"] >= 4, share, np.nan)
    return rates


SIGNAL = Signal(
    name="network_churn",
    family="infrastructure",
    axis="coordination",
    null="members change networks no faster than other accounts of like volume",
    needs=("exchanges.client_ip",),
    costs="rotating residential proxies",
    cap=7.0,
    test=test,
)
