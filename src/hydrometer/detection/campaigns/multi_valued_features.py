"""Values of which an account may have many: addresses, end users, sessions, templates.

A value that only one organisation shows ties nobody. It counts among those that its account had to share, and is not kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hydrometer.detection.campaigns.kernels.value_kernels import (
    clear_cells,
    count_shown_values,
    filter_values,
    gather_values,
    invert_values,
    renumber_values,
    update_member_counts,
)
from hydrometer.detection.population.csr import index_entities

if TYPE_CHECKING:
    from hydrometer.detection.campaigns.kernels import Narrow
    from hydrometer.detection.population.population import Bools, EntityPairs, Floats, Ints, Population

MOST_STAMPS = 1 << 30
VARIED = 0.3
"""Least share of a template's exchanges that carry a content of their own."""


@dataclass(slots=True)
class _MemberCounts:
    """The members whose organisations are counted, the counts and stamps of each value, and the last stamp."""

    members: Bools
    counts: Narrow
    stamp: int = 0


class FeatureLabel(NamedTuple):
    """What a feature is called, whose kind of evidence it is, and in what words it is spoken of."""

    name: str
    family: str
    facet: str


class AccountValues(NamedTuple):
    """Values of accounts as the kernels take them; `value[offsets[a]:offsets[a + 1]]` are those of account a."""

    org: Ints
    order: Ints
    """Accounts in the order of organisations."""
    number: Ints
    """Values of each account, with those that are not listed."""
    offsets: Ints
    value: Narrow


@dataclass(frozen=True)
class MultiValuedFeature:
    """Which values each account shows: `value[offsets[a]:offsets[a + 1]]`, each that several organisations show once."""

    name: str
    family: str
    facet: str
    org: Ints
    order: Ints
    """Accounts in the order of organisations."""
    number: Ints
    """Values of each account, with those that nobody else shows."""
    offsets: Ints
    value: Narrow
    orgs: Floats
    """Organisations that show each value, in the whole population."""

    @property
    def values(self) -> int:
        return int(self.orgs.size)

    @cached_property
    def cells(self) -> Narrow:
        """Where the kernels count: two zeros for each value."""
        return np.zeros((self.values, 2), dtype=np.int32)

    @cached_property
    def local_orgs(self) -> Floats:
        """Organisations of these accounts that show each value."""
        shown = count_shown_values(self.order, self.org, self.offsets, self.value, self.cells)
        counts: Floats = self.cells[:, 0].astype(np.float64)
        clear_cells(self.cells, shown)
        return counts

    def count_members(self, relation: Narrow) -> Narrow:
        """Return how many organisations of the members show each value, in the first column."""
        member_counts = self._member_counts
        if member_counts.stamp > MOST_STAMPS:
            member_counts.counts[:, 1] = member_counts.stamp = 0
        member_counts.stamp = update_member_counts(
            relation,
            member_counts.members,
            self.order,
            self.org,
            self.offsets,
            self.value,
            member_counts.counts,
            member_counts.stamp,
        )
        return member_counts.counts

    @cached_property
    def _member_counts(self) -> _MemberCounts:
        return _MemberCounts(np.zeros(self.org.size, dtype=np.bool_), np.zeros((self.values, 2), dtype=np.int32))

    def accounts_by_value(self, bound: float, total_orgs: int) -> tuple[Ints, Ints, Narrow]:
        """Return the values that may tell an account anything, ascending; where each one's accounts begin; and the
        accounts, in the order of organisations.

        Left out is what cannot count, however a group is made up: values that are too common for an account that has so many.

        Args:
            bound: most bits of a value.
            total_orgs: organisations of the population.
        """
        cached: dict[float, tuple[Ints, Ints, Narrow]] = self._accounts_by_value
        if bound not in cached:
            # Accounts of one organisation are told apart by what the others of it show, so all of them stay.
            has_siblings = np.bincount(self.org, minlength=1)[self.org] > 1
            chance = (np.maximum(self.orgs - self.local_orgs - 1, 0.0) + 0.5) / (total_orgs + 0.5)
            most = np.minimum(limit_value_count(bound), limit_other_values(np.minimum(-np.log2(chance), bound)))
            cached[bound] = invert_values(self.order, self.offsets, self.value, self.number, has_siblings, most)
        return cached[bound]

    @cached_property
    def _accounts_by_value(self) -> dict[float, tuple[Ints, Ints, Narrow]]:
        return {}

    def only(self, chosen: Ints, org: Ints, order: Ints) -> MultiValuedFeature:
        """Return the values of some accounts, renumbered; population counts stay those of everybody."""
        offsets, value = gather_values(chosen, self.offsets, self.value)
        number = self.number[chosen]
        rows = AccountValues(org, order, number, offsets, value)
        return keep_shared_values(FeatureLabel(self.name, self.family, self.facet), rows, self.orgs, self.cells)


def limit_value_count(bound: float) -> float:
    """Return how many values an account has where its best choice of up to three, each of `bound` bits at most, is worth
    nothing.
    """
    # Three of n values can be chosen in more than (n - 2)^3 / 6 ways; from there on, two and one are worth no more.
    return math.cbrt(6) * math.pow(2.0, bound) + 2


def limit_other_values(bits: Floats) -> Floats:
    """Return how many values an account has where one of so many bits adds nothing to its best choice, whatever the others
    are worth.
    """
    # A third value must be worth more than (n - 2) / 3 times as many ways to choose; a first and a second, more than that.
    return 3.0 * np.exp2(bits) + 2


def keep_shared_values(
    label: FeatureLabel, rows: AccountValues, orgs: Ints | Floats, cells: Narrow
) -> MultiValuedFeature:
    """Keep the values that at least two organisations of these accounts show, renumbered in order.

    Args:
        orgs: organisations of the population that show each value.
        cells: two zeros for each value, in which the kernels count, and which are zeros again afterwards.
    """
    org, order, number, offsets, value = rows
    shown = count_shown_values(order, org, offsets, value, cells)
    kept = np.sort(shown[cells[shown, 0] >= 2])
    clear_cells(cells, shown)
    begins, numbers = renumber_values(offsets, value, kept, cells)
    return MultiValuedFeature(*label, org, order, number, begins, numbers, orgs[kept].astype(np.float64))


def build_multi_valued_feature(
    population: Population, entities: EntityPairs, facet: str, order: Ints
) -> MultiValuedFeature:
    """Return the values of one kind that several organisations show."""
    offsets = index_entities(population, entities)
    number = np.diff(offsets)
    cells = np.zeros((entities.orgs.size, 2), dtype=np.int32)
    label = FeatureLabel(entities.kind, entities.family, facet)
    rows = AccountValues(population.org, order, number, offsets, entities.value)
    return keep_shared_values(label, rows, entities.orgs, cells)


@dataclass(frozen=True)
class TemplateFragments:
    """Fragments that stand around many different contents; a text that is merely popular repeats its content."""

    population: Population

    @cached_property
    def mask(self) -> Bools:
        """Mask of those fragments."""
        fragments = self.population.fragments
        frequent = (fragments.orgs >= 3) & (fragments.prompts >= 5)
        varied: Bools = frequent & (fragments.prompts >= VARIED * fragments.exchanges)
        return varied

    @cached_property
    def cells(self) -> Narrow:
        """Where the kernels count: two zeros for each fragment."""
        return np.zeros((self.mask.size, 2), dtype=np.int32)

    def build_feature(self, chosen: Ints, org: Ints, order: Ints) -> MultiValuedFeature:
        """Return the templates of some accounts."""
        fragments = self.population.fragments
        begins, value = filter_values(
            fragments.own_starts[chosen], fragments.own_counts[chosen], fragments.own, self.mask
        )
        rows = AccountValues(org, order, np.diff(begins), begins, value)
        return keep_shared_values(FeatureLabel("wording", "content", "wording"), rows, fragments.orgs, self.cells)
