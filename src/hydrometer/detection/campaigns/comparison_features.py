"""What distinguishes accounts, as coded columns: one code an account, -1 where unknown.

Traits that measure one thing share a `facet`; of one facet only the strongest counts, because correlated evidence
would otherwise count twice (Belin & Rubin 1995 on overconfident linkage; Splink's nested comparison levels).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hydrometer.contract import EntityKind
from hydrometer.detection.campaigns.kernels.code_kernels import count_orgs_by_code
from hydrometer.detection.campaigns.multi_valued_features import (
    MultiValuedFeature,
    TemplateFragments,
    build_multi_valued_feature,
)
from hydrometer.detection.population.org_panel import count_all_orgs, list_counted_accounts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.detection.campaigns.kernels import Narrow
    from hydrometer.detection.population.population import Bools, EntityPairs, Floats, Ints, Population

EVERYBODY = 100.0
"""Organisations that everybody counts for beside those who ask, when it is asked how common a number is."""
BINS = 32
"""Most bins of a number: a match is then worth at most 5 bits."""

ENTITY_FACETS = {
    EntityKind.PAYMENT: "card",
    EntityKind.BIN: "card",
    EntityKind.DEVICE: "device",
    EntityKind.PHONE: "phone",
    EntityKind.EMAIL_DOMAIN: "e-mail domain",
    EntityKind.EMAIL_SHAPE: "e-mail shape",
    EntityKind.EMAIL_LENGTH: "e-mail shape",
    EntityKind.SIGNUP_DAY: "sign-up",
    EntityKind.SIGNUP_NETWORK: "address",
}
"""Facet of each kind of entity of which an account has one value."""
LINK_FACETS = {
    EntityKind.ADDRESS: "address",
    EntityKind.NETWORK: "address",
    EntityKind.END_USER: "end user",
    EntityKind.SESSION: "session",
}
"""Facet of each kind of which an account may have many."""


@dataclass(frozen=True, slots=True)
class CodedFeature:
    """One coded column. `near` says that neighbouring codes resemble each other (bins of a number)."""

    name: str
    family: str
    facet: str
    code: Narrow
    orgs: Floats
    """Organisations that show each code, in the whole population."""
    near: bool
    coded_orgs: float
    """Organisations that show any code, in the whole population: one that shows several counts so often."""
    breadth: int
    """Codes that the smoothing of base rates reckons with."""
    cells: Narrow
    """Where the kernels count: two zeros for each code."""

    @property
    def codes(self) -> int:
        return int(self.orgs.size)


def build_coded_feature(name: str, family: str, facet: str, code: Narrow, orgs: Floats, *, near: bool) -> CodedFeature:
    """Return a feature of a whole population."""
    return CodedFeature(name, family, facet, code, orgs, near, float(orgs.sum()), int(orgs.size), make_cells(orgs))


def make_cells(orgs: Floats) -> Narrow:
    """Two zeros for each code."""
    return np.zeros((orgs.size, 2), dtype=np.int32)


@dataclass(frozen=True)
class ComparisonFeatures:
    """All features of a population of n accounts in `total_orgs` organisations, or of a part of it."""

    org: Ints
    total_orgs: int
    coded: list[CodedFeature]
    multi_valued: list[MultiValuedFeature]
    numbers: Ints
    """The accounts' numbers in the population."""
    template_fragments: TemplateFragments | None = None
    """Where the templates of a part are read; None where they are among the links, or left out."""
    lifetimes: Floats | None = None
    """First and last moments of the accounts, (n, 2); None where nobody asks."""
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

    def count_local_orgs(self, feature: CodedFeature) -> Floats:
        """Return how many organisations of these accounts show each code of one of their features."""
        if feature.name not in self._local_orgs:
            self._local_orgs[feature.name] = count_orgs_by_code(self.by_org, self.org, feature.code, feature.codes)
        return self._local_orgs[feature.name]

    @cached_property
    def _local_orgs(self) -> dict[str, Floats]:
        return {}

    @cached_property
    def orgs(self) -> int:
        """Organisations of these accounts."""
        return int(np.count_nonzero(np.bincount(self.org, minlength=1)))

    def order_by_org(self, accounts: Bools) -> Ints:
        """Return the numbers of some accounts in the order of organisations."""
        chosen = np.nonzero(accounts)[0].astype(np.int64)
        ordered: Ints = chosen[np.argsort(self.org[chosen], kind="stable")]
        return ordered

    def without_family(self, family: str) -> ComparisonFeatures:
        """Return the same without the features of a family."""
        coded = [feature for feature in self.coded if feature.family != family]
        multi_valued = [multi_feature for multi_feature in self.multi_valued if multi_feature.family != family]
        template_fragments = None if family == "content" else self.template_fragments
        return replace(self, coded=coded, multi_valued=multi_valued, template_fragments=template_fragments)

    def only(self, accounts: Bools) -> ComparisonFeatures:
        """Return the features of some accounts, renumbered in order; population counts stay those of everybody."""
        return self._select(accounts, alone=True)

    def beside(self, accounts: Bools) -> ComparisonFeatures:
        """Return the same, for comparing these accounts with a group as if everybody were there."""
        return self._select(accounts, alone=False)

    def _select(self, accounts: Bools, *, alone: bool) -> ComparisonFeatures:
        chosen = np.nonzero(accounts)[0].astype(np.int64)
        order = np.argsort(self.org[chosen], kind="stable").astype(np.int64)
        org = _number_organisations(self.org[chosen], order)
        coded = []
        for feature in self.coded:
            code, orgs, breadth = feature.code[chosen], feature.orgs, feature.breadth
            if not feature.near:
                # Codes that nobody here shows are dropped, so that the cost follows the accounts, not the population.
                shown, renumbered = _renumber_codes(code)
                code, orgs = renumbered, orgs[shown]
                breadth = int(shown.size) if alone else breadth
            if orgs.size:
                coded.append(replace(feature, code=code, orgs=orgs, breadth=breadth, cells=make_cells(orgs)))
        multi_valued = [
            multi_feature.only(chosen, org, order)
            for multi_feature in self.multi_valued
            if multi_feature.number[chosen].any()
        ]
        if self.template_fragments is not None:
            multi_valued.append(self.template_fragments.build_feature(chosen, org, order))
        lifetimes = None if self.lifetimes is None else self.lifetimes[chosen]
        return ComparisonFeatures(
            org, self.total_orgs, coded, multi_valued, self.numbers[chosen], lifetimes=lifetimes, outsiders=not alone
        )


def _number_organisations(org: Ints, order: Ints) -> Ints:
    """Return the organisations numbered without gaps, in the order that they had."""
    ordered = org[order]
    begins = np.zeros(org.size, dtype=np.int64)
    begins[1:] = ordered[1:] != ordered[:-1]
    numbers = np.empty(org.size, dtype=np.int64)
    numbers[order] = np.cumsum(begins)
    return numbers


def _renumber_codes(code: Narrow) -> tuple[Ints, Narrow]:
    """Return the codes that occur, ascending, and each account's place among them (-1 where unknown)."""
    order = np.argsort(code, kind="stable")
    ordered = code[order]
    begins = np.ones(code.size, dtype=np.bool_)
    begins[1:] = ordered[1:] != ordered[:-1]
    unknown = int(ordered.size > 0 and ordered[0] < 0)
    position = np.empty(code.size, dtype=np.int32)
    position[order] = np.cumsum(begins) - 1 - unknown
    return ordered[begins][unknown:].astype(np.int64), position


def build_comparison_features(
    population: Population, without: Sequence[str] = (), *, everybody: float = EVERYBODY
) -> ComparisonFeatures:
    """Code every feature of a population but those of the families `without`; templates are read of a part only.

    Args:
        everybody: organisations that everybody counts for, beside those who ask, when numbers are compared; all where infinite.
    """
    order = np.argsort(population.org, kind="stable").astype(np.int64)
    coded = [feature for feature in _build_number_features(population, everybody) if feature is not None]
    for kind, facet in ENTITY_FACETS.items():
        if kind in population.entities:
            coded.append(_build_entity_feature(population, population.entities[kind], facet))
    multi_valued = [
        build_multi_valued_feature(population, population.entities[kind], facet, order)
        for kind, facet in LINK_FACETS.items()
        if kind in population.entities and population.entities[kind].family not in without
    ]
    return ComparisonFeatures(
        population.org,
        count_all_orgs(population),
        [feature for feature in coded if feature.family not in without],
        multi_valued,
        np.arange(population.size),
        None if "content" in without else TemplateFragments(population),
        np.column_stack([population.facts["first_seen"], population.facts["last_seen"]]),
    )


ASKING, LEANING, REFUSED = 2.0, 0.25, 0.25
"""From which -log10 p, or share of exchanges with templates that lean or that are refused, an account counts among those who ask."""


@dataclass(frozen=True, slots=True)
class _Background:
    """Whom numbers are compared with: accounts in the order of organisations, those who ask and everybody.

    Whoever asks for training material differs from everybody else in volume, rate and shape of use, and all of them alike. Where few
    ask, or all who do are one group, everybody stands in for them.
    """

    asking: Ints
    everybody: Ints
    weight: float
    """Organisations that everybody counts for."""

    @classmethod
    def of(cls, population: Population, weight: float) -> _Background:
        """Select them among the accounts that count as everybody."""
        fact, counted = population.facts, list_counted_accounts(population)
        counted = counted[np.argsort(population.org[counted], kind="stable")]
        asks = (fact["asking"][counted] >= ASKING) | (fact["leaning"][counted] >= LEANING)
        asks |= fact["refused"][counted] >= REFUSED
        return cls(counted[asks], counted, weight)

    def count_orgs(self, population: Population, code: Narrow, codes: int) -> Floats:
        """Return how many organisations show each code: those who ask, and some of everybody."""
        everybody: Floats = count_orgs_by_code(self.everybody, population.org, code, codes)
        if math.isinf(self.weight):
            return everybody
        asking: Floats = count_orgs_by_code(self.asking, population.org, code, codes)
        return asking + everybody * min(1.0, self.weight / max(1.0, float(everybody.sum())))


def _build_number_features(population: Population, everybody: float) -> list[CodedFeature | None]:
    background = _Background.of(population, everybody)
    fact = population.facts
    days = 86_400e6
    span = np.maximum(1.0, np.ceil((fact["last_seen"] - fact["first_seen"]) / days))
    columns = population.columns
    facts = [
        _BinnedFact(*spec)
        for spec in [
            ("demand", "content", "demand", fact["demand"], "exchanges.prompt" in columns),
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
                "exchanges.client_ip" in columns,
            ),
            ("single turn", "economics", "shape of use", fact["single_turn"], "exchanges.turns" in columns),
            ("output", "economics", "shape of use", fact["output_tokens"], "exchanges.output_tokens" in columns),
            (
                "reasoning",
                "economics",
                "shape of use",
                fact["reasoning_tokens"],
                "exchanges.reasoning_tokens" in columns,
            ),
            ("refusals", "content", "refusals", fact["refused"], "exchanges.stop_reason" in columns),
        ]
    ]
    return [_build_binned_feature(population, background, fact) for fact in facts]


class _BinnedFact(NamedTuple):
    """A number of each account that is compared by its quantile."""

    name: str
    family: str
    facet: str
    value: Floats
    available: bool
    """Whether the traffic has the column that it is made of."""


def _build_binned_feature(population: Population, background: _Background, fact: _BinnedFact) -> CodedFeature | None:
    """Return the feature of a number, or None where nothing is known of it."""
    value = fact.value
    finite = np.isfinite(value)
    if not fact.available or not finite.any():
        return None
    edges = np.sort(np.quantile(value[finite], np.linspace(0, 1, BINS + 1)[1:-1]))
    edges = edges[np.append(True, edges[1:] != edges[:-1])]
    code = np.where(finite, np.searchsorted(edges, value, side="right"), -1).astype(np.int32)
    orgs = background.count_orgs(population, code, edges.size + 1)
    return build_coded_feature(fact.name, fact.family, fact.facet, code, orgs, near=True)


def _build_entity_feature(population: Population, entities: EntityPairs, facet: str) -> CodedFeature:
    code = np.full(population.size, -1, dtype=np.int32)
    code[entities.account] = entities.value
    orgs = entities.orgs.astype(np.float64)
    return build_coded_feature(entities.kind, entities.family, facet, code, orgs, near=False)
