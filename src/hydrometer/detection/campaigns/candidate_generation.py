"""Which groups to test: seeds among the accounts that may harvest, grown, told apart, and taken one by one.

Two sources: everybody who asks for training material at once, and every value that these accounts share more often than
their number among the population makes likely (hypergeometric enrichment, counted over all values that could have been
tested). Cost is linear in accounts and links; no value is ever expanded into pairs.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.campaigns.kernels.code_kernels import count_orgs_by_code
from hydrometer.detection.campaigns.kernels.harvest_kernels import log_hypergeometric_tail
from hydrometer.detection.campaigns.operator_separation import assign_to_nearest, is_one_operator, split_operators
from hydrometer.detection.campaigns.seed_expansion import (
    count_group_organisations,
    expand_seed,
    measure_likeness,
    select_members,
)
from hydrometer.detection.population.fragment_counts import count_carrying_exchanges, count_fragments

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydrometer.contract import CampaignSettings
    from hydrometer.detection.campaigns.comparison_features import ComparisonFeatures
    from hydrometer.detection.campaigns.peeled_views import PeeledViews
    from hydrometer.detection.population.population import Bools, Ints, Population

EXPLAINED = 0.9
"""A seed of which so much lies in one group already found leads nowhere new."""
LEADING = 0.25
"""And of which it is at least so much: a large group that was rejected may hide a campaign within it."""
OWN_USE = 0.7
"""A template is a group's own when its members make so much of its use."""
OWN_USES = 3
"""Exchanges with a group's own templates from which an account may join it; once is a turn of phrase."""
KEPT = 0.8
"""Least share of a group that must stay when it is widened; else it would become another group."""
LEANING = 0.25
"""Share of an account's exchanges with templates that lean to demands from which it may be part of a harvest."""
LEAST_SHARED = 4
"""Organisations that must share a value for it to be a seed."""
ENRICHED = -3.0
"""log10 p from which a shared value makes a seed."""


@dataclass(frozen=True, slots=True)
class ProposedGroup:
    """A group to judge: its members, and what brought it up."""

    members: Bools
    seed: str


@dataclass(frozen=True, slots=True)
class GroupSeed:
    """A value that the free accounts share, to grow from those who show it."""

    log10_p: float
    text: str
    feature: str
    code: int

    def accounts(self, local: ComparisonFeatures) -> Bools:
        """Return the accounts that show the value."""
        feature = next(feature for feature in local.coded if feature.name == self.feature)
        shown: Bools = feature.code == self.code
        return shown


def find_harvesters(population: Population, settings: CampaignSettings) -> Bools:
    """Return the accounts that may be part of a harvest: they elicit, or are refused again and again."""
    fact = population.facts
    asks = (fact["asking"] >= settings.least_asking) & (fact["demand"] * fact["exchanges"] >= settings.least_demands)
    refused = (fact["refused"] >= settings.least_refused) & (fact["refused"] * fact["exchanges"] >= 2)
    chosen: Bools = (asks | refused) & ~population.authorised
    return chosen


def find_leaning_accounts(population: Population) -> Bools:
    """Return the accounts of which a good part of the exchanges carries a template that leans to demands."""
    fact = population.facts
    chosen: Bools = (fact["leaning"] >= LEANING) & (fact["leaning"] * fact["exchanges"] >= OWN_USES)
    return chosen & ~population.authorised


def propose_groups(
    views: PeeledViews, settings: CampaignSettings, score: Callable[[Bools], float]
) -> list[ProposedGroup]:
    """Return groups of possible harvesters, best first, none overlapping.

    What is convicted is taken out of everybody's null, and the search goes on until nothing new is found: one operator's accounts would
    hide the next.

    Args:
        views: the population; convicted accounts are noted there.
        score: probability that a group is a campaign, from all signals.
    """
    population = views.without(views.convicted).population
    pool, leaning = find_harvesters(population, settings), find_leaning_accounts(population)
    accepted: list[ProposedGroup] = []
    rejected: list[_ScoredGroup] = []
    # Whoever asks plainly comes first: they make purer groups than all who use a template that leans.
    for asking, broad in itertools.product((pool, pool | leaning), (False, True)):
        cache = _ExpansionCache()
        while True:
            view = views.without(views.convicted)
            features = view.broad_features if broad else view.features
            free = asking & ~views.convicted
            if count_group_organisations(features, free) < settings.least_orgs:
                break
            eliciting = _ElicitingAccounts.of(view.population, features, pool & ~views.convicted)
            scored = sorted(_form_groups(eliciting, free, settings, score, cache), key=_ScoredGroup.rank)
            campaigns = _select_disjoint(
                [one for one in scored if one.score >= settings.report_probability], views.convicted
            )
            if not campaigns:
                rejected += scored
                break
            for one in campaigns:
                open_accounts = ~views.convicted & ~population.authorised
                wider = widen_group(
                    view.population, eliciting, _build_mask(one.accounts, free.size), open_accounts, settings
                )
                accepted.append(ProposedGroup(wider, one.text))
                views.convict(wider)
    beside = _select_disjoint(sorted(rejected, key=_ScoredGroup.rank), views.convicted)
    proposals = accepted + [ProposedGroup(_build_mask(one.accounts, pool.size), one.text) for one in beside]
    return _assign_campaigns(views, _merge_proposals(views, proposals, score, settings), score, settings)


@dataclass(frozen=True)
class _ElicitingAccounts:
    """Everybody who ever asks for training material or leans to it: most of what is compared, described once."""

    features: ComparisonFeatures
    mask: Bools
    eliciting_features: ComparisonFeatures

    @classmethod
    def of(cls, population: Population, features: ComparisonFeatures, pool: Bools) -> _ElicitingAccounts:
        mask = pool | find_leaning_accounts(population) | ((population.facts["demand"] > 0) & ~population.authorised)
        if population.excluded is not None:
            mask &= ~population.excluded
        return cls(features, mask, features.only(mask))

    def only(self, accounts: Bools) -> ComparisonFeatures:
        """Return the features of some accounts."""
        if np.any(accounts & ~self.mask):
            return self.features.only(accounts)
        return self.eliciting_features.only(accounts[self.mask])


def widen_group(
    population: Population, eliciting: _ElicitingAccounts, members: Bools, free: Bools, settings: CampaignSettings
) -> Bools:
    """Let accounts join that ask but once, or use the group's own templates unflagged: found groups recruit beyond the pool."""
    fragments = population.fragments
    eligible = population.facts["demand"] > 0
    mine = count_fragments(population, np.nonzero(members)[0])
    own = (mine.uses >= OWN_USE * fragments.exchanges[mine.fragment]) & (mine.uses >= 3)
    eligible |= (
        count_carrying_exchanges(population, np.arange(population.size), mine.mask(own, fragments.orgs.size))
        >= OWN_USES
    )
    population.release_pages()
    pool = (eligible & free) | members
    # Nobody belongs by contents alone, so whoever is unlike the group in all else is not compared by templates, which are many.
    outward = eliciting.features.without_family("content").only(pool)
    alike = measure_likeness(outward, members[pool]).total > 0
    pool[np.nonzero(pool)[0][~alike]] = False
    pool |= members
    local = eliciting.only(pool)
    grown = _expand_and_prune(local, members[pool], settings)
    if np.sum(grown & members[pool]) < KEPT * members.sum():
        return members
    # What was recruited may hold another operator's accounts: stay with the part that was found first.
    kept = max(split_operators(local, grown), key=lambda part: int(np.sum(part & members[pool])))
    wider = np.zeros(population.size, dtype=np.bool_)
    wider[np.nonzero(pool)[0][kept]] = True
    return wider


def _merge_proposals(
    views: PeeledViews,
    proposals: list[ProposedGroup],
    score: Callable[[Bools], float],
    settings: CampaignSettings,
) -> list[ProposedGroup]:
    """Put groups together that turn out to be one operator's: pools that wake when others are banned, late batches."""
    kept: list[ProposedGroup] = []
    campaigns: list[int] = []
    for proposal in proposals:
        if score(proposal.members) >= settings.report_probability:
            home = next((n for n in campaigns if _belong_together(views, kept[n], proposal, score, settings)), None)
            if home is not None:
                both = kept[home].members | proposal.members
                kept[home] = ProposedGroup(both, kept[home].seed)
                continue
            campaigns.append(len(kept))
        kept.append(proposal)
    return kept


def _assign_campaigns(
    views: PeeledViews, proposals: list[ProposedGroup], score: Callable[[Bools], float], settings: CampaignSettings
) -> list[ProposedGroup]:
    """Give every account of a campaign to the campaign that it resembles most, where all stay campaigns."""
    at = [n for n, proposal in enumerate(proposals) if score(proposal.members) >= settings.report_probability]
    if len(at) < 2:
        return proposals
    groups = [proposals[n].members for n in at]
    assigned = assign_to_nearest(views.view_for(np.any(groups, axis=0)).features, groups)
    if any(score(members) < settings.report_probability for members in assigned):
        return proposals
    result = list(proposals)
    for n, members in zip(at, assigned, strict=True):
        result[n] = ProposedGroup(members, proposals[n].seed)
    return result


def _belong_together(
    views: PeeledViews,
    first: ProposedGroup,
    second: ProposedGroup,
    score: Callable[[Bools], float],
    settings: CampaignSettings,
) -> bool:
    both = first.members | second.members
    features = views.view_for(both).features
    return is_one_operator(features, first.members, second.members) and score(both) >= settings.report_probability


@dataclass(frozen=True, slots=True)
class _ScoredGroup:
    """A tested group, by the numbers of its accounts: there may be many groups of few."""

    score: float
    text: str
    accounts: Ints

    def rank(self) -> tuple[float, int, str]:
        """Return the likeliest first, then the largest."""
        return -round(self.score, 6), -self.accounts.size, self.text


def _select_disjoint(groups: list[_ScoredGroup], claimed: Bools) -> list[_ScoredGroup]:
    """Return the groups that share no account with `claimed` or with one kept before."""
    used = claimed.copy()
    kept: list[_ScoredGroup] = []
    for one in groups:
        if not used[one.accounts].any():
            used[one.accounts] = True
            kept.append(one)
    return kept


def _build_mask(accounts: Ints, size: int) -> Bools:
    mask = np.zeros(size, dtype=np.bool_)
    mask[accounts] = True
    return mask


@dataclass(frozen=True, slots=True)
class _ExpansionCache:
    """What seeds grew into, by the accounts that they began with, and the parts of grown groups, by the group's."""

    grown: dict[bytes, Ints] = field(default_factory=dict)
    split: dict[bytes, list[Ints]] = field(default_factory=dict)


def _hash_accounts(accounts: Ints) -> bytes:
    return hashlib.blake2b(accounts.tobytes(), digest_size=16).digest()


def _form_groups(
    eliciting: _ElicitingAccounts,
    free: Bools,
    settings: CampaignSettings,
    score: Callable[[Bools], float],
    cache: _ExpansionCache,
) -> list[_ScoredGroup]:
    """Return the distinct grown and split groups among the free accounts.

    Args:
        cache: what came of other calls, whose free accounts were these and more; what comes of this one is added.
    """
    local = eliciting.only(free)
    numbers = np.nonzero(free)[0]
    seeds = _find_seeds(local)
    everybody = ("everybody who asks for training material", np.ones(local.size, dtype=np.bool_))
    scored: dict[bytes, _ScoredGroup] = {}
    grown_before: set[bytes] = set()
    parts: list[Bools] = []
    campaigns = np.zeros(local.size, dtype=np.bool_)
    for text, shown in chain([everybody], ((seed.text, seed.accounts(local)) for seed in seeds)):
        # Those of a campaign that is found already lead back to it.
        start = shown & ~campaigns
        if count_group_organisations(local, start) < LEAST_SHARED or any(
            np.mean(part[shown]) >= EXPLAINED and np.mean(shown[part]) >= LEADING for part in parts
        ):
            continue
        begun = _hash_accounts(numbers[start])
        reached = cache.grown.get(begun)
        # What grew into nobody who is gone grows so again.
        if reached is not None and free[reached].all():
            grown = _build_mask(np.searchsorted(numbers, reached), local.size)
        else:
            grown = _expand_and_prune(local, start, settings)
            cache.grown[begun] = numbers[grown]
        key = np.packbits(grown).tobytes()
        if key in grown_before or count_group_organisations(local, grown) < settings.least_orgs:
            continue
        grown_before.add(key)
        whole = _hash_accounts(numbers[grown])
        if whole not in cache.split:
            cache.split[whole] = [numbers[part] for part in split_operators(local, grown)]
        for accounts in cache.split[whole]:
            part = _build_mask(np.searchsorted(numbers, accounts), local.size)
            parts.append(part)
            key = _hash_accounts(accounts)
            if key not in scored:
                scored[key] = _ScoredGroup(score(_build_mask(accounts, free.size)), text, accounts)
            if scored[key].score >= settings.report_probability:
                campaigns |= part
    return list(scored.values())


def _expand_and_prune(local: ComparisonFeatures, start: Bools, settings: CampaignSettings) -> Bools:
    grown = expand_seed(local, start, threshold=settings.join_bits, rounds=settings.grow_rounds)
    # Every member must resemble the group that came out, not the one before the last round.
    return grown & select_members(measure_likeness(local, grown), grown, settings.join_bits)


def _find_seeds(local: ComparisonFeatures) -> list[GroupSeed]:
    """Find values that the free accounts' organisations share more often than chance, the most surprising first."""
    seeds: list[GroupSeed] = []
    for feature in local.coded:
        inside = count_orgs_by_code(local.by_org, local.org, feature.code, feature.codes)
        drawn = int(inside.sum())
        total = max(int(feature.coded_orgs), drawn)
        tests = math.log10(max(1, feature.codes) * len(local.coded))
        for code in np.nonzero((inside >= LEAST_SHARED) & (inside * total > drawn * feature.orgs))[0].tolist():
            # Of numbers only those who ask are counted as everybody; who joins them here may not be among them.
            shown = int(max(inside[code], feature.orgs[code]))
            natural = log_hypergeometric_tail(int(inside[code]), total, shown, drawn)
            log10_p = natural / math.log(10) + tests
            if log10_p <= ENRICHED:
                text = f"{inside[code]:.0f} of {local.orgs} organisations that ask for training material share their {feature.name}"
                seeds.append(GroupSeed(round(log10_p, 6), f"{text} ({feature.name} {code})", feature.name, code))
    return sorted(seeds, key=lambda seed: (seed.log10_p, seed.text))
