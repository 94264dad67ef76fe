"""The record of a campaign, with its story in two sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.contract import (
    CAPABILITY_CLASSES,
    ELICITATION_CLASSES,
    Campaign,
    build_empty_attribution,
    micros_to_datetime,
)
from hydrometer.detection.campaigns.campaign_exhibit import build_exhibit

if TYPE_CHECKING:
    from datetime import datetime

    from hydrometer.detection.campaigns.campaign_harvest import CampaignHarvest
    from hydrometer.detection.campaigns.group_scoring import GroupJudgement
    from hydrometer.detection.population.account_group import AccountGroup

CLASS_WORDS = {
    "reasoning_trace": "reasoning traces",
    "finished_answer_trace": "the reasoning behind finished answers",
    "grading": "grades and rewards",
    "trace_cleaning": "cleaned reasoning traces",
    "agentic_trajectory": "agentic trajectories",
    "synthetic_generation": "synthetic training data",
    "restricted_rewriting": "rewritings of restricted queries",
    "hidden_reasoning_probe": "hidden reasoning",
}


def build_campaign_record(judgement: GroupJudgement, harvest: CampaignHarvest, campaign_id: str) -> Campaign:
    """Write the record of a judged group."""
    group = judgement.group
    events = group.population.events
    time = events.time[group.events]
    first, last = micros_to_datetime(int(time.min())), micros_to_datetime(int(time.max()))
    capabilities = _compute_shares(events.capability[harvest.exchanges], CAPABILITY_CLASSES)
    kinds = events.kind[harvest.exchanges]
    elicitation = _compute_shares(kinds[kinds > 0], ELICITATION_CLASSES)
    models = np.bincount(events.model[group.events], minlength=len(group.population.models))
    return Campaign(
        id=campaign_id,
        probability=judgement.probability,
        coordination=judgement.coordination,
        harvest=judgement.harvest,
        first_seen=first,
        last_seen=last,
        accounts=int(group.accounts.size),
        exchanges=int(group.events.size),
        harvested=int(harvest.exchanges.size),
        capabilities=capabilities,
        elicitation=elicitation,
        models={group.population.models[m]: int(n) for m, n in enumerate(models) if n},
        evidence=judgement.evidence,
        counter_evidence=judgement.counter_evidence,
        story=_write_story(judgement, group, harvest, first, last, elicitation, capabilities),
        attribution=build_empty_attribution(),
        exhibit=build_exhibit(group, harvest),
    )


def _compute_shares(codes: np.ndarray, names: tuple[str, ...]) -> dict[str, float]:
    counts = np.bincount(codes.astype(np.int64), minlength=len(names))
    total = max(1, int(counts.sum()))
    order = sorted(range(len(names)), key=lambda code: (-int(counts[code]), names[code]))
    return {names[code]: round(int(counts[code]) / total, 4) for code in order if counts[code]}


def _write_story(
    judgement: GroupJudgement,
    group: AccountGroup,
    harvest: CampaignHarvest,
    first: datetime,
    last: datetime,
    elicitation: dict[str, float],
    capabilities: dict[str, float],
) -> list[str]:
    strongest = [item for item in judgement.evidence if item.axis == "coordination"][:1]
    families = [
        family for family, bits in sorted(judgement.families.items(), key=lambda row: (-row[1], row[0])) if bits >= 3
    ]
    tie = f" {strongest[0].statement}" if strongest else ""
    wants = " and ".join(CLASS_WORDS[name] for name in list(elicitation)[:2] if name in CLASS_WORDS) or "outputs"
    subject = next(iter(capabilities), "")
    one = (
        f"{group.accounts.size:,} accounts of {group.size:,} organisations worked as one from {first:%-d %B} to {last:%-d %B %Y}, "
        f"tied by {len(families)} kinds of evidence ({', '.join(families)}).{tie}"
    )
    two = (
        f"They drew {wants}{f', mostly {subject},' if subject else ''} in {harvest.exchanges.size:,} of {group.events.size:,} exchanges "
        f"({harvest.exchanges.size / max(1, group.events.size):.0%})."
    )
    return [one, two]
