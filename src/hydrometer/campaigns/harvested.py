"""Which exchanges carry a campaign's demand, and under which wording.

Accounts of a relay carry innocent customers too: the operator is judged by account, the harvest by exchange.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.campaigns.kernels.rows import harvest_rows
from hydrometer.contract.fingerprints import ELICITATION_CLASSES
from hydrometer.contract.rows import fragment_offsets
from hydrometer.contract.wordings import spoken

if TYPE_CHECKING:
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
    """A template of a campaign: its id, and which of the harvested exchanges carry it (indices into Events)."""

    id: str
    exchanges: Ints
    elicitation: str


@dataclass(frozen=True, slots=True)
class Harvest:
    """The harvested exchanges of a campaign, ordered; `template` names each one's wording ('' when it has none)."""

    exchanges: Ints
    probability: Floats
    template: list[str]
    wordings: list[Wording]


def harvested(group: Group) -> Harvest:
    """Exchanges of members that ask for training material, carry a wording that does, or were refused trying."""
    population = group.population
    events, fragments = population.events, population.fragments
    offsets = fragment_offsets(population)
    exchange, fragment = harvest_rows(
        offsets[group.accounts],
        offsets[group.accounts + 1],
        fragments.exchange,
        fragments.fragment,
        _asking_wordings(group),
    )
    mine, of_mine = group.events, np.asarray(events.account[group.events])
    carries = np.zeros(mine.size, dtype=np.bool_)
    carries[np.searchsorted(mine, exchange)] = True
    refused_search = events.refused[mine] & (population.facts["refused"][of_mine] >= 0.25)
    demand = events.demand[mine]
    taken = demand | carries | refused_search
    chosen, demand, carries = mine[taken], demand[taken], carries[taken]
    certainty = np.where(demand & carries, 0.98, np.where(demand, 0.92, np.where(carries, 0.8, 0.7)))
    wordings = _wordings(group, chosen, np.searchsorted(chosen, exchange), fragment)
    template = np.zeros(chosen.size, dtype=np.int64)
    for number, wording in enumerate(wordings, start=1):
        template[np.searchsorted(chosen, wording.exchanges)] = number
    names = ["", *(wording.id for wording in wordings)]
    return Harvest(chosen, certainty, [names[number] for number in template.tolist()], wordings)


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
    asks = (mine.asked >= ASKED_SHARE * mine.uses) | (lean > 0)
    return mine.mask(enough & ((own & asks) | (common & (lean >= LEANING))), fragments.orgs.size)


def _wordings(group: Group, chosen: Ints, place: Ints, fragment: Ints) -> list[Wording]:
    """Cover the harvest greedily: the wording that most uncovered exchanges share, then the next.

    Args:
        chosen: the harvested exchanges.
        place, fragment: pairs of a place in `chosen` and a fragment, ordered by place.
    """
    events = group.population.events
    left = np.ones(chosen.size, dtype=np.bool_)
    found: list[Wording] = []
    while len(found) < MOST_TEMPLATES and place.size:
        open_ = left[place]
        counts = np.bincount(fragment[open_], minlength=1)
        best = int(np.argmax(counts))
        if counts[best] < max(3.0, LEAST_COVER * chosen.size):
            break
        covered = place[open_ & (fragment == best)]
        left[covered] = False
        exchanges = chosen[covered]
        kinds = np.bincount(events.kind[exchanges], minlength=len(ELICITATION_CLASSES))
        name = hashlib.blake2b(f"{events.prompt[exchanges].min()}:{covered.size}".encode(), digest_size=5).hexdigest()
        found.append(Wording(f"T{name}", exchanges, ELICITATION_CLASSES[int(np.argmax(kinds))]))
    return found
