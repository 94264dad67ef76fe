"""A queue that sends each request to another account, against sittings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from signals.populations import MINUTE, NEW_YEAR, Draft, members, people, sittings
from signals.signal_case import Case

if TYPE_CHECKING:
    import numpy as np


def queue(rng: np.random.Generator) -> list[Draft]:
    """Sixteen accounts that take requests in turn, around the clock."""
    crowd = people(rng)
    turns = [NEW_YEAR + at * 45 * MINUTE for at in range(600)]
    pool = [Draft(times=turns[account::16], values=crowd[account].values) for account in range(16)]
    return members(pool) + crowd[16:]


def sittings_of_people(rng: np.random.Generator) -> list[Draft]:
    crowd = people(rng)
    return members(crowd[:25]) + crowd[25:]


def short_questions(rng: np.random.Generator) -> list[Draft]:
    """A population that asks once and goes."""
    crowd = [replace(d, times=sittings(rng, len(d.times), length=1.0)) for d in people(rng)]
    return members(crowd[:25]) + crowd[25:]


CASES = (
    Case("requests handed out in turn", True, queue),
    Case("people who sit down to work", False, sittings_of_people),
    Case("single questions among single questions", False, short_questions),
)
