"""A work list swept once: the same demand around contents that hardly ever repeat.

People who share a template paste the same popular contents; a list that is handed out to accounts is worked off once.
Statistic: exchanges that repeat a prompt another organisation of the group already sent. Null: the rate of such
repeats among the other organisations' templated exchanges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.signals.signal import Finding, Signal
from hydrometer.signals.statistics import binomial_tail

if TYPE_CHECKING:
    from hydrometer.contract.group import Group
    from hydrometer.contract.population import Ints

MIN_EXCHANGES = 60
LEAST_CHANCE, MOST_CHANCE = 0.01, 0.5


def test(group: Group) -> Finding | None:
    """Distinct prompts among the group's demands against others' shared templates."""
    population = group.population
    chosen = group.demands
    if chosen.size < MIN_EXCHANGES:
        return None
    templated = np.unique(population.fragments.exchange)
    others = templated[group.others[population.events.account[templated]]]
    if others.size < MIN_EXCHANGES:
        return None
    fresh = _distinct(population.events.prompt[chosen])
    rate = 1 - _distinct(population.events.prompt[others]) / others.size
    rate = min(max(rate, LEAST_CHANCE), MOST_CHANCE)
    return Finding(
        fresh / chosen.size,
        binomial_tail(fresh, int(chosen.size), 1 - rate),
        f"{fresh:,} of {chosen.size:,} demands carry a content of their own; of others' templated exchanges {1 - rate:.0%} do.",
    )


def _distinct(prompts: Ints) -> int:
    return int(np.unique(prompts).size)


SIGNAL = Signal(
    name="partitioned_slots",
    family="content",
    axis="harvest",
    null="contents repeat among the members as they do among others who share templates",
    needs=("exchanges.prompt",),
    costs="lists of tasks worked off once across accounts",
    cap=3.0,
    test=test,
)
