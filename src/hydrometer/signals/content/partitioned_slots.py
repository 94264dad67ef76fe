"""A work list swept once: the same demand around contents that hardly ever repeat.

People who share a template paste the same popular contents; a list that is handed out to accounts is worked off once.
Statistic: distinct prompts among the group's demands. Null: as many exchanges drawn from those of other organisations that
share templates (rarefaction, Hurlbert 1971: the more are drawn, the more repeat). Where the others are a panel, fewer of
their repetitions are seen, and the test is the milder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln

from hydrometer.contract.derived import once
from hydrometer.contract.rows import fragment_offsets, rows_of
from hydrometer.signals.organisations import panel
from hydrometer.signals.signal import Finding, Signal
from hydrometer.signals.statistics import binomial_tail, distinct

if TYPE_CHECKING:
    from hydrometer.contract.group import Group
    from hydrometer.contract.population import Ints, Population

MIN_EXCHANGES = 60
MOST_CHANCE = 0.5


@dataclass(frozen=True, slots=True)
class Templated:
    """The panel's exchanges that carry shared wordings.

    `prompt[offsets[o]:offsets[o + 1]]` are the prompts (numbered) of organisation o; `uses` counts the exchanges of each
    prompt, and `prompts` the prompts that have 0, 1, 2, … exchanges.
    """

    offsets: Ints
    prompt: Ints
    uses: Ints
    prompts: Ints


def test(group: Group) -> Finding | None:
    """Distinct prompts among the group's demands against others' shared templates."""
    population = group.population
    chosen = group.demands
    if chosen.size < MIN_EXCHANGES:
        return None
    everybody = once(population, templated)
    mine = everybody.prompt[rows_of(everybody.offsets, group.orgs)]
    others = everybody.prompt.size - mine.size
    if others < MIN_EXCHANGES:
        return None
    fresh = distinct(population.events.prompt[chosen])
    rate = 1 - rarefied(without(everybody, mine), chosen.size)
    # Where nobody repeats, that the members do not either says nothing.
    rate = min(max(rate, 1 / (others + 1)), MOST_CHANCE)
    return Finding(
        fresh / chosen.size,
        binomial_tail(fresh, int(chosen.size), 1 - rate),
        f"{fresh:,} of {chosen.size:,} demands carry a content of their own; of others' templated exchanges {1 - rate:.0%} do.",
    )


def templated(population: Population) -> Templated:
    """Take the panel's exchanges with shared wordings."""
    accounts = np.sort(panel(population))
    exchange = population.fragments.exchange[rows_of(fragment_offsets(population), accounts)]
    first = np.ones(exchange.size, dtype=np.bool_)
    first[1:] = exchange[1:] != exchange[:-1]
    exchange = exchange[first]
    prompt = population.events.prompt[exchange]
    order = np.argsort(prompt, kind="stable")
    begins = np.ones(order.size, dtype=np.bool_)
    begins[1:] = prompt[order][1:] != prompt[order][:-1]
    number = np.empty(order.size, dtype=np.int64)
    number[order] = np.cumsum(begins) - 1
    org = population.org[population.events.account[exchange]]
    uses = np.bincount(number).astype(np.int64)
    return Templated(
        offsets=np.searchsorted(np.sort(org), np.arange(len(population.orgs) + 1)).astype(np.int64),
        prompt=number[np.argsort(org, kind="stable")],
        uses=uses,
        prompts=np.bincount(uses).astype(np.int64),
    )


def without(everybody: Templated, mine: Ints) -> Ints:
    """How many prompts have 0, 1, 2, … exchanges when those of `mine` are left out."""
    mine = np.sort(mine)
    begins = np.ones(mine.size, dtype=np.bool_)
    begins[1:] = mine[1:] != mine[:-1]
    places = np.nonzero(begins)[0]
    gone = np.diff(np.append(places, mine.size))
    had, size = everybody.uses[mine[places]], everybody.prompts.size
    left: Ints = everybody.prompts - np.bincount(had, minlength=size) + np.bincount(had - gone, minlength=size)
    return left


def rarefied(prompts: Ints, drawn: int) -> float:
    """Expected share of distinct prompts among `drawn` exchanges (among all where there are fewer).

    Args:
        prompts: how many prompts have 0, 1, 2, … exchanges.
    """
    prompts = prompts.copy()
    prompts[:1] = 0
    total = int(np.sum(prompts * np.arange(prompts.size)))
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
    test=test,
)
