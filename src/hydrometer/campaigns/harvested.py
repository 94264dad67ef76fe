"""Which exchanges carry a campaign's demand, and under which wording.

Accounts of a relay carry innocent customers too: the operator is judged by account, the harvest by exchange.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.campaigns.kernels.rows import count_open, harvest_rows
from hydrometer.contract.fingerprints import ELICITATION_CLASSES
from hydrometer.contract.wordings import asked, spoken

if TYPE_CHECKING:
    from hydrometer.campaigns.kernels import Narrow
    from hydrometer.contract.group import Group
    from hydrometer.contract.population import Bools, Floats, Ints

OWN_SHARE = 0.8
"""A wording is the campaign's own when so much of its use is by members."""
ASKED_SHARE = 0.5
"""And it asks when so much of its use does, or when it leans to demands: a reseller's own instructions are the campaign's
too, and ask for nothing."""
COMMONER, LEANING = 5.0, 0.15
"""A wording of others too counts when it is so many times commoner among the members, and leans so far."""
MOST_TEMPLATES = 12
LEAST_COVER = 0.01


@dataclass(frozen=True, slots=True)
class Wording:
    """A template of a campaign: its id, which of the harvested exchanges carry it (indices into Events), from how many accounts."""

    id: str
    exchanges: Ints
    accounts: int
    elicitation: str


@dataclass(frozen=True, slots=True)
class Harvest:
    """The harvested exchanges of a campaign, their accounts, and certainties; `template` is the number of each one's wording, from 1; 0 when it has none."""

    exchanges: Ints
    owners: Ints
    probability: Floats
    template: Ints
    wordings: list[Wording]


def harvested(group: Group) -> Harvest:
    """Exchanges of members that ask for training material, carry a wording that does, or were refused trying."""
    population = group.population
    events, fragments = population.events, population.fragments
    mine = group.events
    place, fragment = harvest_rows(
        group.accounts,
        events.counts,
        fragments.starts,
        fragments.lengths,
        mine,
        fragments.carried,
        _asking_wordings(group),
    )
    carries = np.zeros(mine.size, dtype=np.bool_)
    carries[place] = True
    refused_search = events.refused[mine] & (population.facts["refused"][group.owners] >= 0.25)
    demand = events.demand[mine]
    taken = demand | carries | refused_search
    chosen, owners, demand, carries = mine[taken], group.owners[taken], demand[taken], carries[taken]
    certainty = np.where(demand & carries, 0.98, np.where(demand, 0.92, np.where(carries, 0.8, 0.7)))
    template, wordings = _wordings(group, chosen, owners, (np.cumsum(taken) - 1).astype(np.int32)[place], fragment)
    return Harvest(chosen, owners, certainty, template, wordings)


def _asking_wordings(group: Group) -> Bools:
    """Mask of the fragments that lean to demands and are the campaign's own, or at least much commoner in it than elsewhere."""
    population = group.population
    fragments = population.fragments
    mine = spoken(population, group.accounts)
    everywhere, lean = fragments.orgs[mine.fragment], fragments.lean[mine.fragment]
    enough = (mine.orgs >= max(3, round(0.05 * group.size))) & (fragments.prompts[mine.fragment] >= 5)
    elsewhere = max(1, int(np.count_nonzero(np.bincount(population.org))) - group.size)
    common = mine.orgs / group.size >= COMMONER * (everywhere - mine.orgs) / elsewhere
    own = mine.uses >= OWN_SHARE * fragments.exchanges[mine.fragment]
    demands = asked(population, group.accounts)[mine.fragment]
    asks = (demands >= ASKED_SHARE * mine.uses) | (lean > 0)
    return mine.mask(enough & ((own & asks) | (common & (lean >= LEANING))), fragments.orgs.size)


def _wordings(group: Group, chosen: Ints, owners: Ints, place: Narrow, fragment: Narrow) -> tuple[Ints, list[Wording]]:
    """Cover the harvest greedily: the wording that most uncovered exchanges share, then the next.

    Args:
        chosen, owners: the harvested exchanges and their accounts.
        place, fragment: pairs of a place in `chosen` and a fragment, ordered by place.

    Returns:
        The number of each exchange's wording, from 1; 0 without one. And the wordings.
    """
    events = group.population.events
    template = np.zeros(chosen.size, dtype=np.int64)
    counts = np.zeros(group.population.fragments.orgs.size, dtype=np.int64)
    found: list[Wording] = []
    while len(found) < MOST_TEMPLATES and place.size:
        count_open(place, fragment, template, counts)
        best = int(np.argmax(counts))
        if counts[best] < max(3.0, LEAST_COVER * chosen.size):
            break
        carrying = place[fragment == best]
        covered = carrying[template[carrying] == 0]
        exchanges, accounts = chosen[covered], np.unique(owners[covered]).size
        kinds = np.bincount(events.kind[exchanges], minlength=len(ELICITATION_CLASSES))
        name = hashlib.blake2b(f"{events.prompt[exchanges].min()}:{covered.size}".encode(), digest_size=5).hexdigest()
        found.append(Wording(f"T{name}", exchanges, accounts, ELICITATION_CLASSES[int(np.argmax(kinds))]))
        template[covered] = len(found)
    return template, found
