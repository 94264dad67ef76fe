"""Which exchanges carry a campaign's demand, and under which wording.

Accounts of a relay carry innocent customers too: the operator is judged by account, the harvest by exchange.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract.fingerprints import ELICITATION_CLASSES

if TYPE_CHECKING:
    from hydrometer.contract.group import Group
    from hydrometer.contract.population import Floats, Ints

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
    """The harvested exchanges of a campaign, their accounts, and certainties; `template` names each one's wording ('' when it has none)."""

    exchanges: Ints
    owners: Ints
    probability: Floats
    template: list[str]
    wordings: list[Wording]


def harvested(group: Group) -> Harvest:
    """Exchanges of members that ask for training material, carry a wording that does, or were refused trying."""
    population = group.population
    events, fragments = population.events, population.fragments
    asking = _asking_wordings(group)
    exchange, fragment = fragments.on(events, group.accounts)
    mine = asking[fragment]
    exchange, fragment = exchange[mine], fragment[mine]
    own = group.events
    carrying = np.isin(own, exchange)
    searches = events.refused[own] & (population.facts["refused"][group.owners] >= 0.25)
    taken = events.demand[own] | carrying | searches
    chosen, carries = own[taken], carrying[taken]
    certainty = np.where(
        events.demand[chosen] & carries,
        0.98,
        np.where(events.demand[chosen], 0.92, np.where(carries, 0.8, 0.7)),
    )
    owners = group.owners[taken]
    wordings = _wordings(group, chosen, owners, exchange, fragment)
    template = {int(e): wording.id for wording in wordings for e in wording.exchanges}
    return Harvest(chosen, owners, certainty, [template.get(int(e), "") for e in chosen], wordings)


def _asking_wordings(group: Group) -> np.ndarray:
    """Mask of the fragments that lean to demands and are the campaign's own, or at least much commoner in it than elsewhere."""
    population = group.population
    events, fragments = population.events, population.fragments
    wide = fragments.orgs.size
    exchange, fragment = fragments.on(events, group.accounts)
    uses = np.bincount(fragment, minlength=wide)
    demanding = np.bincount(fragment[events.demand[exchange]], minlength=wide)
    place, used, _ = fragments.of(group.accounts)
    pairs = np.unique(population.org[group.accounts[place]] * max(1, wide) + used)
    orgs = np.bincount(pairs % max(1, wide), minlength=wide)
    enough = (orgs >= max(3, round(0.05 * group.size))) & (fragments.prompts >= 5)
    elsewhere = max(1, int(np.unique(population.org).size) - group.size)
    common = orgs / group.size >= COMMONER * (fragments.orgs - orgs) / elsewhere
    own = uses >= OWN_SHARE * fragments.exchanges
    asks = (demanding >= ASKED_SHARE * uses) | (fragments.lean > 0)
    asking: np.ndarray = enough & ((own & asks) | (common & (fragments.lean >= LEANING)))
    return asking


def _wordings(group: Group, chosen: Ints, owners: Ints, exchange: Ints, fragment: Ints) -> list[Wording]:
    """Cover the harvest greedily: the wording that most uncovered exchanges share, then the next."""
    events = group.population.events
    order = np.argsort(chosen)
    place = order[np.searchsorted(chosen[order], exchange)]
    left = np.ones(chosen.size, dtype=np.bool_)
    found: list[Wording] = []
    while len(found) < MOST_TEMPLATES and exchange.size:
        open_ = left[place]
        counts = np.bincount(fragment[open_], minlength=int(fragment.max()) + 1)
        best = int(np.argmax(counts))
        if counts[best] < max(3.0, LEAST_COVER * chosen.size):
            break
        here = np.unique(place[open_ & (fragment == best)])
        left[here] = False
        covered = chosen[here]
        kinds = np.bincount(events.kind[covered], minlength=len(ELICITATION_CLASSES))
        name = hashlib.blake2b(f"{events.prompt[covered].min()}:{covered.size}".encode(), digest_size=5).hexdigest()
        accounts = int(np.unique(owners[here]).size)
        found.append(Wording(f"T{name}", covered, accounts, ELICITATION_CLASSES[int(np.argmax(kinds))]))
    return found
