"""Accounts that never sit down to work: their requests come one by one, spread over days.

People send several requests in a row and then none for hours, so that most of their gaps are far shorter than their mean
gap. Requests that a queue deals out have no memory of the account: of exponential gaps 1 - exp(-1/20) = 5 % are shorter than a
twentieth of their mean, 16 % where the queue rests seven hours of ten. An account that keeps below `MEMORYLESS` has no sittings.
Null: as many of the others of like volume have none (hypergeometric). Services with end users, monitors and sensors have none either,
each by itself; so do pupils of one lesson, which ends (`counter_evidence`).

Honest who show it: services with end users, monitors and sensors, each by itself; pupils of one lesson.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.population.memo import memoize
from hydrometer.detection.signals.member_shares import compare_shares
from hydrometer.detection.signals.request_gaps import list_short_gap_shares
from hydrometer.detection.signals.signal import Signal

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import Bools, Population
    from hydrometer.detection.signals.signal import SignalFinding

MEMORYLESS = 0.2
"""Most short gaps, as a share, of an account without sittings: memoryless arrivals of a queue that rests, and chance."""

NEARER = 0.35
"""The same of a single account of a group that has none: half way to people, of whom few have fewer."""


def test(group: AccountGroup) -> SignalFinding | None:
    """Members without sittings, against others of like volume."""
    shares = memoize(group.population, list_short_gap_shares)
    compared = compare_shares(group, memoize(group.population, mask_accounts_without_sittings), shares)
    if compared is None:
        return None
    middle = float(np.nanmedian(shares[group.accounts]))
    return compared.build_finding(
        "send their requests one by one, never in sittings "
        f"({middle:.0%} of a member's gaps are far below its mean; people's, 60% and more)"
    )


def mask_operated_accounts(group: AccountGroup) -> Bools:
    """Return the accounts whose own gaps are nearer to a queue's than to people's."""
    mask: Bools = memoize(group.population, list_short_gap_shares) <= NEARER
    return mask


def describe_member(group: AccountGroup, account: int) -> str:
    """Return how an account spreads its requests."""
    share = memoize(group.population, list_short_gap_shares)[account]
    exchanges = int(group.population.facts["exchanges"][account])
    return (
        f"sends its {exchanges:,} requests one by one, not in sittings: {share:.0%} of its gaps are below a twentieth of its mean gap; "
        "of people's, 60% and more are"
    )


def mask_accounts_without_sittings(population: Population) -> Bools:
    """Return the accounts whose gaps are those of memoryless arrivals, or evener."""
    mask: Bools = memoize(population, list_short_gap_shares) <= MEMORYLESS
    return mask


SIGNAL = Signal(
    name="no_sittings",
    family="timing",
    axis="coordination",
    null="members sit down to work as others of like volume do",
    needs=(),
    costs="queues that deal each request to another account",
    cap=9.0,
    kind="operation",
    cause="one work queue",
    test=test,
    shown=mask_operated_accounts,
    describe_member=describe_member,
)
