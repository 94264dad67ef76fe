"""What distinguishes accounts, as coded columns: one code an account, -1 where unknown.

Traits that measure one thing share a `facet`; of one facet only the strongest counts, because correlated evidence
would otherwise count twice (Belin & Rubin 1995 on overconfident linkage; Splink's nested comparison levels).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

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
        coded = []
        for trait in self.coded:
            code = trait.code[accounts]
            if trait.near:
                coded.append(replace(trait, code=code))
            else:
                # Codes that nobody here shows are dropped, so that the cost follows the accounts, not the population.
                shown, renumbered = np.unique(code, return_inverse=True)
                unknown = int(shown.size > 0 and shown[0] < 0)
                coded.append(replace(trait, code=renumbered - unknown, orgs=trait.orgs[shown[unknown:]]))
        links = []
        for link in self.links:
            kept = accounts[link.account]
            shown, renumbered = np.unique(link.value[kept], return_inverse=True)
            links.append(replace(link, account=number[link.account[kept]], value=renumbered, orgs=link.orgs[shown]))
        return Traits(int(accounts.sum()), self.org[accounts], self.total_orgs, coded, links)


def describe(population: Population) -> Traits:
    """Code every trait of a population."""
    coded = [trait for trait in _numbers(population) if trait is not None]
    for kind, facet in ENTITY_FACETS.items():
        if kind in population.entities:
            coded.append(_entity(population, population.entities[kind], facet))
    links = []
    for kind, facet in (("address", "address"), ("network", "address"), ("end_user", "end user"), ("session", "session")):
        if kind in population.entities:
            links.append(_link(population.entities[kind], facet))
    links.append(_wording(population))
    return Traits(population.size, population.org, int(population.org.max(initial=-1)) + 1, coded, links)


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
        ("networks", "infrastructure", "churn", fact["networks"] / np.maximum(1, fact["with_address"]), "exchanges.client_ip" in seen),
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
    orgs = _orgs(population.org, code, edges.size + 1)
    return Trait(name, family, facet, code, orgs, near=True, known=float(orgs.sum()))


def _entity(population: Population, entities: Entities, facet: str) -> Trait:
    code = np.full(population.size, -1, dtype=np.int64)
    code[entities.account] = entities.value
    orgs = entities.orgs.astype(np.float64)
    return Trait(entities.kind, entities.family, facet, code, orgs, near=False, known=float(orgs.sum()))


def _link(entities: Entities, facet: str) -> Link:
    return Link(
        entities.kind, entities.family, facet, entities.account, entities.value, entities.orgs.astype(np.float64)
    )


def _wording(population: Population) -> Link:
    fragments, events = population.fragments, population.events
    account = events.account[fragments.exchange]
    wide = max(1, fragments.orgs.size)
    pair = np.unique(account * wide + fragments.fragment)
    return Link("wording", "content", "wording", pair // wide, pair % wide, fragments.orgs.astype(np.float64))


def _orgs(org: Ints, code: Ints, codes: int) -> Floats:
    known = code >= 0
    distinct = np.unique(org[known] * codes + code[known]) % codes
    counts: npt.NDArray[np.float64] = np.bincount(distinct, minlength=codes).astype(np.float64)
    return counts
