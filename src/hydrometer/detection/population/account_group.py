"""A group of accounts under test."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable

    from hydrometer.detection.population.population import Bools, Ints, Population

LIKE_USE = 0.25
"""Greatest difference in the share of single turns between a peer and the members' median."""
ENOUGH_PEERS = 30


@dataclass(frozen=True)
class AccountGroup:
    """Some accounts of a population; `members` is a mask of n accounts."""

    population: Population
    members: Bools
    memo: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)
    """What was worked out of the group (see `memo.py`)."""

    @cached_property
    def accounts(self) -> Ints:
        """Numbers of the members."""
        return np.nonzero(self.members)[0].astype(np.int64)

    @cached_property
    def orgs(self) -> Ints:
        """Distinct organisations of the members."""
        return np.unique(self.population.org[self.members])

    @cached_property
    def events(self) -> Ints:
        """Indices of the members' exchanges, by account and time."""
        return self.population.events.list_exchanges(self.accounts)

    @cached_property
    def owners(self) -> Ints:
        """The account of each of `events`."""
        return self.population.events.owners(self.accounts)

    @cached_property
    def elicitation_events(self) -> Ints:
        """Indices of the members' exchanges that ask for training material."""
        return self.events[self.population.events.demand[self.events]]

    @cached_property
    def others(self) -> Bools:
        """Accounts of other organisations."""
        others: Bools = ~np.isin(self.population.org, self.orgs)
        return others if self.population.excluded is None else others & ~self.population.excluded

    @cached_property
    def peers(self) -> Bools:
        """Other accounts of like volume and like use, for nulls that must not merely say that the members are busy.

        Whoever sends single requests from a script differs from people who talk, in much else too: scripts meet scripts.
        """
        facts = self.population.facts
        volume, single = facts["exchanges"], facts["single_turn"]
        low, high = np.quantile(volume[self.members], (0.1, 0.9))
        busy: Bools = self.others & (volume >= low / 2) & (volume <= high * 2)
        finite = np.isfinite(single)
        if (self.members & finite).any():
            middle = float(np.median(single[self.members & finite]))
            alike: Bools = busy & finite & (np.abs(single - middle) <= LIKE_USE)
            if alike.sum() >= ENOUGH_PEERS:
                return alike
        return busy if busy.sum() >= ENOUGH_PEERS else self.others & (volume >= 3)

    @property
    def size(self) -> int:
        """Number of organisations, the unit of counting."""
        return int(self.orgs.size)
