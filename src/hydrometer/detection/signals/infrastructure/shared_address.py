"""Rare addresses that unrelated organisations share.

Address, /24 (or /48) and sign-up network are levels of one comparison. Carriers, VPN exits, clouds and offices are known
from the data: an address at which many others are seen too explains a meeting, and then the meeting weighs nothing (a
degree-aware null after Saracco et al. 2017).

Honest who show it: an office, a campus, a carrier, a virtual private network.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract import EntityKind
from hydrometer.detection.population.memo import memoize
from hydrometer.detection.signals.exit_rotation import mask_rotating_accounts
from hydrometer.detection.signals.shared_values import find_strongest_value, measure_collisions
from hydrometer.detection.signals.signal import Signal, SignalFinding
from hydrometer.detection.signals.tail_probabilities import correct_for_tries

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup

LEVELS = (EntityKind.ADDRESS, EntityKind.NETWORK, EntityKind.SIGNUP_NETWORK)


def test(group: AccountGroup) -> SignalFinding | None:
    """One address that half of the group share, or many at which its members keep meeting."""
    findings = [find_strongest_value(group, LEVELS, cover=0.5)]
    # Whoever rotates over a pool meets others there: that is another fact, of `shared_exits`.
    if np.mean(memoize(group.population, mask_rotating_accounts)[group.accounts]) < 0.5:
        findings += [
            measure_collisions(group, group.population.entities[k]) for k in LEVELS if k in group.population.entities
        ]
    significant = [finding for finding in findings if finding is not None]
    if not significant:
        return None
    best = min(significant, key=lambda finding: finding.log10_p * finding.purity)
    return replace(best, log10_p=correct_for_tries(best.log10_p, len(significant)))


SIGNAL = Signal(
    name="shared_address",
    family="infrastructure",
    axis="coordination",
    null="organisations meet at an address as often as its traffic from everybody else makes likely",
    needs=(),
    any_of=("exchanges.client_ip", "accounts.signup_ip"),
    costs="accounts behind one proxy, server or pool of addresses",
    cap=10.0,
    cause="one site",
    test=test,
)
