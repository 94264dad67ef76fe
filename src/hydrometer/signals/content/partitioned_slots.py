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
    uses = others_uses(group)
    total = int(np.sum(uses))
    if total < MIN_EXCHANGES:
        return None
    fresh = int(np.unique(population.events.prompt[chosen]).size)
    rate = 1 - rarefied(uses, chosen.size)
    # Where nobody repeats, that the members do not either says nothing.
    rate = min(max(rate, 1 / (total + 1)), MOST_CHANCE)
    return Finding(
        fresh / chosen.size,
        binomial_tail(fresh, int(chosen.size), 1 - rate),
        f"{fresh:,} of {chosen.size:,} demands carry a content of their own; of others' templated exchanges {1 - rate:.0%} do.",
    )


def others_uses(group: Group) -> Ints:
    """How often each prompt occurs among the templated exchanges of other organisations; those that do not are left out."""
    population, fragments = group.population, group.population.fragments
    same = np.nonzero(~group.others)[0]
    exchanges = population.events.of(same)
    prompts = population.events.prompt[exchanges[fragments.lengths[exchanges] > 0]]
    place = np.searchsorted(fragments.repeated, prompts)
    place = np.where(place < fragments.repeated.size, place, 0)
    known = fragments.repeated[place] == prompts if fragments.repeated.size else np.zeros(prompts.size, np.bool_)
    left = fragments.repeats - np.bincount(place[known], minlength=fragments.repeats.size)
    once = fragments.templated - int(fragments.repeats.sum()) - int(np.sum(~known))
    return np.concatenate([left[left > 0], np.ones(once, np.int64)])


def rarefied(uses: Ints, drawn: int) -> float:
    """Expected share of distinct prompts among `drawn` exchanges (among all where there are fewer), of prompts by uses."""
    total = int(np.sum(uses))
    drawn = min(drawn, total)
    times, prompts = np.unique(uses, return_counts=True)
    kept = total - times
    possible = kept >= drawn
    missed = gammaln(kept[possible] + 1.0) - gammaln(kept[possible] - drawn + 1.0)
    missed += gammaln(total - drawn + 1.0) - gammaln(total + 1.0)
    return float(prompts.sum() - np.sum(prompts[possible] * np.exp(missed))) / drawn


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
