"""Accounts made in one go, against a launch day."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from signals.populations import DAY, HOUR, NEW_YEAR, Draft, knowing, members, people
from signals.signal_case import Case

if TYPE_CHECKING:
    import numpy as np

BATCH = NEW_YEAR + 3 * DAY


def one_go(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:14], lambda _, d: knowing(d, created=float(BATCH + int(rng.integers(4 * HOUR))))) + crowd[14:]


def launch_day(rng: np.random.Generator) -> list[Draft]:
    """A launch brings a third of everybody, the members among them."""
    crowd = [
        knowing(d, created=float(BATCH + int(rng.integers(DAY)))) if rng.random() < 0.35 else d for d in people(rng)
    ]
    return members(crowd[:30]) + crowd[30:]


def spread_out(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:30]) + crowd[30:]


def unknown(rng: np.random.Generator) -> list[Draft]:
    """Nobody knows when most members were made."""
    crowd = people(rng)
    return members(crowd[:14], lambda at, d: knowing(d, created=float("nan")) if at > 2 else d) + crowd[14:]


def onboarding(rng: np.random.Generator) -> list[Draft]:
    """One company makes its accounts in an hour."""
    crowd = people(rng)
    company = [knowing(replace(d, org="company"), created=float(BATCH + int(rng.integers(HOUR)))) for d in crowd[:14]]
    return members(company + crowd[14:18]) + crowd[18:]


CASES = (
    Case("fourteen accounts within four hours", True, one_go),
    Case("a launch day", False, launch_day),
    Case("sign-ups spread over months", False, spread_out),
    Case("sign-ups unknown", False, unknown),
    Case("one organisation's onboarding", False, onboarding),
)
