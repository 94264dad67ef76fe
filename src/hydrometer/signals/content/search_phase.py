"""The search phase: many variants of one demand, mostly refused, before the winner is scaled up.

Statistic: members of which at least a quarter of the exchanges are refused while their prompts differ. Null: everybody
else's rate among accounts of like volume. (The September 2026 misuse report counts more than 12,000 such techniques.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.signals.signal import Finding, Signal
from hydrometer.signals.statistics import exchangeable_tail

if TYPE_CHECKING:
    from hydrometer.contract.group import Group

OFTEN = 0.25


def test(group: Group) -> Finding | None:
    """Members that are refused again and again with ever new prompts."""
    facts = group.population.facts
    tries = (facts["refused"] >= OFTEN) & (facts["refused"] * facts["exchanges"] >= 2)
    varied = facts["prompts"] >= 0.7 * facts["exchanges"]
    mine = int(np.sum(tries & varied & group.members))
    elsewhere, others = int(np.sum(tries & varied & group.others)), int(group.others.sum())
    if mine < 3:
        return None
    refused = float(np.mean(group.population.events.refused[group.events]))
    return Finding(
        mine / group.accounts.size,
        exchangeable_tail(mine, group.accounts.size, mine + elsewhere, group.accounts.size + others),
        f"{mine} of {group.accounts.size} accounts try ever new prompts and are refused ({refused:.0%} of all exchanges); {elsewhere / max(1, others):.1%} of others are.",
    )


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
