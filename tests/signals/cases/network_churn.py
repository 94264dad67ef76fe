"""Rotating proxies, against people with a telephone and an office."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signals.populations import Draft, knowing, members, people
from signals.signal_case import Case

if TYPE_CHECKING:
    import numpy as np


def rotating(rng: np.random.Generator) -> list[Draft]:
    """Every second exchange from another network."""
    crowd = people(rng)
    return members(crowd[:15], lambda _, d: knowing(d, networks=float(max(2, len(d.times) // 2)))) + crowd[15:]


def as_everybody(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:25]) + crowd[25:]


def all_travel(rng: np.random.Generator) -> list[Draft]:
    """A population on mobile networks: everybody changes all the time."""
    crowd = [knowing(d, networks=float(max(2, len(d.times) // 2))) for d in people(rng)]
    return members(crowd[:25]) + crowd[25:]


def quiet(rng: np.random.Generator) -> list[Draft]:
    """Quiet accounts show more networks an exchange, as quiet accounts do."""
    crowd = sorted(people(rng), key=lambda d: len(d.times))
    return members(crowd[60:90:2]) + crowd[:60] + crowd[61:90:2] + crowd[90:]


CASES = (
    Case("proxies that rotate every other exchange", True, rotating),
    Case("networks as everybody has", False, as_everybody),
    Case("everybody travels", False, all_travel),
    Case("quiet accounts", False, quiet),
)
