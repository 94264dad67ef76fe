"""An OCSF 1.4 Detection Finding (class 2004), as a SIEM takes it in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from hydrometer import __version__
from hydrometer.contract import EntityKind, describe_probability
from hydrometer.intelligence.exchange.atlas import TECHNIQUES
from hydrometer.intelligence.exchange.release_format import ReleaseFormat

if TYPE_CHECKING:
    from datetime import datetime

    from hydrometer.contract import Indicator
    from hydrometer.intelligence.exchange.campaign_release import CampaignRelease

VERSION = "1.4.0"
CLASS, CREATE, FINDINGS = 2004, 1, 2
HIGH_CONFIDENCE = 85
"""From here on OCSF's `High`; below 50 it is `Low`. STIX's scale has the same words at these numbers."""
MEDIUM_CONFIDENCE = 50
OBSERVABLES: dict[str, tuple[int, str, str]] = {
    EntityKind.ADDRESS: (2, "IP Address", "src_endpoint.ip"),
    EntityKind.DOMAIN: (1, "Hostname", "data.value"),
    EntityKind.EMAIL_DOMAIN: (1, "Hostname", "data.value"),
    EntityKind.USER_AGENT: (99, "user_agent", "http_request.user_agent"),
}
"""By kind: number and name of OCSF's type, and where the value stands in its evidence. Types that not every reader of 1.4
knows are 99, Other, with the kind for a name."""


def encode_ocsf(release: CampaignRelease) -> bytes:
    """Return the finding."""
    campaign, volumes = release.campaign, release.volumes
    named = sorted(release.dossiers.indicators, key=lambda one: (one.kind, one.value))
    finding: dict[str, Any] = {
        "activity_id": CREATE,
        "activity_name": "Create",
        "category_uid": FINDINGS,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": "Detection Finding",
        "type_uid": CLASS * 100 + CREATE,
        "type_name": "Detection Finding: Create",
        "time": _convert_to_millis(release.modified),
        "severity_id": 4,
        "severity": "High",
        "status_id": 1,
        "status": "New",
        "is_alert": True,
        "confidence_score": campaign.confidence,
        **_describe_confidence(campaign.confidence),
        "message": f"Coordinated harvesting of a language model's outputs: {campaign.name} "
        f"({describe_probability(volumes.probability)})",
        "metadata": {
            "version": VERSION,
            "labels": [f"TLP:{release.tlp.upper()}"],
            "product": {"name": "Hydrometer", "vendor_name": "Hydrometer project", "version": __version__},
        },
        "finding_info": {
            "uid": campaign.id,
            "title": f"Harvesting campaign {campaign.name}",
            "types": ["Model extraction"],
            "created_time": _convert_to_millis(release.created),
            "modified_time": _convert_to_millis(release.modified),
            **({"first_seen_time": _convert_to_millis(campaign.first_seen)} if campaign.first_seen else {}),
            **({"last_seen_time": _convert_to_millis(campaign.last_seen)} if campaign.last_seen else {}),
            "attacks": [
                {"version": "ATLAS 6.0.0", "technique": {"uid": each.id, "name": each.name, "src_url": each.url}}
                for each in TECHNIQUES
            ],
        },
        "evidences": [_describe_evidence(one) for one in named],
        "observables": [_describe_observable(number, one) for number, one in enumerate(named)],
        "unmapped": {
            "source": release.site.name,
            "actors": dict(sorted(release.actors.items())),
            "volumes": {name: getattr(volumes, name) for name in volumes.__struct_fields__},
        },
    }
    return orjson.dumps(finding, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS)


def _describe_evidence(one: Indicator) -> dict[str, Any]:
    details: dict[str, Any] = {"kind": one.kind, "value": one.value, "confidence": one.confidence}
    if one.valid_until is not None:
        details["valid_until"] = _convert_to_millis(one.valid_until)
    evidence: dict[str, Any] = {"uid": one.id, "name": one.kind, "data": details}
    if one.kind == EntityKind.ADDRESS:
        evidence["src_endpoint"] = {"ip": one.value}
    elif one.kind == EntityKind.ASN:
        evidence["src_endpoint"] = {"autonomous_system": {"number": int(one.value)}}
    elif one.kind == EntityKind.USER_AGENT:
        evidence["http_request"] = {"user_agent": one.value}
    return evidence


def _describe_observable(number: int, one: Indicator) -> dict[str, Any]:
    kind, name, path = OBSERVABLES.get(one.kind, (99, one.kind, "data.value"))
    return {"name": f"evidences[{number}].{path}", "type_id": kind, "type": name, "value": one.value}


def _describe_confidence(score: int) -> dict[str, Any]:
    if score >= HIGH_CONFIDENCE:
        return {"confidence_id": 3, "confidence": "High"}
    if score >= MEDIUM_CONFIDENCE:
        return {"confidence_id": 2, "confidence": "Medium"}
    return {"confidence_id": 1, "confidence": "Low"}


def _convert_to_millis(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


FORMAT = ReleaseFormat(
    "ocsf", ".json", encode_ocsf, "an OCSF 1.4 Detection Finding", lost="sightings and what a sketch holds"
)
