"""Grow a group from a seed: accounts join while they resemble its members more than the population.

A likelihood ratio per facet (Fellegi & Sunter 1969, with value frequencies for the chance of agreeing), the group's
own frequencies estimated without the account judged and without its organisation (leave one out), repeated until
nobody joins or leaves. Nothing is paired: the cost of a round is linear in accounts and links.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.campaigns.kernels import strongest_links

if TYPE_CHECKING:
    from hydrometer.campaigns.traits import Link, Trait, Traits
    from hydrometer.contract.population import Bools, Floats

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


@dataclass(frozen=True, slots=True)
class Resemblance:
    """How much more each account looks like a group than like the population, in bits by facet."""

    facets: dict[str, Floats]
    family_of: dict[str, str]

    @property
    def families(self) -> dict[str, Floats]:
        """Bits by family, bounded so that no family decides alone."""
        summed: dict[str, Floats] = {}
        for facet, bits in self.facets.items():
            family = self.family_of[facet]
            summed[family] = summed[family] + bits if family in summed else bits
        return {family: np.clip(bits, FAMILY_FLOOR, FAMILY_CAP) for family, bits in summed.items()}

    @property
    def total(self) -> Floats:
        """Sum of the bounded families."""
        return np.asarray(np.sum(list(self.families.values()), axis=0), dtype=np.float64)


def grow(traits: Traits, seed: Bools, *, threshold: float, rounds: int) -> Bools:
    """Grow `seed` among the accounts of `traits` until nobody joins or leaves, the group goes in a circle, or `rounds` end.

    An account belongs when its bits exceed `threshold` and are not far below the members'.
    """
    members = seed.copy()
    states = {np.packbits(members).tobytes()}
    for _ in range(rounds):
        joined = belongs(resemblance(traits, members), members, threshold)
        if np.array_equal(joined, members):
            break
        members = joined
        state = np.packbits(members).tobytes()
        if np.unique(traits.org[members]).size < 2 or state in states:
            break
        states.add(state)
    return members


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
    traits: Traits, members: Bools, *, apart: Bools | None = None, bound: float = FACET_BOUND
) -> Resemblance:
    """Compare every account with the group `members`, each as if it were not in it.

    Args:
        apart: accounts that do not count as population; the members when None.
        bound: most bits of one facet for, half of it against.
    """
    apart = members if apart is None else apart
    orgs = np.unique(traits.org[members])
    group = orgs.size - np.isin(traits.org, orgs).astype(np.float64)
    facets: dict[str, Floats] = {}
    family_of: dict[str, str] = {}
    for trait in traits.coded:
        bits = _coded_bits(traits, trait, members, apart, group, bound)
        # Agreement on the finer value wins; where neither agrees, the milder disagreement stands.
        facets[trait.facet] = np.maximum(facets[trait.facet], bits) if trait.facet in facets else bits
        family_of[trait.facet] = trait.family
    for link in traits.links:
        bits = _link_bits(traits, link, members, apart, group, bound)
        facets[link.facet] = np.maximum(facets[link.facet], bits) if link.facet in facets else bits
        family_of[link.facet] = link.family
    return Resemblance(facets, family_of)


def _coded_bits(traits: Traits, trait: Trait, members: Bools, apart: Bools, group: Floats, bound: float) -> Floats:
    codes = trait.codes
    known = trait.code >= 0
    count, there = trait.pairs.count(members & known, codes)
    away = count if apart is members else trait.pairs.count(apart & known, codes)[0]
    outside = np.maximum(trait.orgs - away, 0.0)
    total = max(0.0, trait.known - float(np.sum(away))) + 0.5 * min(codes, BACKGROUND) + 0.5
    code = np.maximum(trait.code, 0)
    own = (there[trait.pairs.of_row] & known).astype(np.float64) if there.size else np.zeros(traits.size)
    if trait.near:
        count, chances = _smooth(count), _smooth((outside + 0.5) / total)
        own = own * _smooth_self(codes)[code]
        chance = chances[code]
    else:
        chances = (outside + 0.5) / total
        # Whoever is not in the group is not its own background either.
        chance = np.maximum(outside[code] - (~apart & known), 0.0) / total + 0.5 / total
    # Members share some values more than the population does; what they do not share they draw as everybody does, so
    # that a trait nobody shares (each account has its own telephone) neither ties nor parts.
    largest = max(1.0, float(group.max(initial=1.0)))
    shared = (count >= 2 * (1 - trait.near)) & (count > ENRICHED * chances * largest)
    others = np.maximum(count[code] - own, 0.0)
    met = (others >= 1 - trait.near) & (others > ENRICHED * chance * np.maximum(group, 1.0))
    sharing = float(count[shared].sum()) - own * shared[code]
    weight = group + PRIOR_WEIGHT
    likely = others * met / weight + np.maximum(1.0 - sharing / weight, PRIOR_WEIGHT / weight) * chance
    return np.where(known, np.clip(np.log2(likely / chance), -bound / 2, bound), 0.0)


def _smooth(values: Floats) -> Floats:
    """Share each bin with its neighbours; the ends keep what would fall outside."""
    left, middle, right = SMOOTHING
    out = middle * values
    out[1:] += right * values[:-1]
    out[:-1] += left * values[1:]
    out[0] += right * values[0]
    out[-1] += left * values[-1]
    return out


def _smooth_self(codes: int) -> Floats:
    weight = np.full(codes, SMOOTHING[1])
    weight[0] += SMOOTHING[2]
    weight[-1] += SMOOTHING[0]
    return weight


def _link_bits(traits: Traits, link: Link, members: Bools, apart: Bools, group: Floats, bound: float) -> Floats:
    values = max(1, link.orgs.size)
    count, there = link.pairs.count(members[link.account], values)
    away = count if apart is members else link.pairs.count(apart[link.account], values)[0]
    others = traits.total_orgs - np.unique(traits.org[apart]).size
    elsewhere = np.maximum(link.orgs - away, 0.0)[link.value] - ~apart[link.account]
    chance = (np.maximum(elsewhere, 0.0) + 0.5) / (max(1.0, others) + 0.5)
    others_show = count[link.value] - there[link.pairs.of_row] if there.size else np.zeros(0)
    likely = (others_show + PRIOR_WEIGHT * chance) / (group[link.account] + PRIOR_WEIGHT)
    bits = np.clip(np.log2(likely / chance), 0.0, bound)
    total = strongest_links(traits.size, link.account, bits, others_show)
    # Where nearly all of the group share a value, an account without any of them differs a little.
    common = float(count.max(initial=0.0)) / max(1.0, float(group.max(initial=1.0)))
    lacking = np.log2(max(1.0 - common, 1 / 16)) if common > 0.5 else 0.0
    return np.where(total > 0, np.minimum(total, bound), lacking)
