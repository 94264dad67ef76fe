"""What is worked out of a population once, however many groups are put to the test.

A measure of everybody costs as much as everybody; tests of hundreds of groups ask for the same ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from hydrometer.contract.population import Population

T = TypeVar("T")


def once(population: Population, make: Callable[[Population], T]) -> T:
    """Return `make(population)`, worked out on the first call only; `make` is a function of a module."""
    return keyed(population, make, lambda: make(population))


def keyed(population: Population, key: Hashable, make: Callable[[], T]) -> T:
    """Return `make()`, worked out on the first call with this key only."""
    if key not in population.derived:
        population.derived[key] = make()
    found: T = population.derived[key]
    return found
