"""What distinguishes accounts, as coded columns: one code an account, -1 where unknown.

Traits that measure one thing share a `facet`; of one facet only the strongest counts, because correlated evidence
would otherwise count twice (Belin & Rubin 1995 on overconfident linkage; Splink's nested comparison levels).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.contract.population import Bools, Entities, Floats, Ints, Population

BINS = 32
"""Most bins of a number: a match is then worth at most 5 bits."""

VARIED = 0.3
"""Least share of a template's exchanges that carry a content of their own."""

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


@dataclass(frozen=True, slots=True)
class Pairs:
    """Distinct (organisation, value) pairs behind rows, so that an organisation counts once without sorting again.

    `of_row` gives each row's pair and `value` each pair's value; rows without a value (-1) have pair 0 and do not count.
    """

    of_row: Ints
    value: Ints

    def count(self, rows: Bools, values: int) -> tuple[Floats, Bools]:
        """Organisations by value among some rows, and whether each pair is among them."""
        there = np.zeros(self.value.size, dtype=np.bool_)
        there[self.of_row[rows]] = True
        return np.bincount(self.value[there], minlength=values).astype(np.float64), there


def pair_up(org: Ints, value: Ints) -> Pairs:
    """Pairs of the rows' organisations and values."""
    wide = int(value.max(initial=0)) + 1
    known = value >= 0
    keys, place = np.unique(org[known] * wide + value[known], return_inverse=True)
    of_row = np.zeros(value.size, dtype=np.int64)
    of_row[known] = place
    return Pairs(of_row, keys % wide)


@dataclass(frozen=True, slots=True)
class Trait:
    """One coded column. `near` says that neighbouring codes resemble each other (bins of a number)."""

    name: str
    family: str
    facet: str
    code: Ints
    orgs: Floats
    """Organisations that show each code, in the whole population."""
    near: bool
    known: float
    """Organisations that show any code, in the whole population."""
    pairs: Pairs

    @property
    def codes(self) -> int:
        return int(self.orgs.size)


@dataclass(frozen=True, slots=True)
class Link:
    """Distinct (account, value) pairs of which an account may have many."""

    name: str
    family: str
    facet: str
    account: Ints
    value: Ints
    orgs: Floats
    pairs: Pairs


@dataclass(frozen=True, slots=True)
class Traits:
    """All traits of a population of n accounts in `total_orgs` organisations."""

    size: int
    org: Ints
    total_orgs: int
    coded: list[Trait]
    links: list[Link]

    def only(self, accounts: Bools) -> Traits:
        """The traits of some accounts, renumbered in order; population counts stay those of everybody."""
        number = np.cumsum(accounts) - 1
        org = self.org[accounts]
        coded = []
        for trait in self.coded:
            code, orgs = trait.code[accounts], trait.orgs
            if not trait.near:
                # Codes that nobody here shows are dropped, so that the cost follows the accounts, not the population.
                shown, renumbered = np.unique(code, return_inverse=True)
                unknown = int(shown.size > 0 and shown[0] < 0)
                code, orgs = renumbered - unknown, orgs[shown[unknown:]]
            if orgs.size:
                coded.append(replace(trait, code=code, orgs=orgs, pairs=pair_up(org, code)))
        links = []
        for link in self.links:
            kept = accounts[link.account]
            account = number[link.account[kept]]
            shown, value = np.unique(link.value[kept], return_inverse=True)
            links.append(
                replace(link, account=account, value=value, orgs=link.orgs[shown], pairs=pair_up(org[account], value))
            )
        return Traits(int(accounts.sum()), org, self.total_orgs, coded, links)


def describe(population: Population, without: Sequence[str] = ()) -> Traits:
    """Code every trait of a population but those of the families `without`."""
    coded = [trait for trait in _numbers(population) if trait is not None]
    for kind, facet in ENTITY_FACETS.items():
        if kind in population.entities:
            coded.append(_entity(population, population.entities[kind], facet))
    links = []
    for kind, facet in (
        ("address", "address"),
        ("network", "address"),
        ("end_user", "end user"),
        ("session", "session"),
    ):
        if kind in population.entities:
            links.append(_link(population, population.entities[kind], facet))
    links.append(_wording(population))
    return Traits(
        population.size,
        population.org,
        int(population.org.max(initial=-1)) + 1,
        [trait for trait in coded if trait.family not in without],
        [link for link in links if link.family not in without],
    )


def _numbers(population: Population) -> list[Trait | None]:
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
    return [_binned(population, *spec) for spec in facts]


def _binned(population: Population, name: str, family: str, facet: str, value: Floats, there: bool) -> Trait | None:
    known = np.isfinite(value)
    if not there or not known.any():
        return None
    edges = np.unique(np.quantile(value[known], np.linspace(0, 1, BINS + 1)[1:-1]))
    code = np.where(known, np.searchsorted(edges, value, side="right"), -1).astype(np.int64)
    pairs = pair_up(population.org, code)
    orgs = np.bincount(pairs.value, minlength=edges.size + 1).astype(np.float64)
    return Trait(name, family, facet, code, orgs, near=True, known=float(orgs.sum()), pairs=pairs)


def _entity(population: Population, entities: Entities, facet: str) -> Trait:
    code = np.full(population.size, -1, dtype=np.int64)
    code[entities.account] = entities.value
    orgs = entities.orgs.astype(np.float64)
    pairs = pair_up(population.org, code)
    return Trait(entities.kind, entities.family, facet, code, orgs, near=False, known=float(orgs.sum()), pairs=pairs)


def _link(population: Population, entities: Entities, facet: str) -> Link:
    pairs = pair_up(population.org[entities.account], entities.value)
    orgs = entities.orgs.astype(np.float64)
    return Link(entities.kind, entities.family, facet, entities.account, entities.value, orgs, pairs)


def _wording(population: Population) -> Link:
    """Fragments that stand around many different contents; a text that is merely popular repeats its content."""
    fragments = population.fragments
    template = (fragments.orgs >= 3) & (fragments.prompts >= 5) & (fragments.prompts >= VARIED * fragments.exchanges)
    account, value, _ = fragments.of(np.arange(population.size))
    kept = template[value]
    account, value = account[kept], value[kept]
    orgs = fragments.orgs.astype(np.float64)
    return Link("wording", "content", "wording", account, value, orgs, pair_up(population.org[account], value))
