"""Relays with many persons behind an account, against products that all have customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signals.populations import Draft, knowing, members, people
from signals.signal_case import Case

if TYPE_CHECKING:
    import numpy as np


def relay(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return (
        members(crowd[:12], lambda _, d: knowing(d, end_users=float(12 + rng.integers(20)), languages=6.0)) + crowd[12:]
    )


def as_everybody(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:25]) + crowd[25:]


def products(rng: np.random.Generator) -> list[Draft]:
    """Everybody builds products with customers: as many as the volume feeds."""
    crowd = [knowing(d, end_users=float(1 + rng.poisson(len(d.times) / 4))) for d in people(rng)]
    return members(crowd[:25]) + crowd[25:]


def busy(rng: np.random.Generator) -> list[Draft]:
    """The busiest have the most customers, as the busiest do."""
    crowd = sorted(
        (knowing(d, end_users=float(1 + rng.poisson(len(d.times) / 4))) for d in people(rng)),
        key=lambda d: -len(d.times),
    )
    return members(crowd[20:60:2]) + crowd[:20] + crowd[21:60:2] + crowd[60:]


CASES = (
    Case("dozens of end users in many languages", True, relay),
    Case("as everybody", False, as_everybody),
    Case("a population of products", False, products),
    Case("busy products", False, busy),
)
