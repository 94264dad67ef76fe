"""Exits rotated over accounts: each account comes from many networks, and meets others there.

A person is seen at home, at work and on the way; a rotating pool of exits shows an account in ever new networks of ever new providers.
Statistic: members seen in `MANY` autonomous systems and more (networks, where systems are not logged), against others of like
volume. Null: as many of them are (hypergeometric). Keys that a team shares and relays are seen so too, one by one; carriers and
virtual private networks change addresses within one system.

Honest who show it: keys that a team shares, relays, travellers, a private network that spans providers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.population.memo import memoize
from hydrometer.detection.signals.exit_rotation import (
    count_systems,
    describe_member,
    mask_operated_accounts,
    mask_rotating_accounts,
    name_unit,
)
from hydrometer.detection.signals.member_shares import compare_shares
from hydrometer.detection.signals.signal import Signal

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.signals.signal import SignalFinding


def test(group: AccountGroup) -> SignalFinding | None:
    """Members that rotate, against others of like volume."""
    population = group.population
    counts = memoize(population, count_systems)
    compared = compare_shares(group, memoize(population, mask_rotating_accounts), counts)
    if compared is None:
        return None
    middle = float(np.nanmedian(counts[group.accounts]))
    return compared.build_finding(
        f"come from ever new networks ({middle:.0f} {name_unit(population)} an account, median)"
    )


SIGNAL = Signal(
    name="rotating_exits",
    family="infrastructure",
    axis="coordination",
    null="members come from as many networks as others of like volume",
    needs=("exchanges.client_ip",),
    costs="rotating residential proxies",
    cap=9.0,
    kind="operation",
    cause="one pool of exits",
    test=test,
    shown=mask_operated_accounts,
    describe_member=describe_member,
)
