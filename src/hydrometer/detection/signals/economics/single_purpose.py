"""Accounts without another life: most of what each of them ever sent asks for training material.

Customers ask for much else beside; who bought accounts to harvest with uses them for nothing else. Statistic: members of which more than
`MOST` of the exchanges ask, or carry a template that leans to asking, against others of like volume (hypergeometric). Graders, the
hobbyists of a tool and a course on one platform use their accounts so too, so that it counts as operation only of accounts that one
supplier made (`group_scoring.SUPPORTED`): an employer, a reseller and an issuer of cards hand out accounts that are lived in.

Honest who show it: graders, hobbyists of one tool, a course on one platform.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.population.memo import memoize
from hydrometer.detection.signals.member_shares import compare_shares
from hydrometer.detection.signals.signal import Signal

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import Bools, Floats, Population
    from hydrometer.detection.signals.signal import SignalFinding

MOST = 0.6
"""Share of an account's exchanges that ask or lean, from which it serves nothing else; the model misses some demands."""
FEWEST = 4
"""Exchanges below which an account cannot show it."""


def test(group: AccountGroup) -> SignalFinding | None:
    """Members that serve one purpose, against others of like volume."""
    shares = memoize(group.population, measure_purpose)
    compared = compare_shares(group, memoize(group.population, mask_single_purpose), shares)
    if compared is None:
        return None
    middle = float(np.nanmedian(shares[group.accounts]))
    return compared.build_finding(
        f"use their account for hardly anything else ({middle:.0%} of a member's exchanges ask for training material, median)"
    )


def measure_purpose(population: Population) -> Floats:
    """Return the share of each account's exchanges that ask or lean; NaN below 4 exchanges."""
    facts = population.facts
    share: Floats = np.where(facts["exchanges"] >= FEWEST, np.maximum(facts["demand"], facts["leaning"]), np.nan)
    return share


def mask_single_purpose(population: Population) -> Bools:
    """Return the accounts of which most exchanges ask."""
    mask: Bools = memoize(population, measure_purpose) >= MOST
    return mask


def mask_members_purpose(group: AccountGroup) -> Bools:
    """Return the accounts that serve one purpose, of the group's population."""
    return memoize(group.population, mask_single_purpose)


def describe_member(group: AccountGroup, account: int) -> str:
    """Return how much of what an account sent asks."""
    share = memoize(group.population, measure_purpose)[account]
    exchanges = int(group.population.facts["exchanges"][account])
    return f"serves hardly anything else: {share:.0%} of its {exchanges:,} exchanges ask for training material or use templates that lean to it"


SIGNAL = Signal(
    name="single_purpose",
    family="economics",
    axis="coordination",
    null="members use their accounts for one purpose as often as others of like volume",
    needs=("exchanges.prompt",),
    costs="accounts that were made to harvest",
    cap=7.0,
    kind="operation",
    cause="made for it",
    test=test,
    shown=mask_members_purpose,
    describe_member=describe_member,
)
