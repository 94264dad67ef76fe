"""The archetypes of honest customers: what a module of one has, and how all of them are found."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from numbers import Real
from typing import TYPE_CHECKING, Protocol

from hydrometer.plugins import Plugin, PluginKind, load_plugins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydrometer.lab.simulate.cohort_builder import CohortBuilder


class ArchetypeModule(Protocol):
    """What a module of an archetype has."""

    KIND: str
    """How the truth and a scenario's `shares` call it."""
    SHARE: float
    """Of a world's honest accounts, where the scenario names no other."""
    MEAN: float
    """Exchanges that an account of it sends in a fortnight, on average over worlds."""

    def populate(self, cohort: CohortBuilder, count: int, /) -> None:
        """Add `count` accounts of it, and what they send, to the cohort."""


ARCHETYPE_PLUGINS: PluginKind[ArchetypeModule] = PluginKind(
    noun="archetype",
    group="hydrometer.archetypes",
    package="hydrometer.lab.simulate.archetypes",
    members={"KIND": str, "SHARE": Real, "MEAN": Real, "populate": Callable},  # type: ignore[dict-item]  # a class to isinstance, not to mypy
    name_of=lambda module: module.KIND,
    marker="populate",
)


@cache
def load_archetypes() -> Mapping[str, ArchetypeModule]:
    """Return every archetype by its kind: the built-in ones in order of name, then those of other packages."""
    return {plugin.name: plugin.module for plugin in _load_plugins()}


@cache
def find_default_shares() -> Mapping[str, float]:
    """Return the share of each archetype where a scenario names none, in the order of `load_archetypes`.

    Those of other packages are in a world only where its scenario names them: what is installed changes no world.
    """
    return {plugin.name: 0.0 if plugin.origin else float(plugin.module.SHARE) for plugin in _load_plugins()}


@cache
def _load_plugins() -> tuple[Plugin[ArchetypeModule], ...]:
    return tuple(load_plugins(ARCHETYPE_PLUGINS))
