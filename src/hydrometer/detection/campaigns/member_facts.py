"""Which of its own facts tie each member of a campaign to the others, in sentences that hold up against its owner.

A group's average convicts nobody: every sentence is on what the account itself shows, with how many of the other members and how many
others show it too, and since when the account is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.campaigns.behaviour_facts import build_behaviour_columns
from hydrometer.detection.campaigns.shared_value_facts import build_value_columns

if TYPE_CHECKING:
    from hydrometer.detection.campaigns.fact_columns import FactColumn
    from hydrometer.detection.population.account_group import AccountGroup

MOST_FACTS = 8
MOST_OF_FAMILY = 4
"""Facts of one family of evidence: those of one supplier must not crowd out the rest."""


def list_member_facts(group: AccountGroup) -> dict[int, list[str]]:
    """Return what ties each member to the others by its account number, the strongest first, 8 sentences at most.

    A fact is listed that at least two organisations of other members show, and that is at least twice as common among the other members
    as among others. A member without any has an empty list. The cost follows the rows of the members, and once the accounts of all.
    """
    columns = [*build_value_columns(group), *build_behaviour_columns(group)]
    if not columns:
        return {account: [] for account in group.accounts.tolist()}
    bits = np.stack([column.bits for column in columns], axis=1)
    # What differs by rounding alone is equal, and stays in the order of the columns.
    order = np.argsort(-np.round(bits, 9), axis=1, kind="stable")
    number = np.count_nonzero(np.isfinite(bits), axis=1)
    return {
        account: [
            columns[at].write(member) for at in _select_columns(columns, order[member, : number[member]].tolist())
        ]
        for member, account in enumerate(group.accounts.tolist())
    }


def _select_columns(columns: list[FactColumn], ranked: list[int]) -> list[int]:
    """Return the columns whose sentences are kept: one of a comparison, not too many of a family."""
    chosen: list[int] = []
    comparisons: set[str] = set()
    families: dict[str, int] = {}
    for at in ranked:
        column = columns[at]
        used = families.get(column.family, 0)
        if column.comparison in comparisons or used >= MOST_OF_FAMILY:
            continue
        comparisons.add(column.comparison)
        families[column.family] = used + 1
        chosen.append(at)
    return chosen[:MOST_FACTS]
