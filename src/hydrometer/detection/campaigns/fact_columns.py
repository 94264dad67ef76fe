"""One kind of fact of each member of a group: how far it sets members apart from others, and the sentence that says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract import micros_to_datetime

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydrometer.detection.population.account_group import AccountGroup
    from hydrometer.detection.population.population import Floats, Ints

    Counts = Ints | np.int64

LEAST_BITS = 1.0
"""A fact that is not at least twice as common among the other members as among others ties an account to nobody."""
SURPRISE = 10.0
"""And one that so many would share by chance once in a thousand times (2 to the power of -10) is a coincidence."""
LEAST_ORGS = 2
"""Organisations of other members that must show a fact: what two share is between the two of them."""
UNSHARED = -np.inf
"""Bits of a member that does not show a fact, or shows it alone."""


@dataclass(frozen=True, slots=True)
class FactColumn:
    """A kind of fact of the members of a group.

    Attributes:
        comparison: what is compared; of several columns of one comparison, a member keeps the strongest.
        family: family of evidence.
        bits: how far the fact sets each member apart, in the order of the group's accounts; UNSHARED without it.
        write: returns the sentence on a member, by its position.
    """

    comparison: str
    family: str
    bits: Floats
    write: Callable[[int], str]


@dataclass(frozen=True, slots=True)
class FactCounts:
    """How many show some facts; arrays of one length, or numbers that hold for all.

    Attributes:
        inside, members: other members (or their organisations) that show each, and those of whom it could be said.
        outside, others: the same of those who are no members.
    """

    inside: Counts
    members: Counts
    outside: Counts
    others: Counts

    @property
    def expected(self) -> Floats:
        """Other members that would show each if they were as others are; half a case more, so that nothing is impossible."""
        expected: Floats = np.maximum(self.members, 0) * (self.outside + 0.5) / (self.others + 1.0)
        return expected

    @property
    def bits(self) -> Floats:
        """Log2 of how much commoner each is among other members than among others, half a case added to each side."""
        inside, members = np.maximum(self.inside, 0), np.maximum(self.members, 0)
        bits: Floats = np.log2((inside + 0.5) / (members + 1.0)) - np.log2((self.outside + 0.5) / (self.others + 1.0))
        return bits

    def select_shared(self, orgs: Counts) -> Floats:
        """Return the bits of the facts that tie an account to others, UNSHARED for the rest.

        Args:
            orgs: organisations of other members that show each.
        """
        tied = (
            (orgs >= LEAST_ORGS) & (self.bits >= LEAST_BITS) & (bound_surprise(self.inside, self.expected) >= SURPRISE)
        )
        shared: Floats = np.where(tied, self.bits, UNSHARED)
        return shared


def bound_surprise(number: Counts, expected: Floats) -> Floats:
    """Return -log2 of a bound on the chance of so many cases and more where some are expected (Poisson; Chernoff 1952)."""
    number = np.maximum(number, 0).astype(np.float64)
    ratio = np.maximum(number, 0.5) / np.maximum(expected, 1e-12)
    bits: Floats = np.where(number > expected, (number * np.log(ratio) - number + expected) / np.log(2), 0.0)
    return bits


def phrase_members(group: AccountGroup, count: int, measured: int) -> str:
    """Return how many of the other members show something: "7 of the 9 other members".

    Args:
        measured: other members of whom it could be said.
    """
    if measured == group.accounts.size - 1:
        return (
            f"all {measured:,} other members" if count == measured else f"{count:,} of the {measured:,} other members"
        )
    return f"{count:,} of the {measured:,} other members of whom it is known"


def phrase_others(count: int, others: int, noun: str) -> str:
    """Return how many of those who are no members show something: "3 of 5,120 other accounts"."""
    return f"{f'{count:,}' if count else 'none'} of {others:,} {noun}"


def format_day(micros: float) -> str:
    """Return the day, UTC, of µs since 1970: 12 April 2026."""
    return f"{micros_to_datetime(int(micros)):%-d %B %Y}"


def format_moment(micros: float) -> str:
    """Return the minute, UTC, of µs since 1970: 12 April 2026 03:10 UTC."""
    return f"{micros_to_datetime(int(micros)):%-d %B %Y %H:%M} UTC"


def phrase_beginning(group: AccountGroup, member: int) -> str:
    """Return since when a member is there: when it was made, or else its first exchange."""
    facts, account = group.population.facts, group.accounts[member]
    created = facts["created"][account] if "created" in facts else np.nan
    if np.isfinite(created):
        return f"account made {format_day(created)}"
    return f"first exchange {format_day(facts['first_seen'][account])}"
