"""How members of a group behave as other members do and others do not: when they began, what they ask for, how they send it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract import EntityKind
from hydrometer.detection.campaigns.fact_columns import (
    UNSHARED,
    FactColumn,
    FactCounts,
    format_moment,
    phrase_beginning,
    phrase_members,
    phrase_others,
)
from hydrometer.detection.campaigns.kernels.companion_kernels import count_neighbours
from hydrometer.detection.population.csr import index_entities
from hydrometer.detection.population.fragment_counts import BLOCK, count_carrying_exchanges, count_fragments
from hydrometer.detection.population.memo import memoize_by_key
from hydrometer.detection.population.org_panel import count_all_orgs

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import Bools, Floats, Ints, Population

HOUR = 3_600_000_000
WIDTHS = (3 * HOUR, 24 * HOUR)
"""Distances within which accounts begin, or are last seen, together."""
EDGE = 12 * HOUR
"""First exchanges so soon after the traffic begins are unknown, and last ones so soon before it ends."""
FEWEST = 8
"""Exchanges below which an account's habits are not told."""
DEMAND_SHARES = (0.03, 0.1, 0.25, 0.5, 0.75, 0.9)
SUCCESSION_SHARES = (0.0, 0.02, 0.05, 0.1, 0.2)
SYSTEMS = (4, 8, 16, 32, 64)
"""Autonomous systems from which an account comes from more places than a person does."""


def build_behaviour_columns(group: AccountGroup) -> list[FactColumn]:
    """Return a column for each habit that the population has measured."""
    columns = [_build_moment_column(group, fact) for fact in ("first_seen", "last_seen")]
    columns.append(_build_demand_column(group))
    if "successions" in group.population.facts:
        columns.append(_build_succession_column(group))
    if EntityKind.ASN in group.population.entities:
        columns.append(_build_system_column(group))
    if group.population.fragments.orgs.size:
        columns.append(_build_template_column(group))
    return columns


def _build_moment_column(group: AccountGroup, fact: str) -> FactColumn:
    """Return who began, or was last seen, when other members were."""
    population, accounts = group.population, group.accounts
    action, noun = ("began", "first") if fact == "first_seen" else ("was last seen", "last")
    moments = population.facts[fact]
    everybody = memoize_by_key(population, ("sorted moments", fact), lambda: _sort_moments(population, fact))
    mine = accounts[_mask_inner_moments(population, moments[accounts])]
    mine = mine[np.argsort(moments[mine], kind="stable")]
    time = moments[mine].astype(np.int64)
    org = np.unique(population.org[mine], return_inverse=True)[1]
    position = np.searchsorted(accounts, mine)
    bits, width_of = np.full(accounts.size, UNSHARED), np.zeros(accounts.size, dtype=np.int64)
    inside, outside = np.zeros(accounts.size, dtype=np.int64), np.zeros(accounts.size, dtype=np.int64)
    others = everybody.size - mine.size
    for width in WIDTHS:
        near = count_neighbours(time, org.astype(np.int64), width)
        within = np.searchsorted(everybody, time + width, side="right") - np.searchsorted(everybody, time - width)
        elsewhere = within - near[:, 0] - 1
        counts = FactCounts(near[:, 0], np.int64(mine.size - 1), elsewhere, np.int64(others))
        weight = counts.select_shared(near[:, 1])
        stronger = weight > bits[position]
        chosen = position[stronger]
        bits[chosen], width_of[chosen] = weight[stronger], width
        inside[chosen], outside[chosen] = near[stronger, 0], elsewhere[stronger]

    def write_sentence(member: int) -> str:
        return (
            f"{action} {format_moment(moments[accounts[member]])}, within {width_of[member] // HOUR} hours of the {noun} exchanges of "
            f"{phrase_members(group, int(inside[member]), mine.size - 1)} and of "
            f"{phrase_others(int(outside[member]), others, 'other accounts')}"
        )

    return FactColumn(fact, "timing", bits, write_sentence)


def _mask_inner_moments(population: Population, moments: Floats) -> Bools:
    inner: Bools = (moments > population.start + EDGE) & (moments < population.end - EDGE)
    return inner


def _sort_moments(population: Population, fact: str) -> Ints:
    moments = population.facts[fact]
    return np.sort(moments[_mask_inner_moments(population, moments)].astype(np.int64))


@dataclass(frozen=True, slots=True)
class _LevelCounts:
    """How many accounts reach the highest level that each member reaches.

    Attributes:
        level: which level it is, -1 for none.
        inside, outside: other members that reach it, and others; by level.
        members, others: accounts of which it could be said.
        bits: how far it sets each member apart.
    """

    level: Ints
    inside: Ints
    outside: Ints
    members: int
    others: int
    bits: Floats

    def phrase_counts(self, group: AccountGroup, member: int, noun: str) -> str:
        """Return who else reaches the level of a member."""
        level = self.level[member]
        return (
            f"{phrase_members(group, int(self.inside[level]), self.members - 1)} and of "
            f"{phrase_others(int(self.outside[level]), self.others, noun)}"
        )


def _count_levels(group: AccountGroup, value: Floats, levels: Floats, compared: Bools) -> _LevelCounts:
    """Count who reaches the levels that members reach.

    Args:
        value: of every account; NaN where it cannot be said.
        levels: ascending; a level is reached by what is as great or greater.
        compared: the accounts that members are compared with.
    """
    mine, theirs = value[group.accounts], value[compared & np.isfinite(value)]
    finite = np.isfinite(mine)
    level = np.where(finite, np.searchsorted(levels, np.nan_to_num(mine), side="right") - 1, -1).astype(np.int64)
    reached = [level >= at for at in range(levels.size)]
    org = group.population.org[group.accounts]
    inside = np.array([np.count_nonzero(mask) for mask in reached], dtype=np.int64) - 1
    orgs = np.array([np.unique(org[mask]).size for mask in reached], dtype=np.int64) - 1
    outside = np.array([np.count_nonzero(theirs >= least) for least in levels], dtype=np.int64)
    members, others = int(np.count_nonzero(finite)), int(theirs.size)
    shared = FactCounts(inside, np.int64(members - 1), outside, np.int64(others)).select_shared(orgs)
    bits = np.where(level >= 0, shared[level], UNSHARED)
    return _LevelCounts(level, inside, outside, members, others, bits)


def _build_demand_column(group: AccountGroup) -> FactColumn:
    """Return who asks for training material as often as other members do."""
    facts, levels = group.population.facts, np.array(DEMAND_SHARES)
    counts = _count_levels(group, facts["demand"], levels, group.others)

    def write_habit(member: int) -> str:
        number, exchanges = _count_share(group, member, "demand")
        return (
            f"{number:,} of its {exchanges:,} exchanges ask for training material: {levels[counts.level[member]]:.0%} or more, as of "
            f"{counts.phrase_counts(group, member, 'other accounts')}"
        )

    return FactColumn("demand", "content", counts.bits, _date_sentence(group, write_habit))


def _count_share(group: AccountGroup, member: int, fact: str) -> tuple[int, int]:
    """Return how many exchanges of a member a share of them is, and all."""
    facts, account = group.population.facts, group.accounts[member]
    exchanges = round(float(facts["exchanges"][account]))
    return round(float(facts[fact][account]) * exchanges), exchanges


def _date_sentence(group: AccountGroup, write: Callable[[int], str]) -> Callable[[int], str]:
    """Return what writes a sentence and since when its account is there."""
    return lambda member: f"{write(member)}; {phrase_beginning(group, member)}"


def _build_succession_column(group: AccountGroup) -> FactColumn:
    """Return who sends one exchange at a time, as other members do: people come in sittings."""
    facts, levels = group.population.facts, -np.array(SUCCESSION_SHARES[::-1])
    exchanges = facts["exchanges"]
    share = np.where(exchanges >= FEWEST, facts["successions"] / np.maximum(exchanges, 1.0), np.nan)
    counts = _count_levels(group, -share, levels, group.peers)

    def write_habit(member: int) -> str:
        account = group.accounts[member]
        number = round(float(facts["successions"][account]))
        most = -levels[counts.level[member]]
        return (
            f"of its {round(float(exchanges[account])):,} exchanges {f'{number:,}' if number else 'none'} "
            f"follow{'s' if number < 2 else ''} its last within ten minutes: {f'{most:.0%} at most' if most else 'none'}, as of "
            f"{counts.phrase_counts(group, member, 'other accounts of like use')}"
        )

    return FactColumn("sittings", "timing", counts.bits, _date_sentence(group, write_habit))


def _build_system_column(group: AccountGroup) -> FactColumn:
    """Return who comes from as many autonomous systems as other members do."""
    population, levels = group.population, np.array(SYSTEMS, dtype=np.float64)
    number = np.diff(index_entities(population, population.entities[EntityKind.ASN]))
    counts = _count_levels(group, np.where(number > 0, number, np.nan).astype(np.float64), levels, group.peers)

    def write_habit(member: int) -> str:
        return (
            f"came from {number[group.accounts[member]]:,} autonomous systems (ASNs): {levels[counts.level[member]]:.0f} or more, as did "
            f"{counts.phrase_counts(group, member, 'other accounts of like use').replace(' and of ', ' and ')}"
        )

    return FactColumn("systems", "infrastructure", counts.bits, _date_sentence(group, write_habit))


def _build_template_column(group: AccountGroup) -> FactColumn:
    """Return who sends templates of the campaign: fragments whose users are members, half of them and more."""
    population, accounts = group.population, group.accounts
    fragments = population.fragments
    counts = count_fragments(population, accounts)
    outside = fragments.orgs[counts.fragment] - counts.orgs
    telling = (counts.orgs > 2) & (outside <= counts.orgs)
    chosen = counts.mask(telling, fragments.orgs.size)
    carrying = count_carrying_exchanges(population, accounts, chosen)
    most = _find_most_outside(group, counts.fragment, np.where(telling, outside, -1))
    shown = carrying > 0
    others = count_all_orgs(population) - group.size
    orgs = np.unique(population.org[accounts[shown]]).size - 1
    members = accounts.size - 1
    inside = int(np.count_nonzero(shown)) - 1
    shared = FactCounts(np.int64(inside), np.int64(members), np.maximum(most, 0), np.int64(others))
    bits = np.where(shown, shared.select_shared(np.int64(orgs)), UNSHARED)

    def write_habit(member: int) -> str:
        exchanges = round(float(population.facts["exchanges"][accounts[member]]))
        elsewhere = (
            f"none of them is in more than {most[member]:,} of {others:,} other organisations"
            if most[member] > 0
            else f"none of {others:,} other organisations uses them"
        )
        return (
            f"{carrying[member]:,} of its {exchanges:,} exchanges carry templates of the campaign, which "
            f"{phrase_members(group, inside, members)} use; {elsewhere}"
        )

    return FactColumn("templates", "content", bits, _date_sentence(group, write_habit))


def _find_most_outside(group: AccountGroup, fragment: Ints, outside: Ints) -> Ints:
    """Return the greatest `outside` among the fragments of each member, -1 without any.

    Args:
        fragment: ascending; all that any member has.
        outside: a number of each.
    """
    accounts, fragments = group.accounts, group.population.fragments
    most = np.full(accounts.size, -1, dtype=np.int64)
    for begin in range(0, accounts.size, BLOCK):
        some = accounts[begin : begin + BLOCK]
        position, own, _ = fragments.list_account_pairs(some)
        starts = np.searchsorted(position, np.arange(some.size))
        filled = fragments.own_counts[some] > 0
        if filled.any():
            values = outside[np.searchsorted(fragment, own)]
            most[begin : begin + BLOCK][filled] = np.maximum.reduceat(values, starts[filled])
    return most
