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

from hydrometer.detection.campaigns.kernels import KIN, STRANGER
from hydrometer.detection.campaigns.kernels.code_kernels import count_organisations, relate_to_group, write_coded_bits
from hydrometer.detection.campaigns.kernels.value_kernels import score_strongest_values

if TYPE_CHECKING:
    from hydrometer.detection.campaigns.comparison_features import CodedFeature, ComparisonFeatures
    from hydrometer.detection.campaigns.kernels import Narrow
    from hydrometer.detection.campaigns.multi_valued_features import MultiValuedFeature
    from hydrometer.detection.population.population import Bools, Floats, Ints

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
class GroupLikeness:
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


def expand_seed(features: ComparisonFeatures, seed: Bools, *, threshold: float, rounds: int) -> Bools:
    """Grow `seed` among the accounts of `features` until nobody joins or leaves, the group goes in a circle, or `rounds` end.

    An account belongs when its bits exceed `threshold` and are not far below the members'.
    """
    members = seed
    states = {np.packbits(members).tobytes()}
    for _ in range(rounds):
        joined = select_members(measure_likeness(features, members), members, threshold)
        if np.array_equal(joined, members):
            break
        members = joined
        state = np.packbits(members).tobytes()
        if count_group_organisations(features, members) < 2 or state in states:
            break
        states.add(state)
    return members


def count_group_organisations(features: ComparisonFeatures, accounts: Bools) -> int:
    """Return the number of organisations of some accounts."""
    return count_organisations(features.by_org, features.org, accounts)


def select_members(likeness: GroupLikeness, members: Bools, threshold: float) -> Bools:
    """Select accounts that resemble a group enough: for themselves, beside its members, and not by what they ask alone.

    In a group whose members are alike in everything, an account that shares little with them is a stranger with the same
    tool, whatever its bits would mean elsewhere.
    """
    total = likeness.total
    typical = float(np.median(total[members])) if members.any() else 0.0
    content = likeness.families.get("content", np.zeros(total.size))
    enough: Bools = (total > max(threshold, TYPICAL * typical)) & (total - content > threshold / 2)
    return enough


def measure_likeness(
    features: ComparisonFeatures, members: Bools, *, everybody_apart: bool = False, bound: float = FACET_BOUND
) -> GroupLikeness:
    """Compare every account with the group `members`, each as if it were not in it.

    Args:
        everybody_apart: whether none of these accounts count as population; else all but the members do.
        bound: most bits of one facet for, half of it against.
    """
    group = _GroupRelation.of(features, members, everybody_apart)
    facets: dict[str, Floats] = {}
    family_of: dict[str, str] = {}
    for feature in features.coded:
        # Agreement on the finer value wins; where neither agrees, the milder disagreement stands.
        begun = feature.facet in facets
        out = facets[feature.facet] if begun else facets.setdefault(feature.facet, np.empty(features.size))
        _compute_coded_bits(features, feature, group, bound, out, begun=begun)
        family_of[feature.facet] = feature.family
    for multi_feature in features.multi_valued:
        bits = _compute_multi_valued_bits(features, multi_feature, group, bound)
        facets[multi_feature.facet] = (
            np.maximum(facets[multi_feature.facet], bits) if multi_feature.facet in facets else bits
        )
        family_of[multi_feature.facet] = multi_feature.family
    return GroupLikeness(facets, family_of)


@dataclass(frozen=True, slots=True)
class _GroupRelation:
    """How the accounts stand to a group under comparison."""

    relation: Narrow
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
    def of(cls, features: ComparisonFeatures, members: Bools, everybody_apart: bool) -> _GroupRelation:
        relation, orgs = relate_to_group(features.org, members, int(features.org.max(initial=-1)) + 1)
        beside = np.nonzero(relation == KIN)[0]
        kin = beside
        if beside.size:
            of_kin = np.zeros(int(features.org.max()) + 1, dtype=np.bool_)
            of_kin[features.org[beside]] = True
            kin = features.order_by_org(of_kin[features.org])
        strangers = features.outsiders or bool(np.any(relation == STRANGER))
        largest = max(1.0, float(orgs if strangers else orgs - 1))
        return cls(relation, orgs, largest, features.order_by_org(members), kin, everybody_apart)


def _compute_coded_bits(
    features: ComparisonFeatures,
    feature: CodedFeature,
    group: _GroupRelation,
    bound: float,
    out: Floats,
    *,
    begun: bool,
) -> None:
    write_coded_bits(
        out,
        begun,
        feature.code,
        feature.cells,
        feature.orgs,
        features.count_local_orgs(feature) if group.everybody_apart else feature.orgs,
        (feature.coded_orgs, min(feature.breadth, BACKGROUND), feature.near),
        features.org,
        group.relation,
        group.ordered,
        group.kin,
        (float(group.orgs), group.largest, group.everybody_apart),
        (PRIOR_WEIGHT, ENRICHED, bound),
        SMOOTHING,
    )


def _compute_multi_valued_bits(
    features: ComparisonFeatures, multi_feature: MultiValuedFeature, group: _GroupRelation, bound: float
) -> Floats:
    local_orgs = multi_feature.local_orgs if group.everybody_apart else multi_feature.orgs
    counts = multi_feature.count_members(group.relation)
    values, offsets, account = multi_feature.accounts_by_value(bound, features.total_orgs)
    others = features.total_orgs - (features.orgs if group.everybody_apart else group.orgs)
    total = score_strongest_values(
        group.relation,
        features.org,
        multi_feature.number,
        offsets,
        account,
        values,
        counts,
        multi_feature.orgs,
        local_orgs,
        float(max(1, others)),
        float(group.orgs),
        group.everybody_apart,
        group.kin.size > 0,
        PRIOR_WEIGHT,
        bound,
    )
    # Where nearly all of the group share a value, an account without any of them differs a little.
    most = max(float(counts[:, 0].max(initial=0)), float(np.any(multi_feature.number[group.ordered] > 0)))
    common = most / group.largest
    lacking = np.log2(max(1.0 - common, 1 / 16)) if common > 0.5 else 0.0
    return np.where(total > 0, np.minimum(total, bound), lacking)
