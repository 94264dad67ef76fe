"""Values of which an account may have many: addresses, end users, sessions, wordings.

A value that only one organisation shows ties nobody. It counts among those that its account had to share, and is not kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.campaigns.kernels.links import (
    by_value,
    clear,
    count_members,
    kept_values,
    renumbered,
    shown_values,
    values_of,
)
from hydrometer.contract.rows import entity_offsets

if TYPE_CHECKING:
    from hydrometer.campaigns.kernels import Narrow
    from hydrometer.contract.population import Bools, Entities, Floats, Ints, Population

MOST_STAMPS = 1 << 30
VARIED = 0.3
"""Least share of a template's exchanges that carry a content of their own."""


@dataclass(slots=True)
class _Held:
    """The members whose organisations are counted, the counts and stamps of each value, and the last stamp."""

    members: Bools
    counts: Narrow
    stamp: int = 0


@dataclass(frozen=True)
class Link:
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
    def here(self) -> Floats:
        """Organisations of these accounts that show each value."""
        met = shown_values(self.order, self.org, self.offsets, self.value, self.cells)
        found: Floats = self.cells[:, 0].astype(np.float64)
        clear(self.cells, met)
        return found

    def shown_by(self, standing: Narrow) -> Narrow:
        """How many organisations of the members show each value, in the first column."""
        held = self._held
        if held.stamp > MOST_STAMPS:
            held.counts[:, 1] = held.stamp = 0
        held.stamp = count_members(
            standing, held.members, self.order, self.org, self.offsets, self.value, held.counts, held.stamp
        )
        return held.counts

    @cached_property
    def _held(self) -> _Held:
        return _Held(np.zeros(self.org.size, dtype=np.bool_), np.zeros((self.values, 2), dtype=np.int32))

    def accounts(self, bound: float, total_orgs: int) -> tuple[Ints, Ints, Narrow]:
        """Values that may tell an account anything, ascending; where each one's accounts begin; and the accounts, in the
        order of organisations.

        Left out is what cannot count, however a group is made up: values that are too common for an account that has so many.

        Args:
            bound: most bits of a value.
            total_orgs: organisations of the population.
        """
        kept: dict[float, tuple[Ints, Ints, Narrow]] = self._accounts
        if bound not in kept:
            # Accounts of one organisation are told apart by what the others of it show, so all of them stay.
            several = np.bincount(self.org, minlength=1)[self.org] > 1
            chance = (np.maximum(self.orgs - self.here - 1, 0.0) + 0.5) / (total_orgs + 0.5)
            most = np.minimum(most_values(bound), most_beside(np.minimum(-np.log2(chance), bound)))
            kept[bound] = by_value(self.order, self.offsets, self.value, self.number, several, most)
        return kept[bound]

    @cached_property
    def _accounts(self) -> dict[float, tuple[Ints, Ints, Narrow]]:
        return {}

    def only(self, chosen: Ints, org: Ints, order: Ints) -> Link:
        """The values of some accounts, renumbered; population counts stay those of everybody."""
        offsets, value = values_of(chosen, self.offsets, self.value)
        number = self.number[chosen]
        return shared(self.name, self.family, self.facet, org, order, number, offsets, value, self.orgs, self.cells)


def most_values(bound: float) -> float:
    """Values from which an account's best choice of up to three, each worth `bound` bits at most, is worth nothing."""
    # Three of n values can be chosen in more than (n - 2)^3 / 6 ways; from there on, two and one are worth no more.
    return math.cbrt(6) * math.pow(2.0, bound) + 2


def most_beside(bits: Floats) -> Floats:
    """Values from which a value of so many bits adds nothing to an account's best choice, whatever the others are worth."""
    # A third value must be worth more than (n - 2) / 3 times as many ways to choose; a first and a second, more than that.
    return 3.0 * np.exp2(bits) + 2


def shared(
    name: str,
    family: str,
    facet: str,
    org: Ints,
    order: Ints,
    number: Ints,
    offsets: Ints,
    value: Narrow,
    orgs: Ints | Floats,
    cells: Narrow,
) -> Link:
    """Keep the values that at least two organisations of these accounts show, renumbered in order."""
    met = shown_values(order, org, offsets, value, cells)
    kept = np.sort(met[cells[met, 0] >= 2])
    clear(cells, met)
    begins, numbers = renumbered(offsets, value, kept, cells)
    return Link(name, family, facet, org, order, number, begins, numbers, orgs[kept].astype(np.float64))


def entity_link(population: Population, entities: Entities, facet: str, order: Ints) -> Link:
    """The values of one kind that several organisations show."""
    offsets = entity_offsets(population, entities)
    number = np.diff(offsets)
    cells = np.zeros((entities.orgs.size, 2), dtype=np.int32)
    return shared(
        entities.kind,
        entities.family,
        facet,
        population.org,
        order,
        number,
        offsets,
        entities.value,
        entities.orgs,
        cells,
    )


@dataclass(frozen=True)
class Wordings:
    """Fragments that stand around many different contents; a text that is merely popular repeats its content."""

    population: Population

    @cached_property
    def templates(self) -> Bools:
        """Mask of those fragments."""
        fragments = self.population.fragments
        several = (fragments.orgs >= 3) & (fragments.prompts >= 5)
        varied: Bools = several & (fragments.prompts >= VARIED * fragments.exchanges)
        return varied

    @cached_property
    def cells(self) -> Narrow:
        """Where the kernels count: two zeros for each fragment."""
        return np.zeros((self.templates.size, 2), dtype=np.int32)

    def link(self, chosen: Ints, org: Ints, order: Ints) -> Link:
        """The wordings of some accounts."""
        fragments = self.population.fragments
        begins, value = kept_values(
            fragments.own_starts[chosen], fragments.own_counts[chosen], fragments.own, self.templates
        )
        return shared(
            "wording",
            "content",
            "wording",
            org,
            order,
            np.diff(begins),
            begins,
            value,
            fragments.orgs,
            self.cells,
        )
