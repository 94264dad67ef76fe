"""A work list swept once: the same demand around contents that hardly ever repeat.

People who share a template paste the same popular contents; a list that is handed out to accounts is worked off once.
Statistic: distinct prompts among the group's demands. Null: as many exchanges drawn from those of other organisations that
share templates (rarefaction, Hurlbert 1971: the more are drawn, the more repeat).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln

from hydrometer.signals.signal import Finding, Signal
from hydrometer.signals.statistics import binomial_tail

if TYPE_CHECKING:
    from hydrometer.contract.group import Group
    from hydrometer.contract.population import Ints

MIN_EXCHANGES = 60
MOST_CHANCE = 0.5


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
    fresh = int(np.unique(population.events.prompt[chosen]).size)
    rate = 1 - rarefied(population.events.prompt[others], chosen.size)
    # Where nobody repeats, that the members do not either says nothing.
    rate = min(max(rate, 1 / (others.size + 1)), MOST_CHANCE)
    return Finding(
        fresh / chosen.size,
        binomial_tail(fresh, int(chosen.size), 1 - rate),
        f"{fresh:,} of {chosen.size:,} demands carry a content of their own; of others' templated exchanges {1 - rate:.0%} do.",
    )


def rarefied(prompts: Ints, drawn: int) -> float:
    """Expected share of distinct prompts among `drawn` of them (among all where there are fewer)."""
    drawn = min(drawn, prompts.size)
    _, uses = np.unique(prompts, return_counts=True)
    kept = prompts.size - uses
    possible = kept >= drawn
    missed = gammaln(kept[possible] + 1.0) - gammaln(kept[possible] - drawn + 1.0)
    missed += gammaln(prompts.size - drawn + 1.0) - gammaln(prompts.size + 1.0)
    return float(uses.size - np.sum(np.exp(missed))) / drawn


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
