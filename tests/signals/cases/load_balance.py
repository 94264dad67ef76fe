"""One work queue behind many accounts, against many clocks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from signals.populations import DAY, HOUR, NEW_YEAR, Draft, members, people
from signals.signal_case import Case

if TYPE_CHECKING:
    import numpy as np


def queue(rng: np.random.Generator) -> list[Draft]:
    """Two hundred requests a day, each to an account picked at random."""
    crowd = people(rng)
    times: list[list[int]] = [[] for _ in range(20)]
    for day in range(28):
        for account in rng.integers(20, size=200).tolist():
            times[account].append(NEW_YEAR + day * DAY + int(rng.integers(DAY)))
    return members([Draft(times=some, values=d.values) for some, d in zip(times, crowd[:20], strict=True)]) + crowd[20:]


def own_clocks(rng: np.random.Generator) -> list[Draft]:
    """Monitors: each account by itself sends one request every hour."""
    crowd = people(rng)
    clocks = [
        Draft(times=[NEW_YEAR + hour * HOUR + int(rng.integers(HOUR)) for hour in range(28 * 24)], values=d.values)
        for d in crowd[:20]
    ]
    return members(clocks) + crowd[20:]


def swelling(rng: np.random.Generator) -> list[Draft]:
    """A crowd that works on the same days, and rests on the same."""
    crowd = people(rng)
    busy = rng.lognormal(0, 0.7, size=28)
    together = []
    for draft in crowd[:20]:
        per_day = rng.poisson(8 * busy)
        times = [NEW_YEAR + day * DAY + int(rng.integers(DAY)) for day in range(28) for _ in range(per_day[day])]
        together.append(Draft(times=times or [NEW_YEAR], values=draft.values))
    return members(together) + crowd[20:]


def poisson(rng: np.random.Generator) -> list[Draft]:
    """Steady accounts that know nothing of each other."""
    crowd = people(rng)
    alone = [
        Draft(times=[NEW_YEAR + int(rng.integers(28 * DAY)) for _ in range(200)], values=d.values) for d in crowd[:20]
    ]
    return members(alone) + crowd[20:]


def strangers(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:40]) + crowd[40:]


def one_company(rng: np.random.Generator) -> list[Draft]:
    """One company spreads its work over its own keys; beside them, strangers."""
    balanced = [replace(draft, org="company") for draft in queue(rng)[:20]]
    crowd = people(rng)
    return members(balanced + crowd[:8]) + crowd[8:]


CASES = (
    Case("a fixed amount a day to accounts picked at random", True, queue),
    Case("accounts that are each their own clock", False, own_clocks),
    Case("a crowd that swells together", False, swelling),
    Case("Poisson accounts", False, poisson),
    Case("people", False, strangers),
    Case("the keys of one organisation", False, one_company),
)
