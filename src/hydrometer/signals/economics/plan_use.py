"""Accounts used day after day, without the pauses of people.

Rank test (van Elteren 1960) on the share of days with an exchange between an account's first and last, against accounts of
like volume. Monitors and back-fills do the same, so it weighs little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract.derived import once
from hydrometer.signals.peers import against_peers
from hydrometer.signals.signal import Finding, Signal

if TYPE_CHECKING:
    from hydrometer.contract.group import Group
    from hydrometer.contract.population import Floats, Population


def test(group: Group) -> Finding | None:
    """Steadiness of use: the share of days between first and last exchange on which the account was active."""
    steady = once(group.population, steadiness)
    log10_p, above = against_peers(group, steady)
    if above < 0.7:
        return None
    middle = float(np.nanmedian(np.minimum(1.0, steady[group.accounts])))
    return Finding(
        above,
        log10_p,
        f"A member works on {middle:.0%} of the days from its first to its last, more than {above:.0%} of its peers.",
    )


def steadiness(population: Population) -> Floats:
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
    test=test,
)
