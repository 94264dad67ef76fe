"""A MISP event of a campaign: its values as attributes, in types that MISP correlates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from hydrometer.contract.errors import InputError
from hydrometer.sharing.confidence import to_word
from hydrometer.sharing.format import Format
from hydrometer.sharing.misp import TYPES, Comment
from hydrometer.sharing.stix_ids import made_id
from hydrometer.sharing.stix_writing import stamp, template_object

if TYPE_CHECKING:
    from hydrometer.contract.intel import Indicator
    from hydrometer.sharing.release import Release

ATTACK = 'mitre-atlas:technique="AML.T0024.002"'


def encode(release: Release) -> bytes:
    """Return the event as MISP's import takes it.

    Raises:
        InputError: the extra misp is not installed.
    """
    try:
        from pymisp import MISPEvent  # late: an extra
    except ImportError:
        raise InputError("MISP events need an extra", mend="Run: pip install 'hydrometer[misp]'.") from None
    campaign = release.campaign
    event = MISPEvent()
    event.from_dict(
        uuid=_uuid(campaign.id),
        info=f"Harvesting campaign {campaign.name} against a language model",
        date=release.created.date().isoformat(),
        threat_level_id=2,
        analysis=2,
        distribution=0,
        Orgc={"name": release.site.name, "uuid": _uuid(release.site.id)},
    )
    estimate = to_word(campaign.confidence, "icd203").replace(" ", "-")
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
        uuid=_uuid(made_id("x-misp", campaign.id)),
        to_ids=False,
        comment=str(Comment(confidence=campaign.confidence)),
        **{name: stamp(moment) for name, moment in times.items() if moment is not None},
    )
    for actor, name in sorted(release.actors.items()):
        event.add_attribute(
            "threat-actor",
            name,
            uuid=_uuid(made_id("x-misp", campaign.id, actor)),
            to_ids=False,
            comment=str(Comment(id=actor, role=campaign.actors[actor])),
        )
    sketches = {sketch.id: sketch for sketch in release.dossiers.templates}
    seen = {sighting.of: sighting for sighting in release.dossiers.sightings}
    for one in release.dossiers.indicators:
        value = one.value
        if one.kind == "template":
            value = orjson.dumps(template_object(sketches[one.value]), option=orjson.OPT_SORT_KEYS).decode()
        attribute = _added(event, one, f"AS{value}" if one.kind == "asn" else value)
        sighting = seen.get(one.id)
        if sighting is not None and sighting.last_seen is not None:
            attribute.add_sighting(
                {
                    "type": "0",
                    "source": release.site.name,
                    "date_sighting": int(sighting.last_seen.timestamp()),
                    "uuid": _uuid(sighting.id),
                }
            )
    return orjson.dumps(
        {"Event": orjson.loads(event.to_json())},
        option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS,
    )


def _added(event: Any, one: Indicator, value: str) -> Any:
    said = {
        "uuid": _uuid(one.id),
        "to_ids": one.kind in ("address", "network", "domain", "ja4"),
        "comment": str(
            Comment(kind=one.kind, role=one.role or "", confidence=one.confidence, valid_until=one.valid_until)
        ),
        **({"first_seen": stamp(one.valid_from)} if one.valid_from else {}),
    }
    if one.kind != "ja4":
        return event.add_attribute(TYPES[one.kind], value, **said)
    holder = event.add_object(name="ja4-plus", uuid=_uuid(made_id("x-misp", one.id)))
    holder.add_attribute("ja4-type", "JA4", uuid=_uuid(made_id("x-misp", one.id, "type")), disable_correlation=True)
    return holder.add_attribute("ja4-fingerprint", value, type="text", **said)


def _uuid(name: str) -> str:
    return name.partition("--")[2]


FORMAT = Format(
    "misp",
    ".json",
    encode,
    "a MISP event",
    lost="numbers of sightings and when they began, volumes",
)
