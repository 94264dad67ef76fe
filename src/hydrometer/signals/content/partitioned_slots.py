"""A work list swept once: the same demand around contents that hardly ever repeat.

People who share a template paste the same popular contents; a list that is handed out to accounts is worked off once.
Statistic: distinct prompts among the group's demands. Null: as many exchanges drawn from those of other organisations that
share templates (rarefaction, Hurlbert 1971: the more are drawn, the more repeat).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln

from hydrometer.contract.derived import once
from hydrometer.contract.rows import by_org, rows_of
from hydrometer.signals.signal import Finding, Signal
from hydrometer.signals.statistics import binomial_tail, distinct

if TYPE_CHECKING:
    from hydrometer.contract.group import Group
    from hydrometer.contract.population import Ints, Population

MIN_EXCHANGES = 60
MOST_CHANCE = 0.5


def test(group: Group) -> Finding | None:
    """Distinct prompts among the group's demands against others' shared templates."""
    population = group.population
    chosen = group.demands
    if chosen.size < MIN_EXCHANGES:
        return None
    prompts = others_prompts(group)
    total = exchanges_of(prompts)
    if total < MIN_EXCHANGES:
        return None
    fresh = distinct(population.events.prompt[chosen])
    rate = 1 - rarefied(prompts, chosen.size)
    # Where nobody repeats, that the members do not either says nothing.
    rate = min(max(rate, 1 / (total + 1)), MOST_CHANCE)
    return Finding(
        fresh / chosen.size,
        binomial_tail(fresh, int(chosen.size), 1 - rate),
        f"{fresh:,} of {chosen.size:,} demands carry a content of their own; of others' templated exchanges {1 - rate:.0%} do.",
    )


def everybodys_prompts(population: Population) -> Ints:
    """How many prompts have 0, 1, 2, … templated exchanges."""
    fragments = population.fragments
    prompts = np.bincount(fragments.repeats, minlength=2)
    prompts[1] = fragments.templated - int(fragments.repeats.sum())
    return prompts


def others_prompts(group: Group) -> Ints:
    """How many prompts have 0, 1, 2, … templated exchanges of organisations without members."""
    population, fragments = group.population, group.population.fragments
    everybody = once(population, everybodys_prompts)
    order, offsets = by_org(population)
    exchanges = population.events.of(order[rows_of(offsets, group.orgs)])
    # In order, so that the search goes through what may be a long list once.
    prompts = np.sort(population.events.prompt[exchanges[fragments.lengths[exchanges] > 0]])
    place = np.searchsorted(fragments.repeated, prompts)
    place = np.where(place < fragments.repeated.size, place, 0)
    known = fragments.repeated[place] == prompts if fragments.repeated.size else np.zeros(prompts.size, np.bool_)
    places, gone = np.unique(place[known], return_counts=True)
    had = fragments.repeats[places]
    left: Ints = everybody - np.bincount(had, minlength=everybody.size)
    left += np.bincount(had - gone, minlength=everybody.size)
    left[1] -= np.count_nonzero(~known)
    left[0] = 0
    return left


def exchanges_of(prompts: Ints) -> int:
    """How many exchanges there are, when so many prompts have 0, 1, 2, … of them."""
    return int(np.sum(prompts * np.arange(prompts.size)))


def rarefied(prompts: Ints, drawn: int) -> float:
    """Expected share of distinct prompts among `drawn` exchanges (among all where there are fewer).

    Args:
        prompts: how many prompts have 0, 1, 2, … exchanges; nothing is known of those without.
    """
    total = exchanges_of(prompts)
    drawn = min(drawn, total)
    used = np.nonzero(prompts)[0]
    kept = total - used
    possible = kept >= drawn
    missed = gammaln(kept[possible] + 1.0) - gammaln(kept[possible] - drawn + 1.0)
    missed += gammaln(total - drawn + 1.0) - gammaln(total + 1.0)
    return float(prompts.sum() - np.sum(prompts[used[possible]] * np.exp(missed))) / drawn


SIGNAL = Signal(
    name="partitioned_slots",
    family="content",
    axis="harvest",
    null="contents repeat among the members as they do among others who share templates",
    needs=("exchanges.prompt",),
    costs="lists of tasks worked off once across accounts",
    cap=3.0,
    costly=True,
    test=test,
)
