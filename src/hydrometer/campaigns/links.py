"""Values of which an account may have many: addresses, end users, sessions, wordings.

A value that only one organisation shows ties nobody. It counts among those that its account had to share, and is not kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.campaigns.kernels.links import by_value, distinct_pairs, shown_values
from hydrometer.contract.rows import entity_offsets, fragment_offsets, rows_of

if TYPE_CHECKING:
    from hydrometer.campaigns.kernels import Narrow
    from hydrometer.contract.population import Entities, Floats, Ints, Population

VARIED = 0.3
"""Least share of a template's exchanges that carry a content of their own."""


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
    def here(self) -> Floats:
        """Organisations of these accounts that show each value."""
        found: Floats = shown_values(self.order, self.org, self.offsets, self.value, self.values)
        return found

    def accounts(self, bound: float) -> tuple[Ints, Narrow]:
        """Where each value's accounts begin, and the accounts, in the order of organisations.

        Accounts whose many values could not tell anything, each worth no more than `bound` bits, are left out.
        """
        kept: dict[float, tuple[Ints, Narrow]] = self._accounts
        if bound not in kept:
            # Accounts of one organisation are told apart by what the others of it show, so all of them stay.
            several = np.bincount(self.org, minlength=1)[self.org] > 1
            chosen = several | (self.number <= most_values(bound))
            kept[bound] = by_value(self.order, self.offsets, self.value, self.values, chosen)
        return kept[bound]

    @cached_property
    def _accounts(self) -> dict[float, tuple[Ints, Narrow]]:
        return {}

    def only(self, chosen: Ints, org: Ints, order: Ints) -> Link:
        """The values of some accounts, renumbered; population counts stay those of everybody."""
        rows = rows_of(self.offsets, chosen)
        counts = self.offsets[chosen + 1] - self.offsets[chosen]
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return shared(
            self.name, self.family, self.facet, org, order, self.number[chosen], offsets, self.value[rows], self.orgs
        )


def most_values(bound: float) -> float:
    """Values from which an account's best choice of up to three, each worth `bound` bits at most, is worth nothing."""
    # Three of n values can be chosen in more than (n - 2)^3 / 6 ways; from there on, two and one are worth no more.
    return math.cbrt(6) * math.pow(2.0, bound) + 2


def shared(
    name: str, family: str, facet: str, org: Ints, order: Ints, number: Ints, offsets: Ints, value: Narrow, orgs: Floats
) -> Link:
    """Keep the values that at least two organisations of these accounts show, renumbered in order."""
    here = shown_values(order, org, offsets, value, orgs.size)
    kept = here >= 2
    place = np.cumsum(kept) - 1
    of_row = kept[value]
    before = np.concatenate([[0], np.cumsum(of_row)]).astype(np.int64)
    return Link(
        name, family, facet, org, order, number, before[offsets], place[value[of_row]].astype(np.int32), orgs[kept]
    )


def entity_link(population: Population, entities: Entities, facet: str, order: Ints) -> Link:
    """The values of one kind that several organisations show."""
    offsets = entity_offsets(population, entities)
    number = np.diff(offsets)
    orgs = entities.orgs.astype(np.float64)
    return shared(entities.kind, entities.family, facet, population.org, order, number, offsets, entities.value, orgs)


@dataclass(frozen=True, slots=True)
class Wordings:
    """Fragments that stand around many different contents; a text that is merely popular repeats its content."""

    population: Population

    def link(self, chosen: Ints, org: Ints, order: Ints) -> Link:
        """The wordings of some accounts."""
        fragments, offsets = self.population.fragments, fragment_offsets(self.population)
        template = (
            (fragments.orgs >= 3) & (fragments.prompts >= 5) & (fragments.prompts >= VARIED * fragments.exchanges)
        )
        begins, value = distinct_pairs(
            chosen,
            offsets[chosen],
            offsets[chosen + 1],
            fragments.fragment,
            template,
            np.full(fragments.orgs.size, -1, dtype=np.int64),
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
            fragments.orgs.astype(np.float64),
        )
