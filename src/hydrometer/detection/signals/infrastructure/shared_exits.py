"""Exits that accounts share while each of them rotates over many.

Members meet at the addresses of a pool of proxies: here two of them, there two others, hardly ever a site where all sit. Null:
the meetings of organisations at addresses as their use by everybody else makes likely (after Saracco et al. 2017; `shared_values`). It is tested of the members that
rotate, because an office, a campus, a carrier and a private network explain every other meeting.

Honest who show it: customers of one private network that spans providers, a service that works its customers' accounts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hydrometer.contract import EntityKind
from hydrometer.detection.population.account_group import AccountGroup
from hydrometer.detection.population.memo import memoize
from hydrometer.detection.signals.exit_rotation import (
    describe_member,
    mask_operated_accounts,
    mask_rotating_accounts,
)
from hydrometer.detection.signals.shared_values import measure_collisions
from hydrometer.detection.signals.signal import Signal

if TYPE_CHECKING:
    from hydrometer.detection.signals.signal import SignalFinding

FEWEST = 4


def test(group: AccountGroup) -> SignalFinding | None:
    """Meetings of the members that rotate, at addresses."""
    population = group.population
    rotating = AccountGroup(population, group.members & memoize(population, mask_rotating_accounts))
    addresses = population.entities.get(EntityKind.ADDRESS)
    if addresses is None or rotating.accounts.size < FEWEST or rotating.size < FEWEST:
        return None
    finding = measure_collisions(rotating, addresses)
    if finding is None:
        return None
    return replace(finding, cover=(finding.cover or 0.0) * rotating.size / group.size)


SIGNAL = Signal(
    name="shared_exits",
    family="infrastructure",
    axis="coordination",
    null="members that rotate meet at an address as often as its traffic from everybody else makes likely",
    needs=("exchanges.client_ip",),
    costs="accounts behind one pool of proxies",
    cap=9.0,
    kind="operation",
    cause="one pool of exits",
    test=test,
    shown=mask_operated_accounts,
    describe_member=describe_member,
)
