"""What distinguishes accounts, as coded columns: one code an account, -1 where unknown.

Traits that measure one thing share a `facet`; of one facet only the strongest counts, because correlated evidence
would otherwise count twice (Belin & Rubin 1995 on overconfident linkage; Splink's nested comparison levels).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.campaigns.kernels.codes import shown_codes
from hydrometer.campaigns.links import Link, Wordings, entity_link

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.campaigns.kernels import Narrow
    from hydrometer.contract.population import Bools, Entities, Floats, Ints, Population

BINS = 32
"""Most bins of a number: a match is then worth at most 5 bits."""

ENTITY_FACETS = {
    "payment": "card",
    "bin": "card",
    "device": "device",
    "phone": "phone",
    "email_domain": "e-mail domain",
    "email_shape": "e-mail shape",
    "email_length": "e-mail shape",
    "signup_day": "sign-up",
    "signup_network": "address",
}
"""Facet of each kind of entity of which an account has one value."""
LINK_FACETS = {"address": "address", "network": "address", "end_user": "end user", "session": "session"}
"""Facet of each kind of which an account may have many."""


@dataclass(frozen=True, slots=True)
class Trait:
    """One coded column. `near` says that neighbouring codes resemble each other (bins of a number)."""

    name: str
    family: str
    facet: str
    code: Narrow
    orgs: Floats
    """Organisations that show each code, in the whole population."""
    near: bool
    known: float
    """Organisations that show any code, in the whole population: one that shows several counts so often."""
    breadth: int
    """Codes that the smoothing of base rates reckons with."""
    cells: Narrow
    """Where the kernels count: two zeros for each code."""

    @property
    def codes(self) -> int:
        return int(self.orgs.size)


def coded_trait(name: str, family: str, facet: str, code: Narrow, orgs: Floats, *, near: bool) -> Trait:
    """A trait of a whole population."""
    return Trait(name, family, facet, code, orgs, near, float(orgs.sum()), int(orgs.size), cells_of(orgs))


def cells_of(orgs: Floats) -> Narrow:
    """Two zeros for each code."""
    return np.zeros((orgs.size, 2), dtype=np.int32)


@dataclass(frozen=True)
class Traits:
    """All traits of a population of n accounts in `total_orgs` organisations, or of a part of it."""

    org: Ints
    total_orgs: int
    coded: list[Trait]
    links: list[Link]
    numbers: Ints
    """The accounts' numbers in the population."""
    wordings: Wordings | None = None
    """Where the wordings of a part are read; None where they are among the links, or left out."""
    outsiders: bool = False
    """Whether accounts beyond these are compared with the group, though not here."""

    @property
    def size(self) -> int:
        return int(self.org.size)

    @cached_property
    def by_org(self) -> Ints:
        """Accounts in the order of organisations, and of numbers within one."""
        order: Ints = np.argsort(self.org, kind="stable").astype(np.int64)
        return order

    def here(self, trait: Trait) -> Floats:
        """How many organisations of these accounts show each code of one of their traits."""
        if trait.name not in self._here:
            self._here[trait.name] = shown_codes(self.by_org, self.org, trait.code, trait.codes)
        return self._here[trait.name]

    @cached_property
    def _here(self) -> dict[str, Floats]:
        return {}

    @cached_property
    def orgs(self) -> int:
        """Organisations of these accounts."""
        return int(np.count_nonzero(np.bincount(self.org, minlength=1)))

    def ordered(self, accounts: Bools) -> Ints:
        """Numbers of some accounts in the order of organisations."""
        chosen = np.nonzero(accounts)[0].astype(np.int64)
        ordered: Ints = chosen[np.argsort(self.org[chosen], kind="stable")]
        return ordered

    def without(self, family: str) -> Traits:
        """The same without the traits of a family."""
        coded = [trait for trait in self.coded if trait.family != family]
        links = [link for link in self.links if link.family != family]
        wordings = None if family == "content" else self.wordings
        return replace(self, coded=coded, links=links, wordings=wordings)

    def only(self, accounts: Bools) -> Traits:
        """The traits of some accounts, renumbered in order; population counts stay those of everybody."""
        return self._part(accounts, alone=True)

    def beside(self, accounts: Bools) -> Traits:
        """The same, for comparing these accounts with a group as if everybody were there."""
        return self._part(accounts, alone=False)

    def _part(self, accounts: Bools, *, alone: bool) -> Traits:
        chosen = np.nonzero(accounts)[0].astype(np.int64)
        order = np.argsort(self.org[chosen], kind="stable").astype(np.int64)
        org = _numbered(self.org[chosen], order)
        coded = []
        for trait in self.coded:
            code, orgs, breadth = trait.code[chosen], trait.orgs, trait.breadth
            if not trait.near:
                # Codes that nobody here shows are dropped, so that the cost follows the accounts, not the population.
                shown, renumbered = _renumbered(code)
                code, orgs = renumbered, orgs[shown]
                breadth = int(shown.size) if alone else breadth
            if orgs.size:
                coded.append(replace(trait, code=code, orgs=orgs, breadth=breadth, cells=cells_of(orgs)))
        links = [link.only(chosen, org, order) for link in self.links if link.number[chosen].any()]
        if self.wordings is not None:
            links.append(self.wordings.link(chosen, org, order))
        return Traits(org, self.total_orgs, coded, links, self.numbers[chosen], outsiders=not alone)


def _numbered(org: Ints, order: Ints) -> Ints:
    """Organisations numbered without gaps, in the order that they had."""
    ordered = org[order]
    begins = np.zeros(org.size, dtype=np.int64)
    begins[1:] = ordered[1:] != ordered[:-1]
    numbers = np.empty(org.size, dtype=np.int64)
    numbers[order] = np.cumsum(begins)
    return numbers


def _renumbered(code: Narrow) -> tuple[Ints, Narrow]:
    """The codes that occur, ascending, and each account's place among them (-1 where unknown)."""
    order = np.argsort(code, kind="stable")
    ordered = code[order]
    begins = np.ones(code.size, dtype=np.bool_)
    begins[1:] = ordered[1:] != ordered[:-1]
    unknown = int(ordered.size > 0 and ordered[0] < 0)
    place = np.empty(code.size, dtype=np.int32)
    place[order] = np.cumsum(begins) - 1 - unknown
    return ordered[begins][unknown:].astype(np.int64), place


def describe(population: Population, without: Sequence[str] = ()) -> Traits:
    """Code every trait of a population but those of the families `without`; wordings are read of a part only."""
    order = np.argsort(population.org, kind="stable").astype(np.int64)
    coded = [trait for trait in _numbers(population, order) if trait is not None]
    for kind, facet in ENTITY_FACETS.items():
        if kind in population.entities:
            coded.append(_entity(population, population.entities[kind], facet))
    links = [
        entity_link(population, population.entities[kind], facet, order)
        for kind, facet in LINK_FACETS.items()
        if kind in population.entities and population.entities[kind].family not in without
    ]
    return Traits(
        population.org,
        int(population.org.max(initial=-1)) + 1,
        [trait for trait in coded if trait.family not in without],
        links,
        np.arange(population.size),
        None if "content" in without else Wordings(population),
    )


def _numbers(population: Population, order: Ints) -> list[Trait | None]:
    fact = population.facts
    days = 86_400e6
    span = np.maximum(1.0, np.ceil((fact["last_seen"] - fact["first_seen"]) / days))
    seen = population.columns
    facts: list[tuple[str, str, str, Floats, bool]] = [
        ("demand", "content", "demand", fact["demand"], "exchanges.prompt" in seen),
        ("start", "timing", "start", fact["first_seen"], True),
        ("stop", "timing", "stop", fact["last_seen"], True),
        ("rate", "timing", "rate", fact["exchanges"] / span, True),
        ("volume", "timing", "rate", fact["exchanges"], True),
        ("steadiness", "timing", "steadiness", fact["active_days"] / span, True),
        (
            "networks",
            "infrastructure",
            "churn",
            fact["networks"] / np.maximum(1, fact["with_address"]),
            "exchanges.client_ip" in seen,
        ),
        ("single turn", "economics", "shape of use", fact["single_turn"], "exchanges.turns" in seen),
        ("output", "economics", "shape of use", fact["output_tokens"], "exchanges.output_tokens" in seen),
        ("reasoning", "economics", "shape of use", fact["reasoning_tokens"], "exchanges.reasoning_tokens" in seen),
        ("refusals", "content", "refusals", fact["refused"], "exchanges.stop_reason" in seen),
    ]
    return [_binned(population, order, *spec) for spec in facts]


def _binned(
    population: Population, order: Ints, name: str, family: str, facet: str, value: Floats, there: bool
) -> Trait | None:
    known = np.isfinite(value)
    if not there or not known.any():
        return None
    edges = np.sort(np.quantile(value[known], np.linspace(0, 1, BINS + 1)[1:-1]))
    edges = edges[np.append(True, edges[1:] != edges[:-1])]
    code = np.where(known, np.searchsorted(edges, value, side="right"), -1).astype(np.int32)
    orgs = shown_codes(order, population.org, code, edges.size + 1)
    return coded_trait(name, family, facet, code, orgs, near=True)


def _entity(population: Population, entities: Entities, facet: str) -> Trait:
    code = np.full(population.size, -1, dtype=np.int32)
    code[entities.account] = entities.value
    orgs = entities.orgs.astype(np.float64)
    return coded_trait(entities.kind, entities.family, facet, code, orgs, near=False)
