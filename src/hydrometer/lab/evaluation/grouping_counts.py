"""Which operators a result found, which campaigns are false, and how well accounts are grouped.

Flagged is an account of a campaign with a probability of at least the threshold; a campaign is what is flagged of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract import AccountCounts, BcubedSums, BenignCounts, CampaignCounts, OperatorOutcome, PairCounts
from hydrometer.lab.evaluation.bcubed import sum_bcubed

if TYPE_CHECKING:
    from hydrometer.detection.population import Bools, Ints
    from hydrometer.lab.evaluation.predictions import PredictedMemberships
    from hydrometer.lab.evaluation.world_truth import AccountTruth

FOUND_SHARE = 0.5
"""Of an operator's accounts, in one campaign: from here on it is found."""
FOUND_PURITY = 0.8
"""Of that campaign's accounts, the operator's."""
TRUE_PURITY = 0.5
"""Of a campaign's accounts, any operator's: below, the campaign is false."""


@dataclass(frozen=True, slots=True)
class GroupingCounts:
    """Flagged pairs, counted: accounts by campaign, and by campaign and operator (three arrays, one entry a cell)."""

    size: Ints
    campaign: Ints
    operator: Ints
    count: Ints

    @classmethod
    def of(cls, claims: PredictedMemberships, truth: AccountTruth) -> GroupingCounts:
        """Count the pairs of `claims`."""
        owner = claims.owner(truth)
        size = np.bincount(claims.group, minlength=len(claims.groups))
        width = max(1, len(truth.operators))
        owned = owner >= 0
        cell, count = np.unique(claims.group[owned] * width + owner[owned], return_counts=True)
        return cls(size, cell // width, cell % width, count.astype(np.int64))

    @property
    def purity(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Of each campaign's accounts, the share that is an operator's; 0 of a campaign without accounts."""
        owned = np.bincount(self.campaign, self.count, minlength=self.size.size)
        return owned / np.maximum(self.size, 1)

    @property
    def true(self) -> Bools:
        """Which campaigns are true: at least half of the accounts are operators'."""
        return self.purity >= TRUE_PURITY

    @property
    def main(self) -> Ints:
        """The operator with the most accounts of each true campaign, by name where several have; -1 of a false one."""
        order = np.lexsort((self.operator, -self.count, self.campaign))
        campaigns, first = np.unique(self.campaign[order], return_index=True)
        main = np.full(self.size.size, -1, dtype=np.int64)
        main[campaigns] = self.operator[order][first]
        return np.where(self.true, main, -1)


def count_accounts(claims: PredictedMemberships, truth: AccountTruth) -> AccountCounts:
    """Count the flagged accounts."""
    flagged = np.unique(claims.account[claims.account < claims.accounts_in_world])
    hits = int((truth.operator[flagged] >= 0).sum())
    return AccountCounts(flagged=flagged.size, hits=hits, owned=int(truth.sizes.sum()))


def count_pairs(grouping: GroupingCounts, truth: AccountTruth) -> PairCounts:
    """Count pairs of accounts that are or should be together."""
    return PairCounts(hits=_sum_pairs(grouping.count), claimed=_sum_pairs(grouping.size), owned=_sum_pairs(truth.sizes))


def count_campaigns(grouping: GroupingCounts, truth: AccountTruth) -> CampaignCounts:
    """Count campaigns that are false, and those that lump operators together."""
    occupied = grouping.size > 0
    merged = _find_merged(grouping, truth)
    return CampaignCounts(
        campaigns=int(occupied.sum()), false=int((occupied & ~grouping.true).sum()), merged=int(merged.sum())
    )


def score_operators(
    claims: PredictedMemberships, grouping: GroupingCounts, truth: AccountTruth
) -> list[OperatorOutcome]:
    """Return what became of each operator, in order of name; of equal shares the purer campaign, then the first by id."""
    cell_purity = grouping.count / grouping.size[grouping.campaign]
    flagged = np.unique(claims.account[claims.account < claims.accounts_in_world])
    of = np.bincount(truth.operator[flagged] + 1, minlength=len(truth.operators) + 1)[1:]
    mainly = np.bincount(grouping.operator[cell_purity >= TRUE_PURITY], minlength=len(truth.operators))
    lumped = set(
        grouping.operator[_holds_most(grouping, truth) & _find_merged(grouping, truth)[grouping.campaign]].tolist()
    )
    best: dict[int, int] = {}
    pure = np.flatnonzero(cell_purity >= FOUND_PURITY)
    for cell in pure[np.lexsort((grouping.campaign[pure], -cell_purity[pure], -grouping.count[pure]))].tolist():
        best.setdefault(int(grouping.operator[cell]), cell)
    rows = []
    for number, (name, size) in enumerate(zip(truth.operators, truth.sizes.tolist(), strict=True)):
        cell = best.get(number)
        share = float(grouping.count[cell]) / size if cell is not None else 0.0
        rows.append(
            OperatorOutcome(
                operator=name,
                accounts=size,
                flagged=int(of[number]),
                found=share >= FOUND_SHARE,
                campaign=claims.groups[int(grouping.campaign[cell])] if cell is not None else None,
                share=share,
                purity=float(cell_purity[cell]) if cell is not None else 0.0,
                campaigns=int(mainly[number]),
                merged=number in lumped and share < FOUND_SHARE,
            )
        )
    return rows


def count_benign(claims: PredictedMemberships, truth: AccountTruth) -> dict[str, BenignCounts]:
    """Count the honest accounts, and the flagged among them, by archetype."""
    honest = truth.operator < 0
    flagged = np.zeros(honest.size, dtype=np.bool_)
    flagged[claims.account[claims.account < claims.accounts_in_world]] = True
    every = np.bincount(truth.kind[honest], minlength=len(truth.kinds)).tolist()
    wrong = np.bincount(truth.kind[honest & flagged], minlength=len(truth.kinds)).tolist()
    return {
        kind: BenignCounts(flagged=bad, accounts=accounts)
        for kind, bad, accounts in zip(truth.kinds, wrong, every, strict=True)
        if accounts
    }


def sum_account_bcubed(claims: PredictedMemberships, truth: AccountTruth) -> BcubedSums:
    """Return the B-cubed sums over the accounts that are an operator's or flagged.

    The category of an account is its operator; an honest one, and an id that the world lacks, has a category of its
    own. An operator's account that is not flagged is in a cluster of its own, and so lowers recall only.
    """
    items = np.union1d(np.flatnonzero(truth.operator >= 0), claims.account)
    category = np.full(items.size, -1, dtype=np.int64)
    in_world = items < claims.accounts_in_world
    category[in_world] = truth.operator[items[in_world]]
    return sum_bcubed(category, np.searchsorted(items, claims.account), claims.group)


def _holds_most(grouping: GroupingCounts, truth: AccountTruth) -> Bools:
    """Return in which cells a campaign has at least half of the operator's accounts."""
    most: Bools = 2 * grouping.count >= truth.sizes[grouping.operator]
    return most


def _find_merged(grouping: GroupingCounts, truth: AccountTruth) -> Bools:
    """Return which campaigns have at least half of the accounts of each of two operators or more."""
    most = grouping.campaign[_holds_most(grouping, truth)]
    merged: Bools = np.bincount(most, minlength=grouping.size.size) >= 2
    return merged


def _sum_pairs(counts: Ints) -> int:
    return int((counts * (counts - 1) // 2).sum())
