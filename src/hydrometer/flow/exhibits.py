"""The wording of each template, its slots masked: the only second look at texts, and at a few exchanges only."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.fingerprint import consensus

if TYPE_CHECKING:
    from hydrometer.campaigns.detect import Findings
    from hydrometer.contract.progress import Progress
    from hydrometer.contract.results import Campaign
    from hydrometer.flow.reading import Reading

SHOWN = 30
"""Exchanges compared to tell a template's wording from its slots."""


def with_wordings(findings: Findings, harvested: pa.Table, reading: Reading, progress: Progress) -> Findings:
    """Read a few exchanges of each template again and show what their texts have in common."""
    wanted: dict[str, str] = {}
    for (campaign, template), ids in _by_template(harvested).items():
        step = max(1, len(ids) // SHOWN)
        wanted.update(dict.fromkeys(ids[::step][:SHOWN], f"{campaign} {template}"))
    texts = _texts(wanted, reading, progress)
    return replace(findings, campaigns=[_shown(campaign, texts) for campaign in findings.campaigns])


def _by_template(harvested: pa.Table) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    named = harvested.filter(pc.is_valid(harvested["template_id"]))
    columns = (named[name].to_pylist() for name in ("campaign_id", "template_id", "exchange_id"))
    for campaign, template, exchange in zip(*columns, strict=True):
        found.setdefault((campaign, template), []).append(exchange)
    return {key: sorted(ids) for key, ids in found.items()}


def _texts(wanted: dict[str, str], reading: Reading, progress: Progress) -> dict[str, list[str]]:
    texts: dict[str, dict[str, str]] = {}
    ids = pa.array(sorted(wanted), pa.string())
    for batch in reading.texts(ids):
        progress.advance(batch.num_rows)
        chosen = batch.filter(pc.is_in(batch.column("exchange_id"), value_set=ids))
        columns = (chosen.column(name).to_pylist() for name in ("exchange_id", "system_prompt", "prompt"))
        for exchange, system, prompt in zip(*columns, strict=True):
            texts.setdefault(wanted[exchange], {})[exchange] = "\n\n".join(text for text in (system, prompt) if text)
    return {key: [text for _, text in sorted(found.items())] for key, found in texts.items()}


def _shown(campaign: Campaign, texts: dict[str, list[str]]) -> Campaign:
    templates = [
        msgspec.structs.replace(template, wording=consensus(texts.get(f"{campaign.id} {template.id}", [])))
        for template in campaign.exhibit.templates
    ]
    return msgspec.structs.replace(campaign, exhibit=msgspec.structs.replace(campaign.exhibit, templates=templates))
