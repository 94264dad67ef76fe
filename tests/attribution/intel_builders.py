"""Campaigns and dossiers of a made-up world of 5,000 accounts, for tests of attribution."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pyarrow as pa

from hydrometer.contract.attribution_records import build_empty_attribution
from hydrometer.contract.intel_records import Actor, Dossiers, Indicator, IntelSource
from hydrometer.contract.result_records import (
    BLOCKS,
    INDICATORS,
    TEMPLATES,
    Campaign,
    CampaignExhibit,
    Template,
    TemplateSegment,
)
from hydrometer.intelligence.attribution import CampaignProfile, build_campaign_profiles

START = datetime(2026, 4, 6, tzinfo=UTC)
MEMBERS = 100
POPULATION = 5_000
OWN = IntelSource(id="identity--own", name="this site", reliability="A")
PARTNER = IntelSource(id="identity--partner", name="a partner", reliability="B")
GOSSIP = IntelSource(id="identity--gossip", name="a gossip", reliability="E")


def campaign(**changes: Any) -> Campaign:
    days = [(START + timedelta(days=d)).date().isoformat() for d in range(14)]
    exhibit = CampaignExhibit(
        days=days,
        exchanges_by_day=[480] * 14,
        harvested_by_day=[480] * 14,
        hour_by_day=[[20] * 24 for _ in days],
        entities=[],
        templates=[],
    )
    fields: dict[str, Any] = {
        "id": "hydra-1",
        "probability": 0.999,
        "coordination": 60.0,
        "harvest": 60.0,
        "first_seen": START,
        "last_seen": START + timedelta(days=14),
        "accounts": MEMBERS,
        "exchanges": 480 * 14,
        "harvested": 480 * 14,
        "capabilities": {},
        "elicitation": {},
        "models": {},
        "evidence": [],
        "counter_evidence": [],
        "story": [],
        "attribution": build_empty_attribution(),
        "exhibit": exhibit,
    }
    return Campaign(**(fields | changes))


def exhibit(**changes: Any) -> CampaignExhibit:
    return msgspec.structs.replace(campaign().exhibit, **changes)


def template(text: str, name: str = "wording-1") -> Template:
    return Template(id=name, exchanges=900, accounts=80, elicitation="reasoning", wording=[TemplateSegment(text)])


def shown(kind: str, value: str, accounts: int = 40, population: int | None = None, **more: Any) -> dict[str, Any]:
    return {
        "campaign_id": "hydra-1",
        "kind": kind,
        "value": value,
        "family": "identity",
        "accounts": accounts,
        "population": accounts if population is None else population,
        "exchanges": accounts,
        "first_seen": START,
        "last_seen": START + timedelta(days=14),
        **more,
    }


def case(
    *rows: dict[str, Any],
    blocks: tuple[dict[str, Any], ...] = (),
    templates: tuple[dict[str, Any], ...] = (),
    **changes: Any,
) -> CampaignProfile:
    """The case of a campaign of 100 members that shows the rows."""
    (made,) = build_campaign_profiles(
        [campaign(**changes)],
        pa.Table.from_pylist(list(rows), INDICATORS.schema),
        pa.Table.from_pylist(list(templates), TEMPLATES.schema),
        pa.Table.from_pylist(list(blocks), BLOCKS.schema),
        accounts=POPULATION,
        span=(START - timedelta(days=1), START + timedelta(days=14)),
    )
    return made


def actor(name: str, **changes: Any) -> Actor:
    fields: dict[str, Any] = {"id": f"intrusion-set--{name}", "name": name, "source": OWN.id}
    return Actor(**(fields | changes))


def indicator(kind: Any, value: str, *actors: str, source: IntelSource = OWN, **changes: Any) -> Indicator:
    fields: dict[str, Any] = {
        "id": f"indicator--{kind}-{value}-{source.id}",
        "kind": kind,
        "value": value,
        "indicates": tuple(name if "--" in name else f"intrusion-set--{name}" for name in actors),
        "source": source.id,
        "credibility": 1,
        "confidence": 90,
        "valid_from": START - timedelta(days=20),
    }
    return Indicator(**(fields | changes))


def dossiers(*indicators: Indicator, actors: tuple[Actor, ...] | None = None, **more: Any) -> Dossiers:
    known = actors or tuple(actor(name) for name in ("alder", "birch", "cedar", "dogwood"))
    fields: dict[str, Any] = {"sources": (OWN, PARTNER, GOSSIP), "actors": known, "indicators": indicators}
    return Dossiers(**(fields | more))
