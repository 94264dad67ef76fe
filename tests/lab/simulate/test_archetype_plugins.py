"""Archetypes are known by their kinds, and those of other packages are in no world that does not name them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.plugin_packages import write_package
from hydrometer.lab.simulate import archetype_plugins
from hydrometer.lab.simulate.archetype_plugins import find_default_shares, load_archetypes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def visitor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An archetype of another package, known for one test."""
    text = 'KIND, SHARE, MEAN = "a-visitor", 0.5, 1.0\ndef populate(cohort, count): ...\n'
    points = "[hydrometer.archetypes]\na-visitor = visiting_archetype\n"
    caches = (load_archetypes, find_default_shares, archetype_plugins._load_plugins)
    monkeypatch.syspath_prepend(write_package(tmp_path, "visitors", points, {"visiting_archetype": text}))
    for cache in caches:
        cache.cache_clear()
    yield "a-visitor"
    for cache in caches:
        cache.cache_clear()


def test_built_in_archetypes_have_their_own_shares() -> None:
    assert find_default_shares() == {kind: module.SHARE for kind, module in load_archetypes().items()}


def test_an_outsider_comes_last_and_has_no_share_of_its_own(visitor: str) -> None:
    assert list(load_archetypes())[-1] == visitor
    assert find_default_shares()[visitor] == 0.0
