"""The search phase: many variants of one demand, mostly refused, before the winner is scaled up.

Statistic: members of which at least a quarter of the exchanges are refused while their prompts differ. Null: everybody
else's rate among accounts of like volume. (The September 2026 misuse report counts more than 12,000 such techniques.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract.derived import once
from hydrometer.contract.rows import by_org, rows_of
from hydrometer.signals.signal import Finding, Signal
from hydrometer.signals.statistics import exchangeable_tail

if TYPE_CHECKING:
    from hydrometer.contract.group import Group
    from hydrometer.contract.population import Bools, Population

OFTEN = 0.25


def test(group: Group) -> Finding | None:
    """Members that are refused again and again with ever new prompts."""
    population = group.population
    tries = once(population, trying)
    mine = int(np.count_nonzero(tries[group.accounts]))
    order, offsets = by_org(population)
    of_members = order[rows_of(offsets, group.orgs)]
    elsewhere = once(population, _tries) - int(np.count_nonzero(tries[of_members]))
    others = population.size - of_members.size
    if mine < 3:
        return None
    refused = float(np.mean(population.events.refused[group.events]))
    return Finding(
        mine / group.accounts.size,
        exchangeable_tail(mine, group.accounts.size, mine + elsewhere, group.accounts.size + others),
        f"{mine} of {group.accounts.size} accounts try ever new prompts and are refused ({refused:.0%} of all exchanges); {elsewhere / max(1, others):.1%} of others are.",
    )


def trying(population: Population) -> Bools:
    """Accounts that are often refused while their prompts differ."""
    facts = population.facts
    refused = (facts["refused"] >= OFTEN) & (facts["refused"] * facts["exchanges"] >= 2)
    tries: Bools = refused & (facts["prompts"] >= 0.7 * facts["exchanges"])
    return tries


def _tries(population: Population) -> int:
    return int(np.count_nonzero(once(population, trying)))


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
