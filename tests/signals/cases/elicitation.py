"""Requests for training material, against a population that asks for it too."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from signals.populations import Draft, members, people
from signals.signal_case import Case

if TYPE_CHECKING:
    import numpy as np


def asking(rng: np.random.Generator, draft: Draft, often: float) -> Draft:
    """The draft with so many of its exchanges asking for training material."""
    return replace(draft, demand=(rng.random(len(draft.times)) < often).tolist())


def harvest(rng: np.random.Generator) -> list[Draft]:
    crowd = [asking(rng, d, 0.01) for d in people(rng)]
    return members(crowd[:14], lambda _, d: asking(rng, d, 0.8)) + crowd[14:]


def wrong_flags(rng: np.random.Generator) -> list[Draft]:
    crowd = [asking(rng, d, 0.02) for d in people(rng)]
    return members(crowd[:25]) + crowd[25:]


def teachers(rng: np.random.Generator) -> list[Draft]:
    """A site of which a third asks for worked solutions."""
    crowd = [asking(rng, d, 0.5 if rng.random() < 0.35 else 0.01) for d in people(rng)]
    return members(crowd[:25]) + crowd[25:]


def one_of_many(rng: np.random.Generator) -> list[Draft]:
    """A few harvesters in a group of ordinary accounts do not make it a harvest."""
    crowd = [asking(rng, d, 0.01) for d in people(rng)]
    return members(crowd[:25], lambda at, d: asking(rng, d, 0.8) if at < 5 else d) + crowd[25:]


CASES = (
    Case("all ask for training material", True, harvest),
    Case("wrong flags of everyday traffic", False, wrong_flags),
    Case("as many others ask so", False, teachers),
    Case("a few of them ask so", False, one_of_many),
)
