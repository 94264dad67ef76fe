"""The text of each template, its slots masked: the only second look at texts, and at a few exchanges only."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.fingerprint import extract_template

if TYPE_CHECKING:
    from hydrometer.contract import Campaign, Progress
    from hydrometer.detection.campaigns.campaign_findings import CampaignFindings
    from hydrometer.detection.ingestion.fingerprinted_traffic import TrafficReading

SHOWN = 30
"""Exchanges compared to tell a template's own words from its slots."""


def add_redacted_texts(
    findings: CampaignFindings, harvested: pa.Table, reading: TrafficReading, progress: Progress
) -> CampaignFindings:
    """Read a few exchanges of each template again and show what their texts have in common."""
    template_by_exchange: dict[str, str] = {}
    for (campaign, template), ids in _group_by_template(harvested).items():
        step = max(1, len(ids) // SHOWN)
        template_by_exchange.update(dict.fromkeys(ids[::step][:SHOWN], f"{campaign} {template}"))
    texts = _read_texts(template_by_exchange, reading, progress)
    return replace(findings, campaigns=[_add_texts_to_campaign(campaign, texts) for campaign in findings.campaigns])


def _group_by_template(harvested: pa.Table) -> dict[tuple[str, str], list[str]]:
    exchange_ids: dict[tuple[str, str], list[str]] = {}
    templated = harvested.filter(pc.is_valid(harvested["template_id"]))
    columns = (templated[name].to_pylist() for name in ("campaign_id", "template_id", "exchange_id"))
    for campaign, template, exchange in zip(*columns, strict=True):
        exchange_ids.setdefault((campaign, template), []).append(exchange)
    return {key: sorted(ids) for key, ids in exchange_ids.items()}


def _read_texts(
    template_by_exchange: dict[str, str], reading: TrafficReading, progress: Progress
) -> dict[str, list[str]]:
    texts: dict[str, dict[str, str]] = {}
    ids = pa.array(sorted(template_by_exchange), pa.string())
    for batch in reading.texts(ids):
        progress.advance(batch.num_rows)
        matching_rows = batch.filter(pc.is_in(batch.column("exchange_id"), value_set=ids))
        columns = (matching_rows.column(name).to_pylist() for name in ("exchange_id", "system_prompt", "prompt"))
        for exchange, system, prompt in zip(*columns, strict=True):
            texts.setdefault(template_by_exchange[exchange], {})[exchange] = "\n\n".join(
                text for text in (system, prompt) if text
            )
    return {key: [text for _, text in sorted(text_by_exchange.items())] for key, text_by_exchange in texts.items()}


def _add_texts_to_campaign(campaign: Campaign, texts: dict[str, list[str]]) -> Campaign:
    templates = [
        msgspec.structs.replace(template, wording=extract_template(texts.get(f"{campaign.id} {template.id}", [])))
        for template in campaign.exhibit.templates
    ]
    return msgspec.structs.replace(campaign, exhibit=msgspec.structs.replace(campaign.exhibit, templates=templates))
