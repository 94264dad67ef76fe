"""The record of a campaign, with its story in two sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace

from hydrometer.contract import (
    CAPABILITY_CLASSES,
    ELICITATION_CLASSES,
    Campaign,
    build_empty_attribution,
    micros_to_datetime,
)
from hydrometer.detection.campaigns.campaign_exhibit import build_exhibit
from hydrometer.detection.campaigns.innocent_explanations import explain_innocently

if TYPE_CHECKING:
    from hydrometer.detection.campaigns.campaign_harvest import CampaignHarvest
    from hydrometer.detection.campaigns.group_scoring import GroupJudgement

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
    """Return the record of a judged group."""
    group = judgement.group
    events = group.population.events
    time = events.time[group.events]
    first, last = micros_to_datetime(int(time.min())), micros_to_datetime(int(time.max()))
    capabilities = _compute_shares(events.capability[harvest.exchanges], CAPABILITY_CLASSES)
    kinds = events.kind[harvest.exchanges]
    elicitation = _compute_shares(kinds[kinds > 0], ELICITATION_CLASSES)
    models = np.bincount(events.model[group.events], minlength=len(group.population.models))
    campaign = Campaign(
        id=campaign_id,
        probability=judgement.probability,
        coordination=judgement.coordination,
        operation=judgement.operation,
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
        story=[],
        attribution=build_empty_attribution(),
        exhibit=build_exhibit(group, harvest),
    )
    return replace(
        campaign,
        story=_write_story(judgement, campaign),
        innocent_explanation=explain_innocently(judgement.evidence, judgement.counter_evidence),
    )


def _compute_shares(codes: np.ndarray, names: tuple[str, ...]) -> dict[str, float]:
    counts = np.bincount(codes.astype(np.int64), minlength=len(names))
    total = max(1, int(counts.sum()))
    order = sorted(range(len(names)), key=lambda code: (-int(counts[code]), names[code]))
    return {names[code]: round(int(counts[code]) / total, 4) for code in order if counts[code]}


def _write_story(judgement: GroupJudgement, campaign: Campaign) -> list[str]:
    """Return what tied the accounts, and what they drew, in a sentence each."""
    strongest = [item for item in judgement.evidence if item.axis == "coordination"][:1]
    causes = [cause for cause, bits in sorted(judgement.causes.items(), key=lambda row: (-row[1], row[0])) if bits >= 3]
    tie = f" {strongest[0].statement}" if strongest else ""
    wants = (
        " and ".join(CLASS_WORDS[name] for name in list(campaign.elicitation)[:2] if name in CLASS_WORDS) or "outputs"
    )
    subject = next(iter(campaign.capabilities), "")
    one = (
        f"{campaign.accounts:,} accounts of {judgement.group.size:,} organisations worked as one "
        f"from {campaign.first_seen:%-d %B} to {campaign.last_seen:%-d %B %Y}, "
        f"tied by {len(causes)} independent causes ({', '.join(causes)}).{tie}"
    )
    two = (
        f"They drew {wants}{f', mostly {subject},' if subject else ''} "
        f"in {campaign.harvested:,} of {campaign.exchanges:,} exchanges ({campaign.harvested / max(1, campaign.exchanges):.0%})."
    )
    return [one, two]
