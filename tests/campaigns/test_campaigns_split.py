"""Two operators with one tool are told apart; one operator with many faces stays one."""

from __future__ import annotations

import numpy as np
import pytest
from crowds import mask, operator, population, strangers
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrometer.campaigns.split import MIN_ORGS, one_operator, split
from hydrometer.campaigns.traits import Traits, describe


def two_operators(seed: int) -> Traits:
    """Accounts 0 … 24 of north, 25 … 44 of south: one tool, all else different; then strangers."""
    rng = np.random.default_rng(seed)
    north = operator(rng, 25, name="north", begin=1, end=12, wording="the tool's wording")
    south = operator(rng, 20, name="south", begin=4, end=13, exchanges=70, wording="the tool's wording")
    return describe(population([*north, *south, *strangers(rng, 250)]))


def one_of_many_faces(seed: int, *, bins: int = 2) -> Traits:
    """Accounts 0 … 39 of one operator with several batches of cards; then strangers."""
    rng = np.random.default_rng(seed)
    return describe(population([*operator(rng, 40, name="hydra", bins=bins), *strangers(rng, 250)]))


@pytest.mark.parametrize("seed", range(3))
def test_two_operators_with_one_tool_are_two(seed: int) -> None:
    traits = two_operators(seed)
    parts = split(traits, mask(traits.size, range(45)))
    assert [np.nonzero(part)[0].tolist() for part in parts] == [list(range(25)), list(range(25, 45))]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("bins", [1, 2, 4])
def test_one_operator_with_several_batches_of_cards_stays_one(seed: int, bins: int) -> None:
    traits = one_of_many_faces(seed, bins=bins)
    (whole,) = split(traits, mask(traits.size, range(40)))
    assert np.nonzero(whole)[0].tolist() == list(range(40))


@pytest.mark.parametrize("seed", range(4))
def test_halves_of_one_operator_are_one_operator(seed: int) -> None:
    traits = one_of_many_faces(seed)
    order = np.random.default_rng(seed).permutation(40)
    assert one_operator(traits, mask(traits.size, order[:20].tolist()), mask(traits.size, order[20:].tolist()))
    by_card = [list(range(start, 40, 2)) for start in (0, 1)]
    assert one_operator(traits, mask(traits.size, by_card[0]), mask(traits.size, by_card[1]))


@pytest.mark.parametrize("seed", range(3))
def test_two_operators_are_not_one_operator(seed: int) -> None:
    traits = two_operators(seed)
    assert not one_operator(traits, mask(traits.size, range(25)), mask(traits.size, range(25, 45)))


def test_a_group_too_small_to_be_two_stays_one() -> None:
    traits = two_operators(0)
    few = mask(traits.size, [0, 1, 2, 25, 26, 27, 28])
    assert [part.tolist() for part in split(traits, few)] == [few.tolist()]


@given(st.sets(st.integers(0, 294), min_size=1, max_size=60))
@settings(max_examples=12, deadline=None)
def test_parts_are_the_group_and_do_not_overlap(chosen: set[int]) -> None:
    traits = two_operators(1)
    members = mask(traits.size, sorted(chosen))
    parts = split(traits, members)
    assert np.sum(parts, axis=0).tolist() == members.astype(int).tolist()
    assert [int(part.sum()) for part in parts] == sorted((int(part.sum()) for part in parts), reverse=True)
    if len(parts) > 1:
        assert min(np.unique(traits.org[part]).size for part in parts) >= MIN_ORGS
