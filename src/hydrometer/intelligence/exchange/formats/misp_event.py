"""A MISP event of a campaign: its values as attributes, in types that MISP correlates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from hydrometer.contract import EntityKind
from hydrometer.files import require_extra
from hydrometer.intelligence.exchange.confidence_scales import convert_to_word
from hydrometer.intelligence.exchange.misp_mapping import TYPES, AttributeComment
from hydrometer.intelligence.exchange.release_format import ReleaseFormat
from hydrometer.intelligence.exchange.stix_encoder import encode_template, format_stix_time
from hydrometer.intelligence.exchange.stix_ids import make_id

if TYPE_CHECKING:
    from hydrometer.contract import Indicator
    from hydrometer.intelligence.exchange.campaign_release import CampaignRelease

ATTACK = 'mitre-atlas:technique="AML.T0024.002"'


TO_DETECT = frozenset({EntityKind.ADDRESS, EntityKind.NETWORK, EntityKind.DOMAIN, EntityKind.JA4})
"""Kinds that MISP may hand on to detection (`to_ids`)."""


def encode_misp(release: CampaignRelease) -> bytes:
    """Return the event as MISP's import takes it.

    Raises:
        InputError: the extra misp is not installed.
    """
    with require_extra("misp", "writing MISP events"):
        from pymisp import MISPEvent  # late: an extra
    campaign = release.campaign
    event = MISPEvent()
    event.from_dict(
        uuid=_extract_uuid(campaign.id),
        info=f"Harvesting campaign {campaign.name} against a language model",
        date=release.created.date().isoformat(),
        threat_level_id=2,
        analysis=2,
        distribution=0,
        Orgc={"name": release.site.name, "uuid": _extract_uuid(release.site.id)},
    )
    estimate = convert_to_word(campaign.confidence, "icd203").replace(" ", "-")
    estimate = "roughly-even-chance" if estimate == "roughly-even" else estimate
    for tag in (
        f"tlp:{release.tlp}",
        f'estimative-language:likelihood-probability="{estimate}"',
        ATTACK,
    ):
        event.add_tag(tag)
    times = {"first_seen": campaign.first_seen, "last_seen": campaign.last_seen}
    event.add_attribute(
        "campaign-name",
        campaign.name,
        uuid=_extract_uuid(make_id("x-misp", campaign.id)),
        to_ids=False,
        comment=str(AttributeComment(confidence=campaign.confidence)),
        **{name: format_stix_time(moment) for name, moment in times.items() if moment is not None},
    )
    for actor, name in sorted(release.actors.items()):
        event.add_attribute(
            "threat-actor",
            name,
            uuid=_extract_uuid(make_id("x-misp", campaign.id, actor)),
            to_ids=False,
            comment=str(AttributeComment(id=actor, role=campaign.actors[actor])),
        )
    _add_indicators(event, release)
    return orjson.dumps(
        {"Event": orjson.loads(event.to_json())},
        option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS,
    )


def _add_indicators(event: Any, release: CampaignRelease) -> None:
    sketches = {sketch.id: sketch for sketch in release.dossiers.templates}
    sightings = {sighting.of: sighting for sighting in release.dossiers.sightings}
    for one in release.dossiers.indicators:
        value = one.value
        if one.kind == EntityKind.TEMPLATE:
            value = orjson.dumps(encode_template(sketches[one.value]), option=orjson.OPT_SORT_KEYS).decode()
        attribute = _add_indicator(event, one, f"AS{value}" if one.kind == EntityKind.ASN else value)
        sighting = sightings.get(one.id)
        if sighting is not None and sighting.last_seen is not None:
            attribute.add_sighting(
                {
                    "type": "0",
                    "source": release.site.name,
                    "date_sighting": int(sighting.last_seen.timestamp()),
                    "uuid": _extract_uuid(sighting.id),
                }
            )


def _add_indicator(event: Any, one: Indicator, value: str) -> Any:
    properties = {
        "uuid": _extract_uuid(one.id),
        "to_ids": one.kind in TO_DETECT,
        "comment": str(
            AttributeComment(kind=one.kind, role=one.role or "", confidence=one.confidence, valid_until=one.valid_until)
        ),
        **({"first_seen": format_stix_time(one.valid_from)} if one.valid_from else {}),
    }
    if one.kind != EntityKind.JA4:
        return event.add_attribute(TYPES[one.kind], value, **properties)
    holder = event.add_object(name="ja4-plus", uuid=_extract_uuid(make_id("x-misp", one.id)))
    holder.add_attribute(
        "ja4-type", "JA4", uuid=_extract_uuid(make_id("x-misp", one.id, "type")), disable_correlation=True
    )
    return holder.add_attribute("ja4-fingerprint", value, type="text", **properties)


def _extract_uuid(name: str) -> str:
    return name.partition("--")[2]


FORMAT = ReleaseFormat(
    "misp",
    ".json",
    encode_misp,
    "a MISP event",
    lost="numbers of sightings and when they began, volumes",
)
