"""What is worked out of a population once, however many groups are put to the test.

A measure of everybody costs as much as everybody; tests of hundreds of groups ask for the same ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from hydrometer.contract.population import Population

T = TypeVar("T")

_KEPT: dict[int, tuple[Population, dict[Hashable, Any]]] = {}
"""Of the population in use, by its identity; the entry holds the population, so that no other one can take its place."""


def once(population: Population, make: Callable[[Population], T]) -> T:
    """Return `make(population)`, worked out on the first call only; `make` is a function of a module."""
    return keyed(population, make, lambda: make(population))


def keyed(population: Population, key: Hashable, make: Callable[[], T]) -> T:
    """Return `make()`, worked out on the first call with this key only."""
    if id(population) not in _KEPT:
        # One run, one population: an earlier one is let go.
        _KEPT.clear()
        _KEPT[id(population)] = (population, {})
    made = _KEPT[id(population)][1]
    if key not in made:
        made[key] = make()
    found: T = made[key]
    return found


def forget() -> None:
    """Let go of everything kept."""
    _KEPT.clear()
