"""Each group is compared with everybody but those who were convicted of something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fixtures.crowds import mask, operator, population, strangers, views_of
from hydrometer.detection.campaigns import peeled_views
from hydrometer.detection.campaigns.comparison_features import build_comparison_features
from hydrometer.detection.campaigns.peeled_views import KEPT, PeeledViews

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from hydrometer.detection.campaigns.comparison_features import ComparisonFeatures
    from hydrometer.detection.population.population import Population

NORTH, SOUTH = range(20), range(20, 35)


def made() -> PeeledViews:
    rng = np.random.default_rng(1)
    return views_of(
        population([*operator(rng, 20, name="north"), *operator(rng, 15, name="south"), *strangers(rng, 120)])
    )


def test_nobody_is_convicted_to_begin_with() -> None:
    views = made()
    assert not views.convicted.any()
    assert views.view_for(mask(155, NORTH)).population is views.population


def test_a_group_is_judged_without_the_other_convicted_and_with_its_own() -> None:
    views = made()
    north, south = mask(155, NORTH), mask(155, SOUTH)
    views.convict(north)
    views.convict(south)
    assert views.convicted.tolist() == (north | south).tolist()
    for members, others in ((north, south), (south, north)):
        excluded = views.view_for(members).population.excluded
        assert excluded is not None
        assert excluded.tolist() == others.tolist()
    nobody_of_them = views.view_for(mask(155, range(100, 110))).population.excluded
    assert nobody_of_them is not None
    assert nobody_of_them.tolist() == (north | south).tolist()


def test_features_count_those_in_view_only() -> None:
    views = made()
    whole, peeled = views.without(mask(155, ())), views.without(mask(155, NORTH))
    assert whole.features.total_orgs - peeled.features.total_orgs == len(NORTH)
    assert [f.name for f in peeled.outward.coded] == [f.name for f in peeled.features.coded if f.family != "content"]
    assert len(peeled.outward.coded) < len(peeled.features.coded)
    (before,), (after,) = ([f for f in view.features.coded if f.name == "bin"] for view in (whole, peeled))
    assert before.orgs.sum() - after.orgs.sum() == len(NORTH)
    # Every account can still be compared.
    assert peeled.features.size == 155


def test_the_same_view_is_built_once_and_few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    views = made()
    built: list[int] = []

    def build(people: Population, without: Sequence[str]) -> ComparisonFeatures:
        built.append(people.size)
        return build_comparison_features(people, without)

    monkeypatch.setattr(peeled_views, "build_comparison_features", build)
    first = views.without(mask(155, NORTH))
    assert views.without(mask(155, NORTH)) is first
    assert len(built) == 1
    for at in range(KEPT):
        views.without(mask(155, [at]))
    assert len(built) == 1 + KEPT
    again = views.without(mask(155, NORTH))
    assert len(built) == 2 + KEPT
    assert again.features.total_orgs == first.features.total_orgs


def test_numbers_are_compared_with_those_who_ask_and_broadly_with_everybody() -> None:
    """Those who ask work all alike: beside them a like volume says little, beside everybody it says much."""
    view = made().without(mask(155, ()))
    (narrow,), (broad,) = (
        [f for f in features.coded if f.name == "volume"] for features in (view.features, view.broad_features)
    )
    codes = np.bincount(narrow.code[: len(NORTH)], minlength=narrow.codes)
    common = int(np.argmax(codes))
    assert narrow.code.tolist() == broad.code.tolist()
    assert narrow.orgs[common] / narrow.coded_orgs > 1.2 * broad.orgs[common] / broad.coded_orgs
    assert view.broad_features is view.broad_features
