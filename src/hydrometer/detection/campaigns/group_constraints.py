"""What people found of accounts, and how groups keep to it: who is of no campaign, who goes together, who does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.campaigns.campaign_ids import OVERLAP
from hydrometer.detection.campaigns.seed_expansion import measure_likeness

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from hydrometer.contract import ConstraintFile
    from hydrometer.detection.campaigns.comparison_features import ComparisonFeatures
    from hydrometer.detection.population.population import Bools, Population

CLEARED = "a person cleared this account: it is of no campaign"


@dataclass
class GroupConstraints:
    """Constraints on a population, by account numbers; `counts` says what came of them, for run.json."""

    cleared: Bools
    """A mask of n accounts: members of no campaign."""
    together: list[tuple[int, int]] = field(default_factory=list)
    apart: list[tuple[int, int]] = field(default_factory=list)
    must_join: list[tuple[int, frozenset[int]]] = field(default_factory=list)
    """An account, and the members that a campaign had: it is to be of the group that follows it."""
    must_not_join: list[tuple[int, frozenset[int]]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, what: str, times: int = 1) -> None:
        """Count something that came of a constraint."""
        if times:
            self.counts[what] = self.counts.get(what, 0) + times

    def without_cleared(self, members: Bools) -> Bools:
        """Return a group without whoever was cleared."""
        left: Bools = members & ~self.cleared
        return left

    def apply(self, features: ComparisonFeatures, groups: list[Bools]) -> list[Bools]:
        """Return groups, some of them smaller, larger or empty, that keep to every constraint.

        An account joins only where it is of no other group. Of two that do not go together, the one that resembles the
        others less leaves.

        Args:
            features: of the whole population, of the families that may tell one hand.
        """
        kept = [self.without_cleared(members) for members in groups]
        self.count("members cleared by a person, left out", sum(int((g & self.cleared).sum()) for g in groups))
        free = ~np.any(kept, axis=0) & ~self.cleared if kept else ~self.cleared
        for members in kept:
            for account, earlier in self.must_join:
                if _keeps_campaign_id(members, earlier):
                    self._join(members, account, free)
            for account, earlier in self.must_not_join:
                if members[account] and _keeps_campaign_id(members, earlier):
                    members[account] = False
                    self.count("members held against a campaign by a person, left out")
            # A link may lead to another: until nobody joins any more.
            while any(self._join_linked(members, pair, free) for pair in self.together):
                pass
            for one, other in self.apart:
                if members[one] and members[other]:
                    total = measure_likeness(features, members).total
                    members[other if total[other] <= total[one] else one] = False
                    self.count("members that a person keeps apart from another, left out")
        return kept

    def _join_linked(self, members: Bools, pair: tuple[int, int], free: Bools) -> bool:
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


def build_group_constraints(
    population: Population, constraints: ConstraintFile, earlier: dict[str, set[str]]
) -> GroupConstraints:
    """Return the constraints that are about accounts of `population`; count those that are about nobody here.

    earlier: account ids by campaign of the result that is replaced; constraints name its campaigns.
    """
    named = {name for each in constraints.constraints for name in (each.account, each.other)}
    named |= {name for each in constraints.constraints for name in earlier.get(each.campaign, ())}
    number = {name: index for index, name in enumerate(population.accounts) if name in named}
    group_constraints = GroupConstraints(np.zeros(population.size, dtype=np.bool_))
    for each in constraints.constraints:
        account, other = number.get(each.account), number.get(each.other)
        earlier_members = {number[name] for name in earlier.get(each.campaign, ()) if name in number}
        if account is None or (each.kind != "cleared" and other is None and not earlier_members):
            group_constraints.count("constraints on accounts or campaigns that are not here")
        elif each.kind == "cleared":
            group_constraints.cleared[account] = True
            group_constraints.count("accounts cleared by a person")
        elif other is not None:
            (group_constraints.together if each.kind == "must_link" else group_constraints.apart).append(
                (account, other)
            )
            group_constraints.count(
                f"pairs of accounts that a person {'linked' if each.kind == 'must_link' else 'keeps apart'}"
            )
        else:
            rule = (account, frozenset(earlier_members - {account}))
            (group_constraints.must_join if each.kind == "must_link" else group_constraints.must_not_join).append(rule)
            group_constraints.count("accounts that a person holds for or against a campaign")
    return group_constraints


def count_agreements(constraints: ConstraintFile, members: AbstractSet[str]) -> dict[str, int]:
    """Return how far what was found agrees with what people found before, by account, for run.json."""
    operators = {each.account for each in constraints.labels if each.operator}
    honest = {each.account for each in constraints.labels} - operators
    counts = {
        "accounts that a person found an operator's: members": len(operators & members),
        "accounts that a person found an operator's: not members, or not here": len(operators - members),
        "accounts that a person found honest: members all the same": len(honest & members),
    }
    return {what: count for what, count in counts.items() if count}


def _keeps_campaign_id(members: Bools, earlier: frozenset[int]) -> bool:
    """Return whether a group would keep the name of a campaign that had these members, whoever is in question aside."""
    if not members.any():
        return False
    mine = sum(1 for account in earlier if members[account])
    return mine >= OVERLAP * (int(members.sum()) + len(earlier) - mine)
