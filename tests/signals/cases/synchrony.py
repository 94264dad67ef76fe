"""Accounts switched on or off together, against what moves everybody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from signals.populations import DAY, HOUR, MINUTE, NEW_YEAR, SPAN, Draft, members, people
from signals.signal_case import Case

if TYPE_CHECKING:
    import numpy as np

SWITCH = NEW_YEAR + 12 * DAY
END = NEW_YEAR + SPAN


def until(draft: Draft, moment: int) -> Draft:
    """The draft without what comes after a moment; three exchanges at the least."""
    kept = [time for time in draft.times if time < moment]
    return replace(draft, times=[*kept, *(moment - (3 - at) * MINUTE for at in range(3))], refused=False)


def since(draft: Draft, moment: int) -> Draft:
    """The draft without what comes before a moment; three exchanges at the least."""
    kept = [time for time in draft.times if time > moment]
    return replace(draft, times=[*(moment + at * MINUTE for at in range(3)), *kept], refused=False)


def switched_on(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:14], lambda _, d: since(d, SWITCH + int(rng.integers(2 * HOUR)))) + crowd[14:]


def switched_off(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:14], lambda _, d: until(d, SWITCH + int(rng.integers(2 * HOUR)))) + crowd[14:]


def outage(rng: np.random.Generator) -> list[Draft]:
    """The service goes down for good for half of everybody."""
    crowd = [until(d, SWITCH + int(rng.integers(HOUR))) if rng.random() < 0.5 else d for d in people(rng)]
    return members(crowd[:25]) + crowd[25:]


def launch(rng: np.random.Generator) -> list[Draft]:
    """A launch from which half of everybody begins."""
    crowd = [since(d, SWITCH + int(rng.integers(HOUR))) if rng.random() < 0.5 else d for d in people(rng)]
    return members(crowd[:25]) + crowd[25:]


def edge(rng: np.random.Generator) -> list[Draft]:
    """The members are there when the traffic begins, and when it ends: of old, perhaps, and for long."""
    crowd = people(rng)
    pool = [
        replace(d, times=[NEW_YEAR + int(rng.integers(HOUR)), *d.times, END - int(rng.integers(HOUR))], refused=False)
        for d in crowd[:20]
    ]
    return members(pool) + crowd[20:]


def release_crowd(rng: np.random.Generator) -> list[Draft]:
    """The members come for the model that came out that day, and go when they like."""
    crowd = people(rng)
    pool = [replace(since(d, SWITCH + int(rng.integers(DAY // 4))), model="model-b") for d in crowd[:20]]
    return members(pool) + crowd[20:]


def own_ways(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:40]) + crowd[40:]


def one_company(rng: np.random.Generator) -> list[Draft]:
    """One company switches its accounts on."""
    crowd = people(rng)
    company = [replace(since(d, SWITCH + int(rng.integers(2 * HOUR))), org="company") for d in crowd[:14]]
    return members(company + crowd[14:18]) + crowd[18:]


CASES = (
    Case("switched on within two hours", True, switched_on),
    Case("switched off within two hours", True, switched_off),
    Case("an outage that stops half of everybody", False, outage),
    Case("a launch that brings half of everybody", False, launch),
    Case("there from the first to the last hour of the traffic", False, edge),
    Case("a release crowd", False, release_crowd, {"model-b": SWITCH}),
    Case("ways of their own", False, own_ways),
    Case("accounts of one organisation", False, one_company),
)
