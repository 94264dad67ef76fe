"""How much of what a campaign's accounts sent, and was not recognised as harvest, innocent customers sent.

Innocent traffic carries what everybody's carries: prompts that people elsewhere send too, word for word, at the rate at which people send them.
A work list has its own. The rate at which unrecognised exchanges recur elsewhere, between the harvest's own rate and people's, is their
innocent share.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.population.memo import memoize
from hydrometer.detection.population.org_panel import list_panel_accounts

if TYPE_CHECKING:
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import Bools, Ints, Population

FEWEST = 20
"""Exchanges of an organisation from which its rate counts."""
MIDDLING = 0.75
"""Share of the organisations, those that repeat least, whose rate is taken for people's."""
FEWEST_EXPECTED = 6.0
"""Recurring prompts that innocent exchanges would show, below which nothing can be said."""
UNMIXED = 0.2
"""Most innocent share, its error included, of a pool that works for nobody but its operator."""


@dataclass(frozen=True, slots=True)
class _PanelPrompts:
    """Prompts of the panel's organisations, ascending, each of an organisation once, and in how many each is."""

    prompt: Ints
    orgs: Ints
    ordinary: float
    """Rate at which the exchanges of middling organisations recur at others."""


def is_unmixed(group: AccountGroup, harvested: Bools) -> bool:
    """Return whether all that the members sent is the operator's, judged by what was not recognised as harvest.

    Args:
        harvested: of each of `group.events`, whether it was recognised.
    """
    share = estimate_innocent_share(group, harvested)
    return share is not None and share <= UNMIXED


def estimate_innocent_share(group: AccountGroup, harvested: Bools) -> float | None:
    """Return the innocent share of the unrecognised exchanges, one standard error high; None where it cannot be told."""
    prompts = memoize(group.population, _collect_panel_prompts)
    if harvested.all() or not harvested.any():
        return None
    recurs = _find_recurring(group, prompts)
    rest = int(np.count_nonzero(~harvested))
    unrecognised, own = float(np.mean(recurs[~harvested])), float(np.mean(recurs[harvested]))
    distance = prompts.ordinary - own
    if distance * rest < FEWEST_EXPECTED:
        return None
    error = math.sqrt(max(unrecognised * rest, 1.0)) / rest
    return min(1.0, max(0.0, (unrecognised + error - own) / distance))


def _find_recurring(group: AccountGroup, prompts: _PanelPrompts) -> Bools:
    """Return which of a group's exchanges carry a prompt that organisations of the panel outside the group send too."""
    population, own = group.population, np.zeros(len(group.population.orgs), dtype=np.bool_)
    own[group.orgs] = True
    panel = list_panel_accounts(population)
    inside = _list_prompts_by_org(population, panel[own[population.org[panel]]])
    sent = population.events.prompt[group.events]
    elsewhere = _count_orgs(prompts.prompt, prompts.orgs, sent)
    if inside.size:
        distinct, orgs = np.unique(inside, return_counts=True)
        elsewhere -= _count_orgs(distinct, orgs, sent)
    recurs: Bools = (elsewhere > 0) & (sent != 0)
    return recurs


def _count_orgs(prompts: Ints, orgs: Ints, sent: Ints) -> Ints:
    if not prompts.size:
        return np.zeros(sent.size, dtype=np.int64)
    at = np.minimum(np.searchsorted(prompts, sent), prompts.size - 1)
    counts: Ints = np.where(prompts[at] == sent, orgs[at], 0)
    return counts


def _list_prompts_by_org(population: Population, accounts: Ints) -> Ints:
    """Return the prompts of some accounts, each of an organisation once."""
    events = population.events
    exchanges = events.list_exchanges(accounts)
    pairs = np.stack([population.org[events.owners(accounts)], events.prompt[exchanges]], axis=1)
    prompts: Ints = np.unique(pairs[pairs[:, 1] != 0], axis=0)[:, 1]
    return prompts


def _collect_panel_prompts(population: Population) -> _PanelPrompts:
    accounts = list_panel_accounts(population)
    distinct, orgs = np.unique(_list_prompts_by_org(population, accounts), return_counts=True)
    events = population.events
    exchanges, owner = events.list_exchanges(accounts), population.org[events.owners(accounts)]
    recurs = _count_orgs(distinct, orgs, events.prompt[exchanges]) >= 2
    total = np.bincount(owner, minlength=len(population.orgs)).astype(np.float64)
    counts = np.bincount(owner, weights=recurs.astype(np.float64), minlength=len(population.orgs))
    settled = np.nonzero(total >= FEWEST)[0]
    # Classes, jobs and benchmarks repeat far more than people do, and are left out.
    middling = settled[np.argsort(counts[settled] / total[settled], kind="stable")[: round(MIDDLING * settled.size)]]
    ordinary = float(counts[middling].sum() / max(1.0, total[middling].sum()))
    return _PanelPrompts(distinct, orgs.astype(np.int64), ordinary)
