"""Measures of a population or a group that are worked out once, however many signals need them.

A measure of everybody costs as much as everybody, and the tests of hundreds of groups need the same ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable


class MemoOwner(Protocol):
    """A population or a group, which keeps what was worked out of it."""

    @property
    def memo(self) -> dict[Hashable, Any]: ...


W = TypeVar("W", bound=MemoOwner)
T = TypeVar("T")


def memoize(owner: W, compute: Callable[[W], T]) -> T:
    """Return `compute(owner)`, worked out on the first call only; `compute` is a function of a module."""
    return memoize_by_key(owner, compute, lambda: compute(owner))


def memoize_by_key(owner: MemoOwner, key: Hashable, compute: Callable[[], T]) -> T:
    """Return `compute()`, worked out on the first call with this key only."""
    if key not in owner.memo:
        owner.memo[key] = compute()
    result: T = owner.memo[key]
    return result
