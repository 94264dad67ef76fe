"""A STIX 2.1 bundle: the whole release, and `read_dossiers` reads it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydrometer.contract.likelihood import likelihood
from hydrometer.sharing.atlas import TECHNIQUES
from hydrometer.sharing.format import Format
from hydrometer.sharing.stix_files import bundle
from hydrometer.sharing.stix_ids import EXTENSION, made_id
from hydrometer.sharing.stix_writing import objects_of, plain, relationship, stamp
from hydrometer.sharing.tlp import definition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hydrometer.sharing.release import Release

PLACES = frozenset({"address", "network", "signup_network", "asn", "domain"})
"""Kinds of indicator that make up the infrastructure."""


def encode(release: Release) -> bytes:
    """Return the bundle."""
    at = stamp(release.modified)
    objects = {one["id"]: one for one in objects_of(release.dossiers, release.modified, release.created)}
    _told(objects[release.campaign.id], release)
    for indicator in release.dossiers.indicators:
        objects[indicator.id]["name"] = f"{indicator.kind} of {release.campaign.name}"
        objects[indicator.id]["description"] = (
            f"Shown by accounts of harvesting campaign {release.campaign.name}, not by others."
            if indicator.confidence >= release.campaign.confidence
            else f"Shown by accounts of harvesting campaign {release.campaign.name}, and by a few others."
        )
    for one in (*_infrastructure(release, at), *_techniques(release, at)):
        objects[one["id"]] = one
        if one["type"] in ("infrastructure", "relationship"):
            one["created"] = stamp(release.created)
    for one in objects.values():
        if one["type"] == "sighting":
            one["where_sighted_refs"] = [release.site.id]
            one["object_marking_refs"] = objects[release.campaign.id]["object_marking_refs"]
    return bundle(list(objects.values()))


def _told(campaign: dict[str, Any], release: Release) -> None:
    """Say in the campaign's object what a person wants to know of it."""
    volumes = release.volumes
    said = f"Coordinated harvesting of a language model's outputs ({likelihood(volumes.probability)})."
    if volumes.accounts:
        said += f" {volumes.accounts} accounts, {volumes.exchanges} exchanges, {volumes.harvested} of them harvested."
    if release.actors:
        said += f" Attributed to {', '.join(sorted(release.actors.values()))}."
    campaign["description"] = said
    campaign["objective"] = "Outputs to train another model on."
    extension = campaign.setdefault("extensions", {}).setdefault(EXTENSION, {"extension_type": "property-extension"})
    extension["probability"] = volumes.probability
    for name in ("accounts", "exchanges", "harvested", "models", "capabilities", "elicitation"):
        if getattr(volumes, name):
            extension[name] = getattr(volumes, name)


def _infrastructure(release: Release, at: str) -> Iterator[dict[str, Any]]:
    site, campaign, tlp = release.site.id, release.campaign, release.tlp
    places = [one for one in release.dossiers.indicators if one.kind in PLACES]
    if not places:
        return
    name = made_id("infrastructure", site, campaign.id)
    yield plain(
        "infrastructure",
        name,
        at,
        tlp,
        created_by_ref=site,
        name=f"Infrastructure of {campaign.name}",
        description="Where the accounts' requests come from.",
        infrastructure_types=["anonymization"],
        first_seen=stamp(min(one.valid_from for one in places if one.valid_from)),
    )
    yield relationship("uses", campaign.id, name, site, at, tlp=tlp)
    for one in places:
        yield relationship("indicates", one.id, name, site, at, tlp=tlp)


def _techniques(release: Release, at: str) -> Iterator[dict[str, Any]]:
    yield definition("clear")
    for technique in TECHNIQUES:
        name = made_id("attack-pattern", technique.id)
        yield plain(
            "attack-pattern",
            name,
            "2026-01-01T00:00:00.000Z",
            "clear",
            name=technique.name,
            external_references=[
                {"source_name": "mitre-atlas", "external_id": technique.id, "url": technique.url},
            ],
        )
        yield relationship("uses", release.campaign.id, name, release.site.id, at, tlp=release.tlp)


FORMAT = Format("stix", ".json", encode, "a STIX 2.1 bundle")
