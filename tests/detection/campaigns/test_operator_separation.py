"""Two operators with one tool are told apart; one operator with many faces stays one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.crowds import BEGIN, DAY, HOUR, coded, compared, mask, operator, population, strangers, traits
from hydrometer.detection.campaigns.operator_separation import (
    MIN_ORGS,
    assign_to_nearest,
    is_one_operator,
    split_operators,
)

if TYPE_CHECKING:
    from fixtures.crowds import Person
    from hydrometer.detection.campaigns.comparison_features import ComparisonFeatures


def two_operators(seed: int) -> ComparisonFeatures:
    """Accounts 0 … 24 of north, 25 … 44 of south: one tool, all else different; then strangers."""
    rng = np.random.default_rng(seed)
    north = operator(rng, 25, name="north", begin=1, end=12, wording="the tool's wording")
    south = operator(rng, 20, name="south", begin=4, end=13, exchanges=70, wording="the tool's wording")
    return compared(population([*north, *south, *strangers(rng, 250)]))


def one_of_many_faces(seed: int, *, bins: int = 2) -> ComparisonFeatures:
    """Accounts 0 … 39 of one operator with several batches of cards; then strangers."""
    rng = np.random.default_rng(seed)
    return compared(population([*operator(rng, 40, name="hydra", bins=bins), *strangers(rng, 250)]))


@pytest.mark.parametrize("seed", range(3))
def test_two_operators_with_one_tool_are_two(seed: int) -> None:
    described = two_operators(seed)
    parts = split_operators(described, mask(described.size, range(45)))
    assert [np.nonzero(part)[0].tolist() for part in parts] == [list(range(25)), list(range(25, 45))]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("bins", [1, 2, 4])
def test_one_operator_with_several_batches_of_cards_stays_one(seed: int, bins: int) -> None:
    described = one_of_many_faces(seed, bins=bins)
    (whole,) = split_operators(described, mask(described.size, range(40)))
    assert np.nonzero(whole)[0].tolist() == list(range(40))


@pytest.mark.parametrize("seed", range(4))
def test_halves_of_one_operator_are_one_operator(seed: int) -> None:
    described = one_of_many_faces(seed)
    order = np.random.default_rng(seed).permutation(40)
    assert is_one_operator(
        described, mask(described.size, order[:20].tolist()), mask(described.size, order[20:].tolist())
    )
    by_card = [list(range(start, 40, 2)) for start in (0, 1)]
    assert is_one_operator(described, mask(described.size, by_card[0]), mask(described.size, by_card[1]))


@pytest.mark.parametrize("seed", range(3))
def test_two_operators_are_not_one_operator(seed: int) -> None:
    described = two_operators(seed)
    assert not is_one_operator(described, mask(described.size, range(25)), mask(described.size, range(25, 45)))


def test_a_group_too_small_to_be_two_stays_one() -> None:
    described = two_operators(0)
    few = mask(described.size, [0, 1, 2, 25, 26, 27, 28])
    assert [part.tolist() for part in split_operators(described, few)] == [few.tolist()]


@pytest.mark.parametrize("seed", range(3))
def test_a_late_batch_with_another_card_sign_up_and_network_is_the_same_operators(seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = operator(rng, 40, name="hydra")
    late = {"bin": "late bank", "signup_day": "late day"}
    for number in range(20, 40):
        network = {"address": [f"late host {number % 3}"], "network": ["late block"]}
        made[number] = replace(made[number], values={**made[number].values, **late, **network})
    described = compared(population([*made, *strangers(rng, 250)]))
    assert len(split_operators(described, mask(described.size, range(40)))) == 1
    assert is_one_operator(described, mask(described.size, range(20)), mask(described.size, range(20, 40)))


@pytest.mark.parametrize(("second", "parts"), [("identity", 1), ("timing", 2)])
def test_however_much_differs_it_must_differ_in_two_families(second: str, parts: int) -> None:
    """Two halves of 20 that share nothing in ten facets, all of one family or of two."""
    org = range(240)
    code = [0] * 20 + [1] * 20 + [2 + number % 50 for number in range(200)]
    facets = [coded(f"t{n}", code, org, family="identity" if n < 6 else second) for n in range(10)]
    described = traits(org, facets)
    found = split_operators(described, mask(240, range(40)))
    assert len(found) == parts
    assert is_one_operator(described, mask(240, range(20)), mask(240, range(20, 40))) is (parts == 1)


@given(st.sets(st.integers(0, 294), min_size=1, max_size=60))
@settings(max_examples=12)
def test_parts_are_the_group_and_do_not_overlap(chosen: set[int]) -> None:
    described = two_operators(1)
    members = mask(described.size, sorted(chosen))
    parts = split_operators(described, members)
    assert np.sum(parts, axis=0).tolist() == members.astype(int).tolist()
    assert [int(part.sum()) for part in parts] == sorted((int(part.sum()) for part in parts), reverse=True)
    if len(parts) > 1:
        assert min(np.unique(described.org[part]).size for part in parts) >= MIN_ORGS


def of_one_supplier(
    rng: np.random.Generator, count: int, *, name: str, begin: float, end: float, exchanges: int
) -> list[Person]:
    """Accounts that were bought: cards, names, sign-ups and exits are the supplier's, schedule and work the buyer's."""
    made = operator(rng, count, name="supplier", begin=begin, end=end, exchanges=exchanges, wording=f"{name}'s wording")
    own = {"payment": f"{name} card", "phone": f"{name} phone"}
    made = [
        replace(person, values={**person.values, **{kind: f"{value} {at}" for kind, value in own.items()}})
        for at, person in enumerate(made)
    ]
    begins, ends = BEGIN + int(begin * DAY), BEGIN + int(end * DAY)
    return [
        replace(
            person,
            sent=[
                replace(sent, at=at)
                for sent, at in zip(
                    person.sent,
                    [
                        begins + int(rng.integers(HOUR)),
                        *(s.at for s in person.sent[1:-1]),
                        ends - int(rng.integers(HOUR)),
                    ],
                    strict=True,
                )
            ],
        )
        for person in made
    ]


def supplied(seed: int, *, begin: float, end: float, exchanges: int) -> ComparisonFeatures:
    """North's accounts from the second day to the seventh, south's from `begin` to `end`, all of one supplier; then strangers."""
    rng = np.random.default_rng(seed)
    north = of_one_supplier(rng, 24, name="north", begin=2.0, end=7.0, exchanges=30)
    south = of_one_supplier(rng, 20, name="south", begin=begin, end=end, exchanges=exchanges)
    crowd = [replace(p, sent=[replace(s, demand=n < 60) for s in p.sent]) for n, p in enumerate(strangers(rng, 250))]
    return compared(population([*north, *south, *crowd]))


NORTH, SOUTH = range(24), range(24, 44)


@pytest.mark.parametrize("seed", range(3))
def test_two_schedules_of_one_supplier_are_two_operators(seed: int) -> None:
    """They work at the same time, by other schedules, at other rates and with other requests."""
    described = supplied(seed, begin=3.5, end=10.0, exchanges=60)
    parts = split_operators(described, mask(described.size, range(44)))
    assert [np.nonzero(part)[0].tolist() for part in parts] == [list(NORTH), list(SOUTH)]
    assert not is_one_operator(described, mask(described.size, NORTH), mask(described.size, SOUTH))


@pytest.mark.parametrize("seed", range(3))
def test_a_pool_that_takes_over_from_a_banned_one_is_the_same_operators(seed: int) -> None:
    """The second begins when the first has ended: nothing tells a new customer of the supplier from the old one's return."""
    described = supplied(seed, begin=7.05, end=12.0, exchanges=30)
    assert len(split_operators(described, mask(described.size, range(44)))) == 1
    assert is_one_operator(described, mask(described.size, NORTH), mask(described.size, SOUTH))


@pytest.mark.parametrize("seed", range(3))
def test_another_schedule_for_the_same_work_is_the_same_operators(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one = of_one_supplier(rng, 24, name="north", begin=2.0, end=7.0, exchanges=30)
    late = of_one_supplier(rng, 20, name="north", begin=3.5, end=7.0, exchanges=30)
    described = compared(population([*one, *late, *strangers(rng, 250)]))
    assert is_one_operator(described, mask(described.size, NORTH), mask(described.size, SOUTH))


def test_all_accounts_decide_however_many_they_are() -> None:
    """700 organisations of two operators: the parts are theirs to the last account, whatever the order of accounts."""
    rng = np.random.default_rng(1)
    north = operator(rng, 400, name="north", begin=1, end=12, exchanges=6, wording="the tool's wording")
    south = operator(rng, 300, name="south", begin=4, end=13, exchanges=14, wording="the tool's wording")
    people = [*north, *south, *strangers(rng, 250)]
    described = compared(population(people))
    parts = split_operators(described, mask(described.size, range(700)))
    assert [np.nonzero(part)[0].tolist() for part in parts] == [list(range(400)), list(range(400, 700))]
    order = rng.permutation(len(people))
    shuffled = compared(population([people[at] for at in order]))
    members = mask(shuffled.size, np.nonzero(order < 700)[0].tolist())
    again = split_operators(shuffled, members)
    assert [sorted(order[part].tolist()) for part in again] == [list(range(400)), list(range(400, 700))]


def test_accounts_move_to_the_operator_that_they_resemble_and_no_group_is_emptied() -> None:
    described = two_operators(0)
    north, south = range(25), range(25, 45)
    mixed = mask(described.size, [*north, 25, 26, 27]), mask(described.size, range(28, 45))
    assert [np.nonzero(part)[0].tolist() for part in assign_to_nearest(described, list(mixed))] == [
        list(north),
        list(south),
    ]
    right = [mask(described.size, north), mask(described.size, south)]
    assert [part.tolist() for part in assign_to_nearest(described, right)] == [part.tolist() for part in right]


def test_a_group_that_would_lose_most_of_its_own_stays_and_so_do_all() -> None:
    described = two_operators(0)
    # Of the second, fifteen are north's: it would keep five of twenty.
    groups = [mask(described.size, range(10)), mask(described.size, [*range(10, 25), *range(25, 30)])]
    groups.append(mask(described.size, range(30, 45)))
    assert [part.tolist() for part in assign_to_nearest(described, groups)] == [part.tolist() for part in groups]
