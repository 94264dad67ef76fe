"""Which honest communities a result convicts: people who belong together, and whom nobody runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract import CommunityCounts

if TYPE_CHECKING:
    from hydrometer.detection.population import Ints
    from hydrometer.lab.evaluation.grouping_counts import GroupingCounts
    from hydrometer.lab.evaluation.predictions import PredictedMemberships
    from hydrometer.lab.evaluation.world_truth import AccountTruth

CONVICTED_ACCOUNTS = 3
"""Accounts of a community in one campaign, from which on it can be convicted."""
CONVICTED_SHARE = 0.2
"""Of a community's accounts, in one campaign: from here on it is convicted."""
PLURALITY = 2
"""Accounts of a community that fill a false campaign: one person is no community."""


def count_communities(
    claims: PredictedMemberships, grouping: GroupingCounts, truth: AccountTruth
) -> CommunityCounts | None:
    """Count honest communities, and name those that are convicted; None where the truth names no communities.

    A community is convicted by a campaign that holds three of its accounts and a fifth or more of it, or by a false
    campaign of which it has two accounts or more, and no operator or other community has more. Accounts of operators
    are of no community.
    """
    if truth.community is None:
        return None
    community = np.where(truth.operator < 0, truth.community, -1)
    size = np.bincount(community[community >= 0], minlength=len(truth.communities))
    in_world = claims.account < claims.accounts_in_world
    owner = np.full(claims.account.size, -1, dtype=np.int64)
    owner[in_world] = community[claims.account[in_world]]
    campaign, number, count = _count_cells(claims.group[owner >= 0], owner[owner >= 0], len(truth.communities))
    pulled = (count >= CONVICTED_ACCOUNTS) & (count >= CONVICTED_SHARE * size[number])
    most = np.zeros(grouping.size.size, dtype=np.int64)
    np.maximum.at(most, campaign, count)
    np.maximum.at(most, grouping.campaign, grouping.count)
    fills = ~grouping.true[campaign] & (count >= PLURALITY) & (count == most[campaign])
    flagged = np.unique(claims.account[owner >= 0])
    return CommunityCounts(
        communities=int((size > 0).sum()),
        accounts=int(size.sum()),
        flagged=flagged.size,
        convicted=[truth.communities[index] for index in np.unique(number[pulled | fills]).tolist()],
    )


def _count_cells(campaign: Ints, community: Ints, communities: int) -> tuple[Ints, Ints, Ints]:
    """Return campaign, community and number of accounts of each pair that has any."""
    width = max(1, communities)
    cell, count = np.unique(campaign * width + community, return_counts=True)
    return cell // width, cell % width, count.astype(np.int64)
