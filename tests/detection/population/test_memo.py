"""What is worked out once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hydrometer.detection.population.memo import memoize, memoize_by_key

if TYPE_CHECKING:
    from collections.abc import Hashable


@dataclass
class Owner:
    """Something with a memo, and how often it was measured."""

    memo: dict[Hashable, Any] = field(default_factory=dict)
    measured: int = 0


def measure(owner: Owner) -> int:
    owner.measured += 1
    return owner.measured


def test_a_measure_is_worked_out_once_for_each_owner() -> None:
    owner, other = Owner(), Owner()
    assert [memoize(owner, measure), memoize(owner, measure), memoize(other, measure)] == [1, 1, 1]
    assert (owner.measured, other.measured) == (1, 1)


def test_keys_are_apart_and_none_is_a_result() -> None:
    owner = Owner()
    calls: list[str] = []
    for key in ("a", "b", "a", "b"):
        assert memoize_by_key(owner, key, lambda key=key: calls.append(key)) is None  # type: ignore[misc]  # bound now
    assert calls == ["a", "b"]
