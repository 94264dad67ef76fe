"""Accounts that change networks faster than people do: rotating residential proxies.

Rank test (van Elteren 1960) on distinct /24s per exchange against other accounts of like volume.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.signals.peers import against_peers
from hydrometer.signals.signal import Finding, Signal

if TYPE_CHECKING:
    from hydrometer.contract.group import Group


def test(group: Group) -> Finding | None:
    """Networks per exchange of the members against their peers."""
    facts = group.population.facts
    churn = facts["networks"] / np.maximum(facts["with_address"], 1)
    churn = np.where(facts["with_address"] >= 4, churn, np.nan)
    log10_p, above = against_peers(group, churn)
    if above < 0.7:
        return None
    middle = float(np.nanmedian(facts["networks"][group.members]))
    peers = float(np.nanmedian(facts["networks"][group.peers]))
    return Finding(
        above, log10_p, f"A member's traffic comes from {middle:.0f} networks (median); its peers' from {peers:.0f}."
    )


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
