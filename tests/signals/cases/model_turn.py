"""A pool that turns to the new model at once, against a release that everybody tries."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from signals.populations import DAY, NEW_YEAR, Draft, members, people, person
from signals.signal_case import Case

if TYPE_CHECKING:
    import numpy as np

RELEASE = NEW_YEAR + 14 * DAY
RELEASES = {"model-b": RELEASE}


def turning(rng: np.random.Generator, draft: Draft, willing: float) -> Draft:
    """The draft with exchanges on the release day, of which so many go to the new model."""
    times = sorted([*draft.times, *(RELEASE + int(rng.integers(DAY)) for _ in range(6)), NEW_YEAR + DAY])
    model = ["model-b" if moment >= RELEASE and rng.random() < willing else "model-a" for moment in times]
    return replace(draft, times=times, model=model, refused=False)


def at_once(rng: np.random.Generator) -> list[Draft]:
    crowd = [turning(rng, d, float(rng.beta(1, 6))) for d in people(rng)]
    return members(crowd[:14], lambda _, d: turning(rng, d, 0.95)) + crowd[14:]


def everybody(rng: np.random.Generator) -> list[Draft]:
    """A release that everybody tries at once."""
    crowd = [turning(rng, d, float(rng.beta(6, 2))) for d in people(rng)]
    return members(crowd[:25]) + crowd[25:]


def newcomers(rng: np.random.Generator) -> list[Draft]:
    """A release crowd: the members came with the model, and have not turned from anything."""
    crowd = [turning(rng, d, float(rng.beta(1, 6))) for d in people(rng)]
    fresh = [person(rng, 1000 + at, begin=RELEASE) for at in range(14)]
    first_day = [sorted([*d.times, RELEASE + int(rng.integers(DAY))]) for d in fresh]
    came = [replace(d, times=times, model="model-b", refused=False) for d, times in zip(fresh, first_day, strict=True)]
    return members(came) + crowd[14:]


CASES = (
    Case("a settled pool that moves within the day", True, at_once, RELEASES),
    Case("everybody moves", False, everybody, RELEASES),
    Case("a release crowd", False, newcomers, RELEASES),
)
