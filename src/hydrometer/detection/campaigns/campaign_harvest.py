"""Which exchanges carry a campaign's demand, and under which template.

Accounts of a relay carry innocent customers too: the operator is judged by account, the harvest by exchange.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract import ELICITATION_CLASSES
from hydrometer.detection.campaigns.kernels.harvest_kernels import count_uncovered, find_carrying_exchanges
from hydrometer.detection.campaigns.pool_mixture import is_unmixed
from hydrometer.detection.population.fragment_counts import count_elicitation_uses, count_fragments

if TYPE_CHECKING:
    from hydrometer.detection.campaigns.kernels import Narrow
    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import Bools, Floats, Ints

OWN_SHARE = 0.8
"""A template is the campaign's own when so much of its use is by members."""
ASKED_SHARE = 0.5
"""And it asks when so much of its use does, or when it leans to demands: a reseller's own instructions are the campaign's
too, and ask for nothing."""
COMMONER, LEANING = 5.0, 0.15
"""A template of others too counts when it is so many times commoner among the members, and leans so far."""
MOST_TEMPLATES = 12
LEAST_COVER = 0.01


@dataclass(frozen=True, slots=True)
class CampaignTemplate:
    """A template of a campaign: its id, which of the harvested exchanges carry it (indices into Events), from how many accounts."""

    id: str
    exchanges: Ints
    accounts: int
    elicitation: str


@dataclass(frozen=True, slots=True)
class CampaignHarvest:
    """The harvested exchanges of a campaign, their accounts, and certainties; `template` is the number of each one's template, from 1; 0 when it has none."""

    exchanges: Ints
    owners: Ints
    probability: Floats
    template: Ints
    templates: list[CampaignTemplate]


def collect_harvest(group: AccountGroup) -> CampaignHarvest:
    """Find exchanges of members that ask for training material, carry a template that does, or were refused trying.

    Of a pool that works for nobody but its operator all exchanges are the harvest, recognised or not.
    """
    population = group.population
    events, fragments = population.events, population.fragments
    mine = group.events
    position, fragment = find_carrying_exchanges(
        group.accounts,
        events.counts,
        fragments.starts,
        fragments.lengths,
        mine,
        fragments.carried,
        _select_asking_fragments(group),
    )
    carries = np.zeros(mine.size, dtype=np.bool_)
    carries[position] = True
    refused_search = events.refused[mine] & (population.facts["refused"][group.owners] >= 0.25)
    demand = events.demand[mine]
    selected = demand | carries | refused_search
    if is_unmixed(group, selected):
        selected = np.ones(mine.size, dtype=np.bool_)
    chosen, owners, demand, carries = mine[selected], group.owners[selected], demand[selected], carries[selected]
    certainty = np.where(demand & carries, 0.98, np.where(demand, 0.92, np.where(carries, 0.8, 0.7)))
    template, templates = _cover_with_templates(
        group, chosen, owners, (np.cumsum(selected) - 1).astype(np.int32)[position], fragment
    )
    return CampaignHarvest(chosen, owners, certainty, template, templates)


def _select_asking_fragments(group: AccountGroup) -> Bools:
    """Mask of the fragments that lean to demands and are the campaign's own, or at least much commoner in it than elsewhere."""
    population = group.population
    fragments = population.fragments
    mine = count_fragments(population, group.accounts)
    everywhere, lean = fragments.orgs[mine.fragment], fragments.lean[mine.fragment]
    enough = (mine.orgs >= max(3, round(0.05 * group.size))) & (fragments.prompts[mine.fragment] >= 5)
    other_orgs = max(1, int(np.count_nonzero(np.bincount(population.org))) - group.size)
    common = mine.orgs / group.size >= COMMONER * (everywhere - mine.orgs) / other_orgs
    own = mine.uses >= OWN_SHARE * fragments.exchanges[mine.fragment]
    demands = count_elicitation_uses(population, group.accounts)[mine.fragment]
    asks = (demands >= ASKED_SHARE * mine.uses) | (lean > 0)
    return mine.mask(enough & ((own & asks) | (common & (lean >= LEANING))), fragments.orgs.size)


def _cover_with_templates(
    group: AccountGroup, chosen: Ints, owners: Ints, position: Narrow, fragment: Narrow
) -> tuple[Ints, list[CampaignTemplate]]:
    """Cover the harvest greedily: the template that most uncovered exchanges share, then the next.

    Args:
        chosen, owners: the harvested exchanges and their accounts.
        position, fragment: pairs of a position in `chosen` and a fragment, ordered by position.

    Returns:
        The number of each exchange's template, from 1; 0 without one. And the templates.
    """
    events = group.population.events
    template = np.zeros(chosen.size, dtype=np.int64)
    counts = np.zeros(group.population.fragments.orgs.size, dtype=np.int64)
    templates: list[CampaignTemplate] = []
    while len(templates) < MOST_TEMPLATES and position.size:
        count_uncovered(position, fragment, template, counts)
        best = int(np.argmax(counts))
        if counts[best] < max(3.0, LEAST_COVER * chosen.size):
            break
        carrying = position[fragment == best]
        covered = carrying[template[carrying] == 0]
        exchanges, accounts = chosen[covered], np.unique(owners[covered]).size
        kinds = np.bincount(events.kind[exchanges], minlength=len(ELICITATION_CLASSES))
        name = hashlib.blake2b(f"{events.prompt[exchanges].min()}:{covered.size}".encode(), digest_size=5).hexdigest()
        templates.append(CampaignTemplate(f"T{name}", exchanges, accounts, ELICITATION_CLASSES[int(np.argmax(kinds))]))
        template[covered] = len(templates)
    return template, templates
