"""Which groups to test: seeds among the accounts that may harvest, grown, told apart, and taken one by one.

Two sources: everybody who asks for training material at once, and every value that these accounts share more often than
their number among the population makes likely (hypergeometric enrichment, counted over all values that could have been
tested). Cost is linear in accounts and links; no value is ever expanded into pairs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import hypergeom

from hydrometer.campaigns.grow import belongs, grow, resemblance
from hydrometer.campaigns.split import one_operator, split

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydrometer.campaigns.traits import Traits
    from hydrometer.contract.population import Bools, Population
    from hydrometer.contract.settings import CampaignSettings

EXPLAINED = 0.9
"""A seed of which so much lies in one group already found leads nowhere new."""
OWN_USE = 0.7
"""A wording is a group's own when its members make so much of its use."""
OWN_USES = 3
"""Exchanges with a group's own wordings from which an account may join it; once is a turn of phrase."""
KEPT = 0.8
"""Least share of a group that must stay when it is widened; else it would become another group."""
LEANING = 0.25
"""Share of an account's exchanges with wordings that lean to demands from which it may be part of a harvest."""
ENRICHED = -3.0
"""log10 p from which a shared value makes a seed."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A group to judge: its members, and what brought it up."""

    members: Bools
    seed: str


@dataclass(frozen=True, slots=True)
class Seed:
    """Accounts to grow from, in the pool's numbering."""

    log10_p: float
    text: str
    accounts: Bools


def harvesters(population: Population, settings: CampaignSettings) -> Bools:
    """Accounts that may be part of a harvest: they elicit, or are refused again and again."""
    fact = population.facts
    asks = (fact["asking"] >= settings.least_asking) & (fact["demand"] * fact["exchanges"] >= settings.least_demands)
    refused = (fact["refused"] >= settings.least_refused) & (fact["refused"] * fact["exchanges"] >= 2)
    chosen: Bools = (asks | refused) & ~population.authorised
    return chosen


def leaners(population: Population) -> Bools:
    """Accounts of which a good part of the exchanges carries a wording that leans to demands."""
    fact = population.facts
    chosen: Bools = (fact["leaning"] >= LEANING) & (fact["leaning"] * fact["exchanges"] >= OWN_USES)
    return chosen & ~population.authorised


def propose(
    population: Population, traits: Traits, settings: CampaignSettings, score: Callable[[Bools], float]
) -> tuple[list[Proposal], list[str]]:
    """Groups of possible harvesters, best first, none overlapping; and the caps that were reached.

    Args:
        score: probability that a group is a campaign, from all signals.
    """
    pool = harvesters(population, settings)
    accepted: list[Proposal] = []
    rejected: list[tuple[float, int, str, Bools]] = []
    caps: list[str] = []
    taken = np.zeros(population.size, dtype=np.bool_)
    # Whoever asks plainly comes first: they make purer groups than all who use a wording that leans.
    for asking in (pool, pool | leaners(population)):
        while np.unique(population.org[asking & ~taken]).size >= settings.least_orgs:
            groups, dropped = _groups(traits, asking & ~taken, settings)
            if dropped and not caps:
                caps.append(f"{dropped} weaker seeds were not grown (campaigns.seeds = {settings.seeds})")
            scored = _ranked([(score(members), int(members.sum()), text, members) for text, members in groups])
            found = _disjoint([row for row in scored if row[0] >= settings.report_probability])
            if not found:
                rejected += scored
                break
            for _, _, text, members in found:
                wider = widen(population, traits, members, ~taken & ~population.authorised, settings)
                accepted.append(Proposal(wider, text))
                taken |= wider
    beside = [row for row in _ranked(rejected) if not np.any(row[3] & taken)]
    proposals = accepted + [Proposal(members, text) for _, _, text, members in _disjoint(beside)]
    return _joined(traits, proposals, score, settings), caps


def widen(population: Population, traits: Traits, members: Bools, free: Bools, settings: CampaignSettings) -> Bools:
    """Let accounts join that ask but once, or use the group's own wordings unflagged: found groups recruit beyond the pool."""
    fragments = population.fragments
    asked = population.facts["demand"] > 0
    _, fragment, times = fragments.of(np.nonzero(members)[0])
    uses = np.bincount(fragment, weights=times, minlength=fragments.orgs.size)
    own = (uses >= OWN_USE * fragments.exchanges) & (uses >= 3)
    asked |= fragments.carrying(population.events, own) >= OWN_USES
    pool = (asked & free) | members
    local = traits.only(pool)
    grown = _grown(local, members[pool], settings)
    if np.sum(grown & members[pool]) < KEPT * members.sum():
        return members
    # What was recruited may hold another operator's accounts: stay with the part that was found first.
    kept = max(split(local, grown), key=lambda part: int(np.sum(part & members[pool])))
    wider = np.zeros(population.size, dtype=np.bool_)
    wider[np.nonzero(pool)[0][kept]] = True
    return wider


def _joined(
    traits: Traits, proposals: list[Proposal], score: Callable[[Bools], float], settings: CampaignSettings
) -> list[Proposal]:
    """Put groups together that turn out to be one operator's: pools that wake when others are banned, late batches."""
    kept: list[Proposal] = []
    for proposal in proposals:
        home = next(
            (n for n, other in enumerate(kept) if _belong_together(traits, other, proposal, score, settings)), None
        )
        if home is None:
            kept.append(proposal)
        else:
            kept[home] = Proposal(kept[home].members | proposal.members, kept[home].seed)
    return kept


def _belong_together(
    traits: Traits, first: Proposal, second: Proposal, score: Callable[[Bools], float], settings: CampaignSettings
) -> bool:
    least = settings.report_probability
    if score(first.members) < least or score(second.members) < least:
        return False
    both = first.members | second.members
    return one_operator(traits, first.members, second.members) and score(both) >= least


def _ranked(scored: list[tuple[float, int, str, Bools]]) -> list[tuple[float, int, str, Bools]]:
    return sorted(scored, key=lambda row: (-round(row[0], 6), -row[1], row[2]))


def _disjoint(scored: list[tuple[float, int, str, Bools]]) -> list[tuple[float, int, str, Bools]]:
    kept: list[tuple[float, int, str, Bools]] = []
    for row in scored:
        if all(np.sum(row[3] & other[3]) == 0 for other in kept):
            kept.append(row)
    return kept


def _groups(traits: Traits, free: Bools, settings: CampaignSettings) -> tuple[list[tuple[str, Bools]], int]:
    """Distinct grown and split groups among the free accounts, and how many seeds were left out."""
    local = traits.only(free)
    numbers = np.nonzero(free)[0]
    seeds = _seeds(local)
    everybody = Seed(0.0, "everybody who asks for training material", np.ones(local.size, dtype=np.bool_))
    found: dict[bytes, tuple[str, Bools]] = {}
    grown_before: set[bytes] = set()
    parts: list[Bools] = []
    for seed in [everybody, *seeds[: settings.seeds]]:
        if any(np.mean(part[seed.accounts]) >= EXPLAINED for part in parts):
            continue
        grown = _grown(local, seed.accounts, settings)
        key = np.packbits(grown).tobytes()
        if key in grown_before or np.unique(local.org[grown]).size < settings.least_orgs:
            continue
        grown_before.add(key)
        for part in split(local, grown):
            parts.append(part)
            mask = np.zeros(traits.size, dtype=np.bool_)
            mask[numbers[part]] = True
            found.setdefault(np.packbits(mask).tobytes(), (seed.text, mask))
    return list(found.values()), max(0, len(seeds) - settings.seeds)


def _grown(local: Traits, start: Bools, settings: CampaignSettings) -> Bools:
    grown = grow(local, start, threshold=settings.join_bits, rounds=settings.grow_rounds)
    # Every member must resemble the group that came out, not the one before the last round.
    return grown & belongs(resemblance(local, grown), grown, settings.join_bits)


def _seeds(local: Traits) -> list[Seed]:
    """Values that the free accounts' organisations share more often than chance, the most surprising first."""
    orgs = int(np.unique(local.org).size)
    found: list[Seed] = []
    for trait in local.coded:
        known = trait.code >= 0
        pairs = np.unique(local.org[known] * trait.codes + trait.code[known])
        inside = np.bincount(pairs % trait.codes, minlength=trait.codes)
        drawn = int(inside.sum())
        tests = math.log10(max(1, trait.codes) * len(local.coded))
        for code in np.nonzero(inside >= 4)[0].tolist():
            if drawn == 0:
                continue
            natural = float(
                hypergeom.logsf(inside[code] - 1, max(int(trait.known), drawn), int(trait.orgs[code]), drawn)
            )
            log10_p = (natural / math.log(10) if math.isfinite(natural) else -300.0) + tests
            if log10_p <= ENRICHED:
                text = f"{inside[code]} of {orgs} organisations that ask for training material share their {trait.name}"
                found.append(Seed(round(log10_p, 6), f"{text} ({trait.name} {code})", trait.code == code))
    return sorted(found, key=lambda seed: (seed.log10_p, seed.text))
