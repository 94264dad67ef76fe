"""A STIX 2.1 bundle: the whole release, and `read_dossiers` reads it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydrometer.contract import EntityKind, describe_probability
from hydrometer.intelligence.exchange.atlas import TECHNIQUES
from hydrometer.intelligence.exchange.bundle_files import encode_bundle
from hydrometer.intelligence.exchange.release_format import ReleaseFormat
from hydrometer.intelligence.exchange.stix_encoder import (
    StixRelationship,
    encode_dossiers,
    encode_relationship,
    format_stix_time,
    make_object,
)
from hydrometer.intelligence.exchange.stix_ids import EXTENSION, make_id
from hydrometer.intelligence.exchange.tlp import define_marking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hydrometer.intelligence.exchange.campaign_release import CampaignRelease

INFRASTRUCTURE_KINDS = frozenset(
    {EntityKind.ADDRESS, EntityKind.NETWORK, EntityKind.SIGNUP_NETWORK, EntityKind.ASN, EntityKind.DOMAIN}
)
"""Kinds of indicator that make up the infrastructure."""


def encode_stix(release: CampaignRelease) -> bytes:
    """Return the bundle."""
    at = format_stix_time(release.modified)
    objects = {one["id"]: one for one in encode_dossiers(release.dossiers, release.modified, release.created)}
    _describe_campaign(objects[release.campaign.id], release)
    for indicator in release.dossiers.indicators:
        objects[indicator.id]["name"] = f"{indicator.kind} of {release.campaign.name}"
        objects[indicator.id]["description"] = (
            f"Shown by accounts of harvesting campaign {release.campaign.name}, not by others."
            if indicator.confidence >= release.campaign.confidence
            else f"Shown by accounts of harvesting campaign {release.campaign.name}, and by a few others."
        )
    for one in (*_build_infrastructure(release, at), *_build_techniques(release, at)):
        objects[one["id"]] = one
        if one["type"] in ("infrastructure", "relationship"):
            one["created"] = format_stix_time(release.created)
    for one in objects.values():
        if one["type"] == "sighting":
            one["where_sighted_refs"] = [release.site.id]
            one["object_marking_refs"] = objects[release.campaign.id]["object_marking_refs"]
    return encode_bundle(list(objects.values()))


def _describe_campaign(campaign: dict[str, Any], release: CampaignRelease) -> None:
    """Say in the campaign's object what a person wants to know of it."""
    volumes = release.volumes
    summary = f"Coordinated harvesting of a language model's outputs ({describe_probability(volumes.probability)})."
    if volumes.accounts:
        summary += (
            f" {volumes.accounts} accounts, {volumes.exchanges} exchanges, {volumes.harvested} of them harvested."
        )
    if release.actors:
        summary += f" Attributed to {', '.join(sorted(release.actors.values()))}."
    campaign["description"] = summary
    campaign["objective"] = "Outputs to train another model on."
    extension = campaign.setdefault("extensions", {}).setdefault(EXTENSION, {"extension_type": "property-extension"})
    extension["probability"] = volumes.probability
    for name in ("accounts", "exchanges", "harvested", "models", "capabilities", "elicitation"):
        if getattr(volumes, name):
            extension[name] = getattr(volumes, name)


def _build_infrastructure(release: CampaignRelease, at: str) -> Iterator[dict[str, Any]]:
    site, campaign, tlp = release.site.id, release.campaign, release.tlp
    network_indicators = [one for one in release.dossiers.indicators if one.kind in INFRASTRUCTURE_KINDS]
    if not network_indicators:
        return
    name = make_id("infrastructure", site, campaign.id)
    yield make_object(
        "infrastructure",
        name,
        at,
        tlp,
        created_by_ref=site,
        name=f"Infrastructure of {campaign.name}",
        description="Where the accounts' requests come from.",
        infrastructure_types=["anonymization"],
        first_seen=format_stix_time(min(one.valid_from for one in network_indicators if one.valid_from)),
    )
    yield encode_relationship(StixRelationship("uses", campaign.id, name, site, tlp), at)
    for one in network_indicators:
        yield encode_relationship(StixRelationship("indicates", one.id, name, site, tlp), at)


def _build_techniques(release: CampaignRelease, at: str) -> Iterator[dict[str, Any]]:
    yield define_marking("clear")
    for technique in TECHNIQUES:
        name = make_id("attack-pattern", technique.id)
        yield make_object(
            "attack-pattern",
            name,
            "2026-01-01T00:00:00.000Z",
            "clear",
            name=technique.name,
            external_references=[
                {"source_name": "mitre-atlas", "external_id": technique.id, "url": technique.url},
            ],
        )
        arrow = StixRelationship("uses", release.campaign.id, name, release.site.id, release.tlp)
        yield encode_relationship(arrow, at)


FORMAT = ReleaseFormat("stix", ".json", encode_stix, "a STIX 2.1 bundle")
