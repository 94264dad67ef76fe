"""Traffic at every hour, against people who sleep somewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signals.populations import DAY, NEW_YEAR, Draft, members, people
from signals.signal_case import Case

if TYPE_CHECKING:
    import numpy as np


def sleepless(rng: np.random.Generator) -> list[Draft]:
    def awake(_: int, draft: Draft) -> Draft:
        times = [NEW_YEAR + int(rng.integers(28 * DAY)) for _ in range(max(24, len(draft.times)))]
        return Draft(times=times, values=draft.values)

    crowd = people(rng)
    return members(crowd[:14], awake) + crowd[14:]


def time_zones(rng: np.random.Generator) -> list[Draft]:
    """Together they never sleep; each of them does."""
    crowd = people(rng)
    return members(crowd[:25]) + crowd[25:]


def busy(rng: np.random.Generator) -> list[Draft]:
    """Busy accounts are seen in more hours, as busy accounts are."""
    crowd = sorted(people(rng), key=lambda d: -len(d.times))
    return members(crowd[60:110:2]) + crowd[:60] + crowd[61:110:2] + crowd[110:]


def nobody_sleeps(rng: np.random.Generator) -> list[Draft]:
    """A population of services."""
    crowd = [
        Draft(times=[NEW_YEAR + int(rng.integers(28 * DAY)) for _ in d.times], values=d.values) for d in people(rng)
    ]
    return members(crowd[:25]) + crowd[25:]


CASES = (
    Case("every hour of the day", True, sleepless),
    Case("people of all time zones", False, time_zones),
    Case("busy accounts", False, busy),
    Case("services among services", False, nobody_sleeps),
)
