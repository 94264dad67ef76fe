"""Who belongs, how surely, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fixtures.crowds import coded, compared, mask, operator, population, strangers, traits, views_of
from hydrometer.contract.evidence_families import FAMILIES
from hydrometer.contract.settings import CampaignSettings
from hydrometer.detection.campaigns.membership import (
    FACET_WORDS,
    absorb_dormant_accounts,
    drop_contract_customers,
    list_differences,
    list_reasons,
    weigh_members,
)
from hydrometer.detection.campaigns.peeled_views import PeeledView, PeeledViews
from hydrometer.detection.campaigns.seed_expansion import GroupLikeness, measure_likeness

if TYPE_CHECKING:
    from hydrometer.detection.campaigns.comparison_features import ComparisonFeatures
    from hydrometer.detection.population.population import Bools, Population

SETTINGS = CampaignSettings()
HYDRA, DORMANT = 25, 5


class DescribedViews(PeeledViews):
    """Views whose accounts are described by hand, whoever is left out."""

    def __init__(self, people: Population, described: ComparisonFeatures) -> None:
        super().__init__(people, [])
        self._described = described

    def without(self, excluded: Bools) -> PeeledView:
        return PeeledView(self.population, self._described, self._described.without_family("content"), [])


def test_dormant_accounts_of_the_pool_are_absorbed_and_others_are_not() -> None:
    """Accounts 25 … 29 have all that the operator's have but its demands; 30, 31 are such, but known or authorised."""
    rng = np.random.default_rng(1)
    made = [
        replace(p, values={**p.values, "signup_network": "hydra net"})
        for p in operator(rng, HYDRA + DORMANT + 2, name="hydra")
    ]
    quiet = [replace(p, sent=[replace(s, demand=False, wording=()) for s in p.sent]) for p in made[HYDRA:]]
    quiet[-2], quiet[-1] = replace(quiet[-2], verified=True), replace(quiet[-1], authorised=True)
    neighbours = [
        replace(p, values={**p.values, "address": ["hydra host 0"], "network": ["hydra block"]})
        for p in strangers(rng, 10)
    ]
    people = population([*made[:HYDRA], *quiet, *neighbours, *strangers(rng, 250)])
    (pool,) = absorb_dormant_accounts(views_of(people), [mask(people.size, range(HYDRA))], SETTINGS)
    assert np.nonzero(pool)[0].tolist() == list(range(HYDRA + DORMANT))


def test_a_campaign_absorbs_no_member_of_another_and_a_dormant_account_joins_the_likest() -> None:
    """North and south are alike in all but their cards and names: either would take the other's accounts."""
    rng = np.random.default_rng(7)
    north, south = operator(rng, 20, name="hydra"), operator(rng, 16, name="hydra")
    south = [replace(p, values={**p.values, "bin": "south bank", "email_shape": "south shape"}) for p in south]
    quiet = replace(south[-1], sent=[replace(s, demand=False) for s in south[-1].sent])
    people = population([*north, *south[:-1], quiet, *strangers(rng, 250)])
    campaigns = [mask(people.size, range(20)), mask(people.size, range(20, 35))]
    alone = [absorb_dormant_accounts(views_of(people), [members], SETTINGS)[0] for members in campaigns]
    assert (alone[0] & campaigns[1]).any()
    first, second = absorb_dormant_accounts(views_of(people), campaigns, SETTINGS)
    nearest = int(np.argmax([measure_likeness(compared(people), members).total[35] for members in campaigns]))
    assert np.nonzero(first)[0].tolist() == [*range(20), *([35] if nearest == 0 else [])]
    assert np.nonzero(second)[0].tolist() == [*range(20, 35), *([35] if nearest == 1 else [])]


def test_what_is_alike_in_one_kind_of_evidence_beside_content_is_not_absorbed() -> None:
    """Accounts 20 … 22 share content and identity with the members, 23 and 24 timing too."""
    rng = np.random.default_rng(4)
    people = population(strangers(rng, 325))
    org = range(325)
    alike = [0] * 25 + list(range(1, 301))
    timing = [0] * 20 + [-1] * 3 + [0] * 2 + list(range(1, 301))
    facets = [coded(f"{family} {n}", alike, org, family=family) for family in ("content", "identity") for n in range(3)]
    facets += [coded(f"timing {n}", timing, org, family="timing") for n in range(3)]
    described = traits(org, facets)
    members = mask(325, range(20))
    assert (measure_likeness(described, members).total[20:23] > SETTINGS.absorb_bits).all()
    (pool,) = absorb_dormant_accounts(DescribedViews(people, described), [members], SETTINGS)
    assert np.nonzero(pool)[0].tolist() == [*range(20), 23, 24]


def test_members_are_no_surer_than_their_campaign() -> None:
    rng = np.random.default_rng(2)
    people = population([*operator(rng, HYDRA, name="hydra"), *strangers(rng, 200)])
    members = mask(people.size, range(HYDRA + 3))
    likeness = measure_likeness(compared(people), members)
    belonging = weigh_members(likeness, members, np.arange(people.size), 0.8, SETTINGS)
    assert belonging.accounts == list(range(HYDRA + 3))
    assert belonging.probability.max() <= 0.8
    assert belonging.probability[:HYDRA].min() > 0.7
    assert belonging.probability[HYDRA:].max() < 0.3
    assert set(belonging.bits) == set(FAMILIES)
    by_likeness = belonging.probability[np.argsort(likeness.total[: HYDRA + 3])]
    assert (np.diff(by_likeness) >= 0).all()


def likeness_of(**bits: float) -> GroupLikeness:
    family = {"card": "identity", "address": "infrastructure", "start": "timing", "wording": "content"}
    return GroupLikeness({facet: np.array([value]) for facet, value in bits.items()}, family)


def test_reasons_are_plain_words_with_the_strongest_first() -> None:
    likeness = likeness_of(card=2.0, address=7.0, start=-3.0, wording=0.4)
    told = list_reasons(likeness, 0)
    assert [FACET_WORDS["address"] in told[0], FACET_WORDS["card"] in told[1], len(told)] == [True, True, 2]
    (against,) = list_differences(likeness, 0)
    assert FACET_WORDS["start"] in against
    assert "not " in against


def test_every_facet_has_its_words() -> None:
    rng = np.random.default_rng(3)
    people = population([*operator(rng, 10, name="hydra"), *strangers(rng, 60)])
    values = ("device", "end_user", "session")
    made = [*operator(rng, 10, name="hydra"), *strangers(rng, 60)]
    full = population([replace(p, values={**p.values, **dict.fromkeys(values, f"{n}")}) for n, p in enumerate(made)])
    for crowd in (people, full):
        likeness = measure_likeness(compared(crowd), mask(crowd.size, range(10)))
        assert set(likeness.facets) <= set(FACET_WORDS)
        assert set(likeness.family_of.values()) <= set(FAMILIES)


def test_a_few_known_customers_among_the_members_are_left_out() -> None:
    rng = np.random.default_rng(9)
    people = [*operator(rng, 20, name="hydra"), *[replace(p, verified=True) for p in strangers(rng, 8)]]
    crowd = population(people)
    few, many = mask(crowd.size, range(23)), mask(crowd.size, range(crowd.size))
    assert np.nonzero(drop_contract_customers(crowd, few))[0].tolist() == list(range(20))
    assert drop_contract_customers(crowd, many).all()
