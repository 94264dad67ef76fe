"""One question and one long answer, against conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signals.populations import Draft, knowing, members, people
from signals.signal_case import Case

if TYPE_CHECKING:
    import numpy as np


def gathering(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return (
        members(crowd[:14], lambda _, d: knowing(d, single_turn=1.0, output_tokens=float(rng.lognormal(8, 0.3))))
        + crowd[14:]
    )


def as_everybody(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:25]) + crowd[25:]


def all_single(rng: np.random.Generator) -> list[Draft]:
    """An endpoint that knows no conversations."""
    crowd = [knowing(d, single_turn=1.0) for d in people(rng)]
    return members(crowd[:25]) + crowd[25:]


def unknown(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return (
        members(crowd[:14], lambda _, d: knowing(d, single_turn=float("nan"), output_tokens=float("nan"))) + crowd[14:]
    )


CASES = (
    Case("single turns with long outputs", True, gathering),
    Case("as everybody", False, as_everybody),
    Case("everybody's exchanges are single turns", False, all_single),
    Case("turns and tokens unknown", False, unknown),
)
