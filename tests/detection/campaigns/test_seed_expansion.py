"""A group grows by resemblance, each account judged as if it were not in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.crowds import Person, coded, compared, linked, mask, operator, population, strangers, traits
from hydrometer.contract.settings import CampaignSettings
from hydrometer.detection.campaigns.seed_expansion import (
    FACET_BOUND,
    FAMILY_CAP,
    FAMILY_FLOOR,
    expand_seed,
    measure_likeness,
    select_members,
)

if TYPE_CHECKING:
    from hydrometer.detection.population.population import Bools, Population

SETTINGS = CampaignSettings()
HYDRA = 30


def crowd(*extra: Person, seed: int = 1) -> Population:
    """Accounts 0 … 29 of one operator, then `extra`, then 300 strangers."""
    rng = np.random.default_rng(seed)
    return population([*operator(rng, HYDRA, name="hydra"), *extra, *strangers(rng, 300)])


def grown(people: Population, seed: range) -> set[int]:
    members = expand_seed(
        compared(people), mask(people.size, seed), threshold=SETTINGS.join_bits, rounds=SETTINGS.grow_rounds
    )
    return set(np.nonzero(members)[0].tolist())


@pytest.mark.parametrize("seed", [range(4), range(10), range(HYDRA)])
def test_a_few_accounts_of_an_operator_grow_into_all_of_them(seed: range) -> None:
    assert grown(crowd(), seed) == set(range(HYDRA))


def test_strangers_leave_a_group() -> None:
    assert grown(crowd(), range(HYDRA + 12)) == set(range(HYDRA))


def test_an_innocent_neighbour_who_shares_only_an_address_does_not_join() -> None:
    rng = np.random.default_rng(5)
    neighbour = strangers(rng, 1)[0]
    neighbour = replace(neighbour, values={**neighbour.values, "address": ["hydra host 0"], "network": ["hydra block"]})
    people = crowd(neighbour)
    likeness = measure_likeness(compared(people), mask(people.size, range(HYDRA)))
    assert likeness.facets["address"][HYDRA] > 3
    assert likeness.total[HYDRA] < SETTINGS.join_bits
    assert grown(people, range(HYDRA + 1)) == set(range(HYDRA))


def test_who_merely_asks_in_the_same_wording_does_not_join() -> None:
    """A tool is for anyone to download."""
    rng = np.random.default_rng(6)
    with_tool = operator(rng, 5, name="hydra")
    alone = [
        replace(
            person,
            values=other.values,
            sent=[replace(sent, at=mine.at) for sent, mine in zip(person.sent, other.sent, strict=False)],
        )
        for person, other in zip(with_tool, strangers(rng, 5), strict=True)
    ]
    people = crowd(*alone)
    hobby = range(HYDRA, HYDRA + 5)
    likeness = measure_likeness(compared(people), mask(people.size, range(HYDRA)))
    assert (likeness.families["content"][list(hobby)] > 5).all()
    assert grown(people, range(HYDRA)) == set(range(HYDRA))


def test_content_alone_is_not_enough_however_many_bits_it_has() -> None:
    org = range(315)
    content = [coded(f"content {n}", [0] * 15 + list(range(1, 301)), org, family="content") for n in range(3)]
    members = mask(315, range(10))
    likeness = measure_likeness(traits(org, content), members)
    assert (likeness.total[10:15] > SETTINGS.join_bits).all()
    assert not select_members(likeness, members, SETTINGS.join_bits).any()
    elsewhere = measure_likeness(traits(org, [*content, coded("bin", content[0].code.tolist(), org)]), members)
    assert select_members(elsewhere, members, SETTINGS.join_bits)[10:15].all()


def test_what_every_account_has_of_its_own_neither_ties_nor_parts() -> None:
    people = crowd()
    likeness = measure_likeness(compared(people), mask(people.size, range(HYDRA)))
    assert np.abs(likeness.facets["phone"]).max() < 0.35


def test_an_accounts_own_values_do_not_speak_for_it() -> None:
    """Whoever is put into a group by mistake resembles it little more for being in it, and leaves again."""
    people = crowd()
    everybody = compared(people)
    outside = measure_likeness(everybody, mask(people.size, range(HYDRA))).total
    gained = []
    for stranger in range(HYDRA, HYDRA + 20):
        inside = measure_likeness(everybody, mask(people.size, [*range(HYDRA), stranger])).total
        assert not inside[stranger] > SETTINGS.join_bits
        gained.append(inside[stranger] - outside[stranger])
    assert np.mean(gained) < 2
    assert max(gained) < SETTINGS.join_bits


def test_an_organisation_counts_once_however_many_accounts_it_has() -> None:
    """Accounts 0 … 3 and a probe share a batch; the accounts of organisation 0 are one or many."""
    bits = []
    for many in (1, 12):
        org = [0] * many + [1, 2, 3] + list(range(4, 40))
        code = [0] * (many + 3) + [0] + [1 + number % 9 for number in range(35)]
        members = mask(len(org), range(many + 3))
        probe = many + 3
        links = [linked("address", list(enumerate(code)), org)]
        likeness = measure_likeness(traits(org, [coded("bin", code, org)], links), members)
        bits.append((likeness.facets["bin"][probe], likeness.facets["address"][probe]))
    assert bits[0] == pytest.approx(bits[1])
    assert min(bits[0]) > 1


def test_what_one_declared_organisation_shares_ties_it_to_nothing() -> None:
    org = [0] * 10 + list(range(1, 41))
    code = [0] * 10 + [1 + number % 20 for number in range(40)]
    likeness = measure_likeness(
        traits(org, [coded("bin", code, org)], [linked("address", list(enumerate(code)), org)]), mask(50, range(10))
    )
    assert likeness.facets["bin"][:10].max() <= 0
    assert likeness.facets["address"][:10].max() <= 0


def test_traits_of_one_facet_count_once() -> None:
    org = range(60)
    code = [0] * 12 + [1 + number % 16 for number in range(48)]
    members = mask(60, range(10))
    once = measure_likeness(traits(org, [coded("bin", code, org, facet="card")]), members)
    twice = measure_likeness(
        traits(org, [coded("bin", code, org, facet="card"), coded("payment", code, org, facet="card")]), members
    )
    assert twice.total.tolist() == once.total.tolist()
    assert once.total[11] > 2


def test_a_rare_value_ties_more_than_a_common_one_and_a_hub_not_at_all() -> None:
    bits = []
    for elsewhere in (1, 20, 180):
        code = [0] * 11 + [0] * elsewhere + [1 + number % 8 for number in range(200 - elsewhere)]
        org = range(len(code))
        bits.append(
            float(measure_likeness(traits(org, [coded("bin", code, org)]), mask(len(code), range(10))).total[10])
        )
    assert bits == sorted(bits, reverse=True)
    assert bits[0] > 4
    assert bits[2] < 0.6


def test_neighbouring_numbers_resemble_each_other() -> None:
    org = range(320)
    code = [10] * 10 + [11] + [number % 31 for number in range(309)]
    near = measure_likeness(traits(org, [coded("start", code, org, family="timing", near=True)]), mask(320, range(10)))
    apart = measure_likeness(traits(org, [coded("start", code, org, family="timing")]), mask(320, range(10)))
    assert near.total[10] > 1
    assert apart.total[10] < 0.5


def test_the_unknown_neither_ties_nor_parts() -> None:
    org = range(40)
    code = [0] * 10 + [-1] * 5 + [1 + number % 5 for number in range(25)]
    likeness = measure_likeness(traits(org, [coded("bin", code, org)]), mask(40, range(10)))
    assert likeness.facets["bin"][10:15].tolist() == [0.0] * 5


@st.composite
def _some_traits(draw: st.DrawFn) -> tuple[list[int], list[list[int]], Bools]:
    size = draw(st.integers(4, 25))
    org = draw(st.lists(st.integers(0, size - 1), min_size=size, max_size=size))
    codes = draw(st.lists(st.lists(st.integers(-1, 6), min_size=size, max_size=size), min_size=1, max_size=4))
    members = draw(st.sets(st.integers(0, size - 1), min_size=1))
    return (
        org,
        [[0 if i == 0 and max(row) < 0 else v for i, v in enumerate(row)] for row in codes],
        mask(size, sorted(members)),
    )


@given(_some_traits(), st.booleans())
@settings(max_examples=60)
def test_no_comparison_and_no_family_decides_alone(case: tuple[list[int], list[list[int]], Bools], near: bool) -> None:
    org, codes, members = case
    everybody = traits(
        org, [coded(f"trait {n}", code, org, facet=f"facet {n % 3}", near=near) for n, code in enumerate(codes)]
    )
    likeness = measure_likeness(everybody, members)
    for bits in likeness.facets.values():
        assert np.isfinite(bits).all()
        assert bits.min() >= -FACET_BOUND / 2
        assert bits.max() <= FACET_BOUND
    assert likeness.total.min() >= FAMILY_FLOOR
    assert likeness.total.max() <= FAMILY_CAP
    once = expand_seed(everybody, members, threshold=1.0, rounds=12)
    assert np.array_equal(once, expand_seed(everybody, members, threshold=1.0, rounds=12))


def test_the_order_of_accounts_does_not_matter() -> None:
    rng = np.random.default_rng(8)
    made = [*operator(rng, 12, name="hydra"), *strangers(rng, 100)]
    order = rng.permutation(len(made))
    plain, mixed = population(made), population([made[place] for place in order])
    forward = measure_likeness(compared(plain), mask(112, range(12))).total
    turned = measure_likeness(compared(mixed), np.isin(order, range(12))).total
    assert turned.tolist() == pytest.approx(forward[order].tolist())


def test_a_shift_at_another_time_parts() -> None:
    rng = np.random.default_rng(9)
    people = crowd(*operator(rng, 3, name="hydra", begin=8.0, end=13.5))
    likeness = measure_likeness(compared(people), mask(people.size, range(HYDRA)))
    assert likeness.facets["start"][HYDRA : HYDRA + 3].max() < np.median(likeness.facets["start"][:HYDRA]) - 3
