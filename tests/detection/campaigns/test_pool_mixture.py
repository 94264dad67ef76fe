"""How much of a pool's unrecognised traffic is innocent customers'."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fixtures.populations import Draft, members, people, population, sittings
from hydrometer.detection.campaigns.pool_mixture import UNMIXED, estimate_innocent_share, is_unmixed
from hydrometer.detection.population.account_group import AccountGroup

FAVOURITES = 4_000
"""Prompts that people send, some often and most seldom."""
OFTEN = 0.4
"""Share of a person's exchanges with a prompt that others send too."""
PER_ACCOUNT = 40


def asked_by_people(rng: np.random.Generator, count: int) -> list[int]:
    """Prompts as people send them: some in many hands, most their own."""
    favourite = np.minimum(rng.zipf(1.3, count), FAVOURITES)
    own = 10**12 + rng.integers(10**12, size=count)
    prompts: list[int] = np.where(rng.random(count) < OFTEN, favourite, own).tolist()
    return prompts


def mixed_pool(
    rng: np.random.Generator, *, innocent: float, recognised: float = 0.5
) -> tuple[AccountGroup, np.ndarray]:
    """A pool of whose exchanges so many are innocent customers', and of whose work list so many are recognised."""
    crowd = [
        replace(d, times=sittings(rng, PER_ACCOUNT), prompt=asked_by_people(rng, PER_ACCOUNT), refused=False)
        for d in people(rng, 220)
    ]
    flags = []
    pool: list[Draft] = []
    for draft in crowd[:20]:
        is_innocent = rng.random(PER_ACCOUNT) < innocent
        listed = 2 * 10**12 + rng.integers(10**12, size=PER_ACCOUNT)
        prompts = np.where(is_innocent, asked_by_people(rng, PER_ACCOUNT), listed)
        pool.append(replace(draft, prompt=prompts.tolist()))
        flags.append(~is_innocent & (rng.random(PER_ACCOUNT) < recognised))
    _, group = population(members(pool) + crowd[20:])
    return group, np.concatenate(flags)


@pytest.mark.parametrize("seed", range(4))
def test_a_pool_that_works_for_its_operator_alone_is_unmixed(seed: int) -> None:
    group, harvested = mixed_pool(np.random.default_rng(seed), innocent=0.0)
    share = estimate_innocent_share(group, harvested)
    assert share is not None
    assert share <= UNMIXED
    assert is_unmixed(group, harvested)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("innocent", [0.3, 0.6, 0.9])
def test_a_resellers_pool_is_mixed(seed: int, innocent: float) -> None:
    group, harvested = mixed_pool(np.random.default_rng(seed), innocent=innocent)
    share = estimate_innocent_share(group, harvested)
    assert share is not None
    unrecognised = 1 - (1 - innocent) * 0.5
    assert share == pytest.approx(innocent / unrecognised, abs=0.25)
    assert not is_unmixed(group, harvested)


def test_the_more_innocent_customers_the_larger_their_share() -> None:
    shares = [
        estimate_innocent_share(*mixed_pool(np.random.default_rng(7), innocent=innocent))
        for innocent in (0.0, 0.3, 0.6, 0.9)
    ]
    assert None not in shares
    assert shares == sorted(shares, key=lambda share: share or 0.0)


def test_nothing_is_said_where_all_or_none_was_recognised() -> None:
    group, harvested = mixed_pool(np.random.default_rng(1), innocent=0.0)
    for flags in (np.ones_like(harvested), np.zeros_like(harvested)):
        assert estimate_innocent_share(group, flags) is None
        assert not is_unmixed(group, flags)


def test_nothing_is_said_where_too_little_is_left_to_tell_by() -> None:
    """A handful of unrecognised exchanges of innocent customers might recur nowhere by chance."""
    group, _ = mixed_pool(np.random.default_rng(2), innocent=0.0)
    nearly = np.ones(group.events.size, dtype=np.bool_)
    nearly[:5] = False
    assert estimate_innocent_share(group, nearly) is None
    assert not is_unmixed(group, nearly)


def test_nothing_is_said_where_people_repeat_nothing() -> None:
    rng = np.random.default_rng(3)
    crowd = [replace(d, times=sittings(rng, PER_ACCOUNT), refused=False) for d in people(rng, 120)]
    _, group = population(members(crowd[:20]) + crowd[20:])
    harvested = rng.random(group.events.size) < 0.5
    assert estimate_innocent_share(group, harvested) is None


def test_prompts_that_only_members_repeat_are_no_sign_of_people() -> None:
    """A list that is worked off twice recurs within the pool: who else sends it is what counts."""
    rng = np.random.default_rng(4)
    group, harvested = mixed_pool(rng, innocent=0.0)
    population_ = group.population
    prompts = population_.events.prompt.copy()
    prompts[group.events] = 3 * 10**12 + rng.integers(50, size=group.events.size)
    repeated = replace(population_, events=replace(population_.events, prompt=prompts), memo={})
    assert is_unmixed(AccountGroup(repeated, group.members), harvested)
