"""Work handed out evenly, against accounts that each do what they need."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from signals.populations import Draft, members, people, sittings
from signals.signal_case import Case

if TYPE_CHECKING:
    import numpy as np


def quotas(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    pool = [replace(d, times=sittings(rng, 40 + int(rng.integers(4))), refused=False) for d in crowd[:12]]
    return members(pool) + crowd[12:]


def random_queue(rng: np.random.Generator) -> list[Draft]:
    """A queue that picks an account at random: Poisson shares."""
    crowd = people(rng)
    pool = [replace(d, times=sittings(rng, int(rng.poisson(60))), refused=False) for d in crowd[:16]]
    return members(pool) + crowd[16:]


def own_needs(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:25]) + crowd[25:]


def all_alike(rng: np.random.Generator) -> list[Draft]:
    """A free plan that everybody uses up."""
    crowd = [replace(d, times=sittings(rng, 40 + int(rng.integers(4))), refused=False) for d in people(rng)]
    return members(crowd[:25]) + crowd[25:]


CASES = (
    Case("quotas", True, quotas),
    Case("a queue that picks at random", True, random_queue),
    Case("volumes as needs differ", False, own_needs),
    Case("a limit that everybody reaches", False, all_alike),
)
