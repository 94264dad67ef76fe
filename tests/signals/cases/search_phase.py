"""Variants of a demand that are mostly refused, against a model that refuses everybody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from signals.populations import Draft, members, people
from signals.signal_case import Case

if TYPE_CHECKING:
    import numpy as np


def refused(rng: np.random.Generator, draft: Draft, often: float) -> Draft:
    """The draft with so many of its exchanges refused."""
    return replace(draft, refused=(rng.random(len(draft.times)) < often).tolist())


def searching(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:10], lambda _, d: refused(rng, d, 0.7)) + crowd[10:]


def as_everybody(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:25]) + crowd[25:]


def strict_model(rng: np.random.Generator) -> list[Draft]:
    """A model that refuses half of what anybody asks."""
    crowd = [refused(rng, d, 0.5) for d in people(rng)]
    return members(crowd[:25]) + crowd[25:]


def stuck(rng: np.random.Generator) -> list[Draft]:
    """Clients that send one refused request again and again."""
    crowd = people(rng)
    return members(crowd[:10], lambda _, d: replace(refused(rng, d, 0.9), prompt=[7] * len(d.times))) + crowd[10:]


CASES = (
    Case("ever new prompts, mostly refused", True, searching),
    Case("refused as seldom as everybody", False, as_everybody),
    Case("a model that refuses everybody", False, strict_model),
    Case("one request repeated", False, stuck),
)
