"""What is worked out of a population or a group once, however many tests ask for it.

A measure of everybody costs as much as everybody; tests of hundreds of groups ask for the same ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable


class Whole(Protocol):
    """What keeps what was worked out of it."""

    @property
    def derived(self) -> dict[Hashable, Any]: ...


W = TypeVar("W", bound=Whole)
T = TypeVar("T")


def once(whole: W, make: Callable[[W], T]) -> T:
    """Return `make(whole)`, worked out on the first call only; `make` is a function of a module."""
    return keyed(whole, make, lambda: make(whole))


def keyed(whole: Whole, key: Hashable, make: Callable[[], T]) -> T:
    """Return `make()`, worked out on the first call with this key only."""
    if key not in whole.derived:
        whole.derived[key] = make()
    found: T = whole.derived[key]
    return found
