"""A work list swept once: the same demand around contents that hardly ever repeat.

People who share a template paste the same popular contents; a list that is handed out to accounts is worked off once.
Statistic: distinct prompts among the group's demands. Null: as many exchanges drawn from those of other organisations that
share templates (rarefaction, Hurlbert 1971: the more are drawn, the more repeat).

Honest who show it: translators, agencies and services that share out one list; anybody whose contents are all their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln

from hydrometer.detection.population.csr import expand_rows, group_by_org
from hydrometer.detection.population.memo import memoize
from hydrometer.detection.signals.signal import Signal, SignalFinding
from hydrometer.detection.signals.tail_probabilities import binomial_tail, count_distinct

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import Ints, Population

MIN_EXCHANGES = 60
MOST_CHANCE = 0.5


def test(group: AccountGroup) -> SignalFinding | None:
    """Distinct prompts among the group's demands against others' shared templates."""
    population = group.population
    chosen = group.elicitation_events
    if chosen.size < MIN_EXCHANGES:
        return None
    prompts = tabulate_other_repeats(group)
    total = count_exchanges(prompts)
    if total < MIN_EXCHANGES:
        return None
    fresh = count_distinct(population.events.prompt[chosen])
    rate = 1 - estimate_distinct_share(prompts, chosen.size)
    # Where nobody repeats, that the members do not either says nothing.
    rate = min(max(rate, 1 / (total + 1)), MOST_CHANCE)
    return SignalFinding(
        fresh / chosen.size,
        binomial_tail(fresh, int(chosen.size), 1 - rate),
        f"{fresh:,} of {chosen.size:,} demands carry a content of their own; of others' templated exchanges {1 - rate:.0%} do.",
    )


def tabulate_prompt_repeats(population: Population) -> Ints:
    """Return how many prompts have 0, 1, 2, … templated exchanges."""
    fragments = population.fragments
    prompts = np.bincount(fragments.repeats, minlength=2)
    prompts[1] = fragments.templated - int(fragments.repeats.sum())
    return prompts


def tabulate_other_repeats(group: AccountGroup) -> Ints:
    """Return how many prompts have 0, 1, 2, … templated exchanges of organisations without members."""
    population, fragments = group.population, group.population.fragments
    everybody = memoize(population, tabulate_prompt_repeats)
    order, offsets = group_by_org(population)
    exchanges = population.events.list_exchanges(order[expand_rows(offsets, group.orgs)])
    # In order, so that the search goes through what may be a long list once.
    prompts = np.sort(population.events.prompt[exchanges[fragments.lengths[exchanges] > 0]])
    index = np.searchsorted(fragments.repeated, prompts)
    index = np.where(index < fragments.repeated.size, index, 0)
    repeated = fragments.repeated[index] == prompts if fragments.repeated.size else np.zeros(prompts.size, np.bool_)
    rows, removals = np.unique(index[repeated], return_counts=True)
    counts_before = fragments.repeats[rows]
    remaining: Ints = everybody - np.bincount(counts_before, minlength=everybody.size)
    remaining += np.bincount(counts_before - removals, minlength=everybody.size)
    remaining[1] -= np.count_nonzero(~repeated)
    remaining[0] = 0
    return remaining


def count_exchanges(prompts: Ints) -> int:
    """Return how many exchanges there are, when so many prompts have 0, 1, 2, … of them."""
    return int(np.sum(prompts * np.arange(prompts.size)))


def estimate_distinct_share(prompts: Ints, drawn: int) -> float:
    """Return expected share of distinct prompts among `drawn` exchanges (among all where there are fewer).

    Args:
        prompts: how many prompts have 0, 1, 2, … exchanges; nothing is known of those without.
    """
    total = count_exchanges(prompts)
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
