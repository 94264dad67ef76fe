"""Use day after day, against people with pauses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signals.populations import DAY, NEW_YEAR, Draft, members, people
from signals.signal_case import Case

if TYPE_CHECKING:
    import numpy as np


def without_pause(rng: np.random.Generator) -> list[Draft]:
    def driven(_: int, draft: Draft) -> Draft:
        per_day = max(1, len(draft.times) // 20)
        days = [NEW_YEAR + day * DAY for day in range(28)]
        return Draft(times=[day + int(rng.integers(DAY)) for day in days for _ in range(per_day)], values=draft.values)

    crowd = people(rng)
    return members(crowd[:14], driven) + crowd[14:]


def as_everybody(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:25]) + crowd[25:]


def busy(rng: np.random.Generator) -> list[Draft]:
    """Busy accounts miss fewer days, as busy accounts do."""
    crowd = sorted(people(rng), key=lambda d: -len(d.times))
    return members(crowd[20:60:2]) + crowd[:20] + crowd[21:60:2] + crowd[60:]


CASES = (
    Case("every day from the first to the last", True, without_pause),
    Case("as everybody", False, as_everybody),
    Case("busy accounts", False, busy),
)
