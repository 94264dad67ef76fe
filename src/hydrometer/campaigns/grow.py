"""Grow a group from a seed: accounts join while they resemble its members more than the population.

A likelihood ratio per facet (Fellegi & Sunter 1969, with value frequencies for the chance of agreeing), the group's
own frequencies estimated without the account judged and without its organisation (leave one out), repeated until
nobody joins or leaves. Nothing is paired: the cost of a round is linear in accounts and links.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.campaigns.kernels import KIN, STRANGER
from hydrometer.campaigns.kernels.codes import coded_bits, several, stand
from hydrometer.campaigns.kernels.links import strongest_links

if TYPE_CHECKING:
    from hydrometer.campaigns.kernels import Narrow
    from hydrometer.campaigns.links import Link
    from hydrometer.campaigns.traits import Trait, Traits
    from hydrometer.contract.population import Bools, Floats, Ints

PRIOR_WEIGHT = 3.0
"""Pseudo-organisations that hold the group's frequencies to the population's."""
FACET_BOUND = 8.0
"""Most bits of one facet: no single comparison decides."""
ENRICHED = 1.5
"""Members share a value when they show it so many times as often as the population."""
TYPICAL = 0.45
"""Share of the members' middle bits that an account must reach."""
FAMILY_CAP, FAMILY_FLOOR = 12.0, -10.0
BACKGROUND = 64
"""Values that the smoothing of base rates reckons with at most."""
SMOOTHING = (0.25, 0.5, 0.25)
"""Kernel over neighbouring bins of a number."""


@dataclass(frozen=True)
class Resemblance:
    """How much more each account looks like a group than like the population, in bits by facet."""

    facets: dict[str, Floats]
    family_of: dict[str, str]

    @cached_property
    def families(self) -> dict[str, Floats]:
        """Bits by family, bounded so that no family decides alone."""
        summed: dict[str, Floats] = {}
        for facet, bits in self.facets.items():
            family = self.family_of[facet]
            summed[family] = summed[family] + bits if family in summed else bits
        return {family: np.clip(bits, FAMILY_FLOOR, FAMILY_CAP) for family, bits in summed.items()}

    @cached_property
    def total(self) -> Floats:
        """Sum of the bounded families."""
        return np.asarray(np.sum(list(self.families.values()), axis=0), dtype=np.float64)


def grow(traits: Traits, seed: Bools, *, threshold: float, rounds: int) -> Bools:
    """Grow `seed` among the accounts of `traits` until nobody joins or leaves, the group goes in a circle, or `rounds` end.

    An account belongs when its bits exceed `threshold` and are not far below the members'.
    """
    members = seed
    states = {np.packbits(members).tobytes()}
    for _ in range(rounds):
        joined = belongs(resemblance(traits, members), members, threshold)
        if np.array_equal(joined, members):
            break
        members = joined
        state = np.packbits(members).tobytes()
        if organisations(traits, members) < 2 or state in states:
            break
        states.add(state)
    return members


def organisations(traits: Traits, accounts: Bools) -> int:
    """Number of organisations of some accounts."""
    return several(traits.by_org, traits.org, accounts)


def belongs(likeness: Resemblance, members: Bools, threshold: float) -> Bools:
    """Accounts that resemble a group enough: for themselves, beside its members, and not by what they ask alone.

    In a group whose members are alike in everything, an account that shares little with them is a stranger with the same
    tool, whatever its bits would mean elsewhere.
    """
    total = likeness.total
    typical = float(np.median(total[members])) if members.any() else 0.0
    content = likeness.families.get("content", np.zeros(total.size))
    enough: Bools = (total > max(threshold, TYPICAL * typical)) & (total - content > threshold / 2)
    return enough


def resemblance(
    traits: Traits, members: Bools, *, everybody_apart: bool = False, bound: float = FACET_BOUND
) -> Resemblance:
    """Compare every account with the group `members`, each as if it were not in it.

    Args:
        everybody_apart: whether none of these accounts count as population; else all but the members do.
        bound: most bits of one facet for, half of it against.
    """
    group = _Standing.of(traits, members, everybody_apart)
    facets: dict[str, Floats] = {}
    family_of: dict[str, str] = {}
    for trait in traits.coded:
        # Agreement on the finer value wins; where neither agrees, the milder disagreement stands.
        begun = trait.facet in facets
        out = facets[trait.facet] if begun else facets.setdefault(trait.facet, np.empty(traits.size))
        _coded_bits(traits, trait, group, bound, out, begun=begun)
        family_of[trait.facet] = trait.family
    for link in traits.links:
        bits = _link_bits(traits, link, group, bound)
        facets[link.facet] = np.maximum(facets[link.facet], bits) if link.facet in facets else bits
        family_of[link.facet] = link.family
    return Resemblance(facets, family_of)


@dataclass(frozen=True, slots=True)
class _Standing:
    """How the accounts stand to a group under comparison."""

    of_account: Narrow
    """STRANGER, KIN or MEMBER."""
    orgs: int
    """Organisations of the members."""
    largest: float
    """Organisations of the group as seen by who is least of it."""
    ordered: Ints
    """Members in the order of organisations."""
    kin: Ints
    """Accounts of the organisations with kin, in the order of organisations."""
    everybody_apart: bool

    @classmethod
    def of(cls, traits: Traits, members: Bools, everybody_apart: bool) -> _Standing:
        standing, orgs = stand(traits.org, members, int(traits.org.max(initial=-1)) + 1)
        beside = np.nonzero(standing == KIN)[0]
        kin = beside
        if beside.size:
            of_kin = np.zeros(int(traits.org.max()) + 1, dtype=np.bool_)
            of_kin[traits.org[beside]] = True
            kin = traits.ordered(of_kin[traits.org])
        strangers = traits.outsiders or bool(np.any(standing == STRANGER))
        largest = max(1.0, float(orgs if strangers else orgs - 1))
        return cls(standing, orgs, largest, traits.ordered(members), kin, everybody_apart)


def _coded_bits(traits: Traits, trait: Trait, group: _Standing, bound: float, out: Floats, *, begun: bool) -> None:
    coded_bits(
        out,
        begun,
        trait.code,
        trait.cells,
        trait.orgs,
        traits.here(trait) if group.everybody_apart else trait.orgs,
        (trait.known, min(trait.breadth, BACKGROUND), trait.near),
        traits.org,
        group.of_account,
        group.ordered,
        group.kin,
        (float(group.orgs), group.largest, group.everybody_apart),
        (PRIOR_WEIGHT, ENRICHED, bound),
        SMOOTHING,
    )


def _link_bits(traits: Traits, link: Link, group: _Standing, bound: float) -> Floats:
    here = link.here if group.everybody_apart else link.orgs
    counts = link.shown_by(group.of_account)
    values, offsets, account = link.accounts(bound, traits.total_orgs)
    others = traits.total_orgs - (traits.orgs if group.everybody_apart else group.orgs)
    total = strongest_links(
        group.of_account,
        traits.org,
        link.number,
        offsets,
        account,
        values,
        counts,
        link.orgs,
        here,
        float(max(1, others)),
        float(group.orgs),
        group.everybody_apart,
        group.kin.size > 0,
        PRIOR_WEIGHT,
        bound,
    )
    # Where nearly all of the group share a value, an account without any of them differs a little.
    most = max(float(counts[:, 0].max(initial=0)), float(np.any(link.number[group.ordered] > 0)))
    common = most / group.largest
    lacking = np.log2(max(1.0 - common, 1 / 16)) if common > 0.5 else 0.0
    return np.where(total > 0, np.minimum(total, bound), lacking)
