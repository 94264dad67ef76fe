"""The record of a watch: what is suspected of a group that cannot be told apart from an honest one, and of whom nobody is named."""

from __future__ import annotations

from dataclasses import replace as replace_fields
from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace

from hydrometer.detection.campaigns.innocent_explanations import list_deciding_steps
from hydrometer.detection.campaigns.non_campaign_groups import SHARED_VALUE
from hydrometer.detection.signals.shared_values import withhold_value

if TYPE_CHECKING:
    from hydrometer.contract import Campaign
    from hydrometer.detection.campaigns.group_scoring import GroupJudgement
    from hydrometer.detection.population.population import Bools


def withhold_values(judgement: GroupJudgement) -> GroupJudgement:
    """Return the judgement on a watched group without the values that its accounts share: whoever knows one can look them up."""
    evidence = [replace(item, statement=withhold_value(item.statement)) for item in judgement.evidence]
    seed = "" if SHARED_VALUE in judgement.seed else judgement.seed
    return replace_fields(judgement, evidence=evidence, seed=seed)


def build_watch_record(campaign: Campaign, judgement: GroupJudgement, operated: Bools, asking: Bools) -> Campaign:
    """Return the record of a watch, from that of the group as if it were a campaign's.

    What could point to single accounts is left out: the values that they share, and which of their exchanges ask.

    Args:
        campaign, judgement: without the values that the accounts share (`withhold_values`).
        operated: accounts that show by themselves what only operation explains.
        asking: accounts that ask for training material.
    """
    population = judgement.group.population
    days = population.facts["active_days"][judgement.group.accounts]
    suspicion = (
        f"{campaign.accounts:,} accounts of {judgement.group.size:,} organisations ask for training material and have much in "
        "common; what was logged does not tell one hand from a community."
    )
    return replace(
        campaign,
        verdict="watch",
        suspected_accounts=estimate_suspected_accounts(judgement, operated, asking),
        would_decide=list_deciding_steps(judgement.evidence, population.columns, float(np.median(days))),
        exhibit=replace(campaign.exhibit, entities=[], templates=[]),
        story=[suspicion, *judgement.reasons],
    )


def estimate_suspected_accounts(judgement: GroupJudgement, operated: Bools, asking: Bools) -> tuple[int, int]:
    """Return how many accounts one hand may run: at least those that show operation themselves and ask, at most all who ask.

    The lower bound is 0 where operation is not established of the group: then there may be no hand at all.
    """
    accounts = judgement.group.accounts
    asks = asking[accounts]
    least = int(np.count_nonzero(asks & operated[accounts])) if judgement.operation > 0 else 0
    return least, max(least, int(np.count_nonzero(asks)))
