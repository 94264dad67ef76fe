"""Crowds are split into communities of their sizes, each with a name that no other has."""

from __future__ import annotations

import pytest

from hydrometer.lab.simulate.cohort_builder import CohortBuilder
from hydrometer.lab.simulate.communities import split_into_communities
from hydrometer.lab.simulate.scenario import Scenario
from hydrometer.lab.simulate.world_context import ShardState, WorldContext


def make_cohort(shard: int = 0) -> CohortBuilder:
    context = WorldContext(Scenario(honest=10), 1)
    return CohortBuilder(context, ShardState(shard, 2), (1, 2), accounts_before=0, accounts_in_world=10)


@pytest.mark.parametrize("count", [1, 30, 130, 600, 5_000])
def test_the_sizes_add_up_and_lie_about_within_the_range(count: int) -> None:
    parts = list(split_into_communities(make_cohort(), "firm", count, range(60, 201)))
    assert sum(size for _, size in parts) == count
    assert len({name for name, _ in parts}) == len(parts) == max(1, round(count / 130.5))
    if count >= 600:
        assert all(40 <= size <= 260 for _, size in parts)


def test_communities_of_two_shards_have_different_names() -> None:
    one, other = (
        {name for name, _ in split_into_communities(make_cohort(shard), "firm", 400, range(60, 201))}
        for shard in (0, 1)
    )
    assert not one & other
