"""The search phase: many variants of one demand, mostly refused, before the winner is scaled up.

Statistic: members of which at least a quarter of the exchanges are refused while their prompts differ. Null: everybody
else's rate among accounts of like volume. (The September 2026 misuse report counts more than 12,000 such techniques.)

Honest who show it: red teams and researchers of safety, on their own account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.population.csr import expand_rows, group_by_org
from hydrometer.detection.population.memo import memoize
from hydrometer.detection.population.org_panel import list_counted_accounts
from hydrometer.detection.signals.signal import Signal, SignalFinding
from hydrometer.detection.signals.tail_probabilities import exchangeable_tail

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import Bools, Population

OFTEN = 0.25


def test(group: AccountGroup) -> SignalFinding | None:
    """Members that are refused again and again with ever new prompts."""
    population = group.population
    tries = memoize(population, mask_searching_accounts)
    mine = int(np.count_nonzero(tries[group.accounts]))
    order, offsets = group_by_org(population)
    of_members = order[expand_rows(offsets, group.orgs)]
    elsewhere = memoize(population, _count_searching_accounts) - int(np.count_nonzero(tries[of_members]))
    others = list_counted_accounts(population).size - of_members.size
    if mine < 3:
        return None
    refused = float(np.mean(population.events.refused[group.events]))
    return SignalFinding(
        mine / group.accounts.size,
        exchangeable_tail(mine, group.accounts.size, mine + elsewhere, group.accounts.size + others),
        f"{mine} of {group.accounts.size} accounts try ever new prompts and are refused ({refused:.0%} of all exchanges); {elsewhere / max(1, others):.1%} of others are.",
        cover=mine / group.accounts.size,
    )


def mask_searching_accounts(population: Population) -> Bools:
    """Return the accounts that are often refused while their prompts differ."""
    facts = population.facts
    refused = (facts["refused"] >= OFTEN) & (facts["refused"] * facts["exchanges"] >= 2)
    tries: Bools = refused & (facts["prompts"] >= 0.7 * facts["exchanges"])
    return tries


def _count_searching_accounts(population: Population) -> int:
    return int(np.count_nonzero(memoize(population, mask_searching_accounts)[list_counted_accounts(population)]))


SIGNAL = Signal(
    name="search_phase",
    family="content",
    axis="harvest",
    null="members are refused as often as everybody else",
    needs=("exchanges.stop_reason", "exchanges.prompt"),
    costs="operators who look for the demand that works",
    cap=8.0,
    test=test,
)
