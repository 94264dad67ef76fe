"""Which groups to test: seeds among the accounts that may harvest, grown, told apart, and taken one by one.

Two sources: everybody who asks for training material at once, and every value that these accounts share more often than
their number among the population makes likely (hypergeometric enrichment, counted over all values that could have been
tested). Cost is linear in accounts and links; no value is ever expanded into pairs.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.campaigns.grow import belongs, grow, organisations, resemblance
from hydrometer.campaigns.kernels.codes import shown_codes
from hydrometer.campaigns.kernels.rows import hypergeometric_tail
from hydrometer.campaigns.split import one_operator, split
from hydrometer.contract.wordings import carrying, spoken

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydrometer.campaigns.traits import Traits
    from hydrometer.contract.population import Bools, Ints, Population
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
LEAST_SHARED = 4
"""Organisations that must share a value for it to be a seed."""
ENRICHED = -3.0
"""log10 p from which a shared value makes a seed."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A group to judge: its members, and what brought it up."""

    members: Bools
    seed: str


@dataclass(frozen=True, slots=True)
class Seed:
    """A value that the free accounts share, to grow from those who show it."""

    log10_p: float
    text: str
    trait: str
    code: int

    def accounts(self, local: Traits) -> Bools:
        """Those who show the value."""
        trait = next(trait for trait in local.coded if trait.name == self.trait)
        shown: Bools = trait.code == self.code
        return shown


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
    rejected: list[_Scored] = []
    caps: list[str] = []
    taken = np.zeros(population.size, dtype=np.bool_)
    askers = _Askers.of(population, traits, pool)
    # Whoever asks plainly comes first: they make purer groups than all who use a wording that leans.
    for asking in (pool, pool | leaners(population)):
        before = _Before()
        while organisations(traits, asking & ~taken) >= settings.least_orgs:
            groups, dropped = _groups(askers, asking & ~taken, settings, score, before)
            if dropped and not caps:
                caps.append(f"{dropped} weaker seeds were not grown (campaigns.seeds = {settings.seeds})")
            scored = sorted(groups, key=_Scored.rank)
            found = _disjoint([one for one in scored if one.score >= settings.report_probability], taken)
            if not found:
                rejected += scored
                break
            for one in found:
                free = ~taken & ~population.authorised
                wider = widen(population, askers, _mask(one.accounts, free.size), free, settings)
                accepted.append(Proposal(wider, one.text))
                taken |= wider
    beside = _disjoint(sorted(rejected, key=_Scored.rank), taken)
    proposals = accepted + [Proposal(_mask(one.accounts, taken.size), one.text) for one in beside]
    return _joined(traits, proposals, score, settings), caps


@dataclass(frozen=True)
class _Askers:
    """Everybody who ever asks for training material or leans to it: most of what is compared, described once."""

    traits: Traits
    mask: Bools
    described: Traits

    @classmethod
    def of(cls, population: Population, traits: Traits, pool: Bools) -> _Askers:
        mask = pool | leaners(population) | ((population.facts["demand"] > 0) & ~population.authorised)
        return cls(traits, mask, traits.only(mask))

    def only(self, accounts: Bools) -> Traits:
        """The traits of some accounts."""
        if np.any(accounts & ~self.mask):
            return self.traits.only(accounts)
        return self.described.only(accounts[self.mask])


def widen(population: Population, askers: _Askers, members: Bools, free: Bools, settings: CampaignSettings) -> Bools:
    """Let accounts join that ask but once, or use the group's own wordings unflagged: found groups recruit beyond the pool."""
    fragments = population.fragments
    asked = population.facts["demand"] > 0
    mine = spoken(population, np.nonzero(members)[0])
    own = (mine.uses >= OWN_USE * fragments.exchanges[mine.fragment]) & (mine.uses >= 3)
    asked |= carrying(population, np.arange(population.size), mine.mask(own, fragments.orgs.size)) >= OWN_USES
    population.let_go()
    pool = (asked & free) | members
    # Nobody belongs by contents alone, so whoever is unlike the group in all else is not compared by wordings, which are many.
    outward = askers.traits.without("content").only(pool)
    alike = resemblance(outward, members[pool]).total > 0
    pool[np.nonzero(pool)[0][~alike]] = False
    pool |= members
    local = askers.only(pool)
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
    campaigns: list[int] = []
    for proposal in proposals:
        if score(proposal.members) >= settings.report_probability:
            home = next((n for n in campaigns if _belong_together(traits, kept[n], proposal, score, settings)), None)
            if home is not None:
                both = kept[home].members | proposal.members
                kept[home] = Proposal(both, kept[home].seed)
                continue
            campaigns.append(len(kept))
        kept.append(proposal)
    return kept


def _belong_together(
    traits: Traits, first: Proposal, second: Proposal, score: Callable[[Bools], float], settings: CampaignSettings
) -> bool:
    both = first.members | second.members
    return one_operator(traits, first.members, second.members) and score(both) >= settings.report_probability


@dataclass(frozen=True, slots=True)
class _Scored:
    """A tested group, by the numbers of its accounts: there may be many groups of few."""

    score: float
    text: str
    accounts: Ints

    def rank(self) -> tuple[float, int, str]:
        """The likeliest first, then the largest."""
        return -round(self.score, 6), -self.accounts.size, self.text


def _disjoint(groups: list[_Scored], taken: Bools) -> list[_Scored]:
    """The groups that share no account with `taken` or with one kept before."""
    gone = taken.copy()
    kept: list[_Scored] = []
    for one in groups:
        if not gone[one.accounts].any():
            gone[one.accounts] = True
            kept.append(one)
    return kept


def _mask(accounts: Ints, size: int) -> Bools:
    found = np.zeros(size, dtype=np.bool_)
    found[accounts] = True
    return found


@dataclass(frozen=True, slots=True)
class _Before:
    """What seeds grew into, by the accounts that they began with, and the parts of grown groups, by the group's."""

    grown: dict[bytes, Ints] = field(default_factory=dict)
    split: dict[bytes, list[Ints]] = field(default_factory=dict)


def _digest(accounts: Ints) -> bytes:
    return hashlib.blake2b(accounts.tobytes(), digest_size=16).digest()


def _groups(
    askers: _Askers,
    free: Bools,
    settings: CampaignSettings,
    score: Callable[[Bools], float],
    before: _Before,
) -> tuple[list[_Scored], int]:
    """Distinct grown and split groups among the free accounts, and how many seeds were left out.

    Args:
        before: what came of other calls, whose free accounts were these and more; what comes of this one is added.
    """
    local = askers.only(free)
    numbers = np.nonzero(free)[0]
    seeds = _seeds(local)
    everybody = ("everybody who asks for training material", np.ones(local.size, dtype=np.bool_))
    found: dict[bytes, _Scored] = {}
    grown_before: set[bytes] = set()
    parts: list[Bools] = []
    campaigns = np.zeros(local.size, dtype=np.bool_)
    for text, shown in chain([everybody], ((seed.text, seed.accounts(local)) for seed in seeds[: settings.seeds])):
        # Those of a campaign that is found already lead back to it.
        start = shown & ~campaigns
        if organisations(local, start) < LEAST_SHARED or any(np.mean(part[shown]) >= EXPLAINED for part in parts):
            continue
        begun = _digest(numbers[start])
        reached = before.grown.get(begun)
        # What grew into nobody who is gone grows so again.
        if reached is not None and free[reached].all():
            grown = _mask(np.searchsorted(numbers, reached), local.size)
        else:
            grown = _grown(local, start, settings)
            before.grown[begun] = numbers[grown]
        key = np.packbits(grown).tobytes()
        if key in grown_before or organisations(local, grown) < settings.least_orgs:
            continue
        grown_before.add(key)
        whole = _digest(numbers[grown])
        if whole not in before.split:
            before.split[whole] = [numbers[part] for part in split(local, grown)]
        for accounts in before.split[whole]:
            part = _mask(np.searchsorted(numbers, accounts), local.size)
            parts.append(part)
            key = _digest(accounts)
            if key not in found:
                found[key] = _Scored(score(_mask(accounts, free.size)), text, accounts)
            if found[key].score >= settings.report_probability:
                campaigns |= part
    return list(found.values()), max(0, len(seeds) - settings.seeds)


def _grown(local: Traits, start: Bools, settings: CampaignSettings) -> Bools:
    grown = grow(local, start, threshold=settings.join_bits, rounds=settings.grow_rounds)
    # Every member must resemble the group that came out, not the one before the last round.
    return grown & belongs(resemblance(local, grown), grown, settings.join_bits)


def _seeds(local: Traits) -> list[Seed]:
    """Values that the free accounts' organisations share more often than chance, the most surprising first."""
    found: list[Seed] = []
    for trait in local.coded:
        inside = shown_codes(local.by_org, local.org, trait.code, trait.codes)
        drawn = int(inside.sum())
        total = max(int(trait.known), drawn)
        tests = math.log10(max(1, trait.codes) * len(local.coded))
        for code in np.nonzero((inside >= LEAST_SHARED) & (inside * total > drawn * trait.orgs))[0].tolist():
            natural = hypergeometric_tail(int(inside[code]), total, int(trait.orgs[code]), drawn)
            log10_p = natural / math.log(10) + tests
            if log10_p <= ENRICHED:
                text = f"{inside[code]:.0f} of {local.orgs} organisations that ask for training material share their {trait.name}"
                found.append(Seed(round(log10_p, 6), f"{text} ({trait.name} {code})", trait.name, code))
    return sorted(found, key=lambda seed: (seed.log10_p, seed.text))
