"""Accounts used day after day, without the pauses of people.

Rank test (van Elteren 1960) on the share of days with an exchange between an account's first and last, against accounts of
like volume. Monitors and back-fills do the same, so it weighs little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.signals.peers import against_peers
from hydrometer.signals.signal import Finding, Signal

if TYPE_CHECKING:
    from hydrometer.contract.group import Group


def test(group: Group) -> Finding | None:
    """Steadiness of use: the share of days between first and last exchange on which the account was active."""
    facts = group.population.facts
    span = np.maximum(1.0, np.ceil((facts["last_seen"] - facts["first_seen"]) / 86_400e6))
    steady = np.where(span >= 4, facts["active_days"] / span, np.nan)
    log10_p, above = against_peers(group, steady)
    if above < 0.7:
        return None
    middle = float(np.nanmedian(np.minimum(1.0, steady[group.members])))
    return Finding(
        above,
        log10_p,
        f"A member works on {middle:.0%} of the days from its first to its last, more than {above:.0%} of its peers.",
    )


SIGNAL = Signal(
    name="plan_use",
    family="economics",
    axis="coordination",
    null="members use their days as other accounts of like volume do",
    needs=(),
    costs="subscriptions driven without pause",
    cap=4.0,
    test=test,
)
