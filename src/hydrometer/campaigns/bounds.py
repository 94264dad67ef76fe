"""What people found of accounts, and how groups keep to it: who is of no campaign, who goes together, who does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.campaigns.follow import OVERLAP
from hydrometer.campaigns.grow import resemblance

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from hydrometer.campaigns.traits import Traits
    from hydrometer.contract.cases import Constraints
    from hydrometer.contract.population import Bools, Population

CLEARED = "a person cleared this account: it is of no campaign"


@dataclass
class Bounds:
    """Constraints on a population, by account numbers; `counts` says what came of them, for run.json."""

    cleared: Bools
    """A mask of n accounts: members of no campaign."""
    together: list[tuple[int, int]] = field(default_factory=list)
    apart: list[tuple[int, int]] = field(default_factory=list)
    into: list[tuple[int, frozenset[int]]] = field(default_factory=list)
    """An account, and the members that a campaign had: it is to be of the group that follows it."""
    out_of: list[tuple[int, frozenset[int]]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, what: str, times: int = 1) -> None:
        """Count something that came of a constraint."""
        if times:
            self.counts[what] = self.counts.get(what, 0) + times

    def without_cleared(self, members: Bools) -> Bools:
        """Return a group without whoever was cleared."""
        left: Bools = members & ~self.cleared
        return left

    def kept(self, traits: Traits, groups: list[Bools]) -> list[Bools]:
        """Return groups, some of them smaller, larger or empty, that keep to every constraint.

        An account joins only where it is of no other group. Of two that do not go together, the one that resembles the
        others less leaves.

        Args:
            traits: of the whole population, of the families that may tell one hand.
        """
        kept = [self.without_cleared(members) for members in groups]
        self.count("members cleared by a person, left out", sum(int((g & self.cleared).sum()) for g in groups))
        free = ~np.any(kept, axis=0) & ~self.cleared if kept else ~self.cleared
        for members in kept:
            for account, earlier in self.into:
                if _follows(members, earlier):
                    self._join(members, account, free)
            for account, earlier in self.out_of:
                if members[account] and _follows(members, earlier):
                    members[account] = False
                    self.count("members held against a campaign by a person, left out")
            # A link may lead to another: until nobody joins any more.
            while any(self._linked(members, pair, free) for pair in self.together):
                pass
            for one, other in self.apart:
                if members[one] and members[other]:
                    total = resemblance(traits, members).total
                    members[other if total[other] <= total[one] else one] = False
                    self.count("members that a person keeps apart from another, left out")
        return kept

    def _linked(self, members: Bools, pair: tuple[int, int], free: Bools) -> bool:
        one, other = pair
        if members[one] == members[other]:
            return False
        return self._join(members, other if members[one] else one, free)

    def _join(self, members: Bools, account: int, free: Bools) -> bool:
        if members[account] or not free[account]:
            return False
        members[account], free[account] = True, False
        self.count("accounts that a person linked to a member, taken in")
        return True


def bounds_of(population: Population, told: Constraints, earlier: dict[str, set[str]]) -> Bounds:
    """Return the constraints that are about accounts of `population`; count those that are about nobody here.

    earlier: account ids by campaign of the result that is replaced; constraints name its campaigns.
    """
    named = {name for each in told.constraints for name in (each.account, each.other)}
    named |= {name for each in told.constraints for name in earlier.get(each.campaign, ())}
    number = {name: place for place, name in enumerate(population.accounts) if name in named}
    bounds = Bounds(np.zeros(population.size, dtype=np.bool_))
    for each in told.constraints:
        account, other = number.get(each.account), number.get(each.other)
        known = {number[name] for name in earlier.get(each.campaign, ()) if name in number}
        if account is None or (each.kind != "cleared" and other is None and not known):
            bounds.count("constraints on accounts or campaigns that are not here")
        elif each.kind == "cleared":
            bounds.cleared[account] = True
            bounds.count("accounts cleared by a person")
        elif other is not None:
            (bounds.together if each.kind == "must_link" else bounds.apart).append((account, other))
            bounds.count(f"pairs of accounts that a person {'linked' if each.kind == 'must_link' else 'keeps apart'}")
        else:
            held = (account, frozenset(known - {account}))
            (bounds.into if each.kind == "must_link" else bounds.out_of).append(held)
            bounds.count("accounts that a person holds for or against a campaign")
    return bounds


def agreement(told: Constraints, members: AbstractSet[str]) -> dict[str, int]:
    """How far what was found agrees with what people found before, by account, for run.json."""
    operators = {each.account for each in told.labels if each.operator}
    honest = {each.account for each in told.labels} - operators
    counts = {
        "accounts that a person found an operator's: members": len(operators & members),
        "accounts that a person found an operator's: not members, or not here": len(operators - members),
        "accounts that a person found honest: members all the same": len(honest & members),
    }
    return {what: count for what, count in counts.items() if count}


def _follows(members: Bools, earlier: frozenset[int]) -> bool:
    """Whether a group would keep the name of a campaign that had these members, whoever is in question aside."""
    if not members.any():
        return False
    mine = sum(1 for account in earlier if members[account])
    return mine >= OVERLAP * (int(members.sum()) + len(earlier) - mine)
