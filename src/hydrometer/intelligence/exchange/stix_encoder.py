"""From the records of `contract/intel_records.py` to STIX objects."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from hydrometer.intelligence.exchange.stix_ids import EXTENSION, TEMPLATE, define_extension, is_id, make_id
from hydrometer.intelligence.exchange.stix_patterns import write_pattern
from hydrometer.intelligence.exchange.tlp import MARKINGS, define_marking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hydrometer.contract import Actor, Dossiers, Indicator, PastCampaign, TemplateSketch, Tlp

UNDATED = datetime(2026, 1, 1, tzinfo=UTC)
"""When an object was made of which nobody knows."""
VERDICTS = {"operator": "malicious-activity", "beneficiary": "attribution", None: "malicious-activity"}


def format_stix_time(moment: datetime) -> str:
    """Return a time as STIX writes it, to the microsecond where there are any."""
    moment = moment.astimezone(UTC)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    return (
        f"{text}.{moment.microsecond:06d}Z"
        if moment.microsecond % 1000
        else f"{text}.{moment.microsecond // 1000:03d}Z"
    )


def encode_dossiers(
    dossiers: Dossiers, at: datetime = UNDATED, created: datetime | None = None
) -> list[dict[str, Any]]:
    """Return the STIX objects that say what the records say, with the definitions that they lean on.

    `at` is when they were modified, and when they were created if that is not given.

    Ids of what has none of its own (relationships, sketches under a foreign id) follow from what they say.

    Raises:
        ValueError: an id is no STIX identifier, or a value none of its kind.
    """
    objects: dict[str, dict[str, Any]] = {}
    definition_ids = {one["id"] for one in define_extension()}
    for one in _iterate_objects(dossiers, format_stix_time(at)):
        objects[one["id"]] = one
        if created is not None and "modified" in one and one["id"] not in definition_ids:
            one["created"] = format_stix_time(created)
    return [objects[name] for name in sorted(objects)]


def _iterate_objects(dossiers: Dossiers, at: str) -> Iterator[dict[str, Any]]:
    yield from define_extension()
    markings: set[Tlp] = set()
    for source in dossiers.sources:
        yield make_identity(source.id, source.name, at)
    for actor in dossiers.actors:
        markings.add(actor.tlp)
        yield _encode_actor(actor, at)
    for sketch in dossiers.templates:
        yield encode_template(sketch)
    for indicator in dossiers.indicators:
        markings.add(indicator.tlp)
        yield _encode_indicator(indicator, at)
        yield from (
            encode_relationship(
                StixRelationship("indicates", indicator.id, target, indicator.source, indicator.tlp), at
            )
            for target in indicator.indicates
        )
    for campaign in dossiers.campaigns:
        markings.add(campaign.tlp)
        yield _encode_campaign(campaign, at)
        for target, role in campaign.actors.items():
            arrow = StixRelationship("attributed-to", campaign.id, target, campaign.source, campaign.tlp, role)
            yield encode_relationship(arrow, at)
    for sighting in dossiers.sightings:
        times = {"first_seen": sighting.first_seen, "last_seen": sighting.last_seen}
        yield make_object(
            "sighting",
            sighting.id,
            at,
            created_by_ref=sighting.source,
            sighting_of_ref=sighting.of,
            count=sighting.count,
            **{name: format_stix_time(moment) for name, moment in times.items() if moment is not None},
        )
    for opinion in dossiers.opinions:
        yield make_object(
            "opinion",
            opinion.id,
            at,
            created_by_ref=opinion.source,
            object_refs=[opinion.of],
            opinion=opinion.stance,
            explanation=opinion.explanation,
        )
    yield from (define_marking(tlp) for tlp in markings)


def make_object(kind: str, name: str, at: str, tlp: Tlp | None = None, /, **properties: Any) -> dict[str, Any]:
    """Return an object of a type with what is known of it; properties that say nothing are left out.

    Raises:
        ValueError: `name` is no identifier of that type.
    """
    if not is_id(name, kind):
        raise ValueError(f"{name!r} is no STIX identifier of type {kind}")
    made = {"type": kind, "spec_version": "2.1", "id": name, "created": at, "modified": at}
    if tlp is not None:
        properties["object_marking_refs"] = [MARKINGS[tlp]]
    return {**made, **{key: value for key, value in properties.items() if not _is_empty(value)}}


def make_identity(name: str, title: str, at: str) -> dict[str, Any]:
    """Return the STIX identity of a source with the id `name`; raises ValueError when it is none."""
    return make_object("identity", name, at, name=title, identity_class="organization")


def make_extension(**properties: object) -> dict[str, Any] | None:
    """Return our extension with what is known; None when that is nothing."""
    said = {key: value for key, value in properties.items() if not _is_empty(value)}
    return {EXTENSION: {"extension_type": "property-extension", **said}} if said else None


def _is_empty(value: object) -> bool:
    return value is None or value is False or value in ("", [], {})


@dataclass(frozen=True, slots=True)
class StixRelationship:
    """An arrow between two objects."""

    kind: str
    source: str
    target: str
    author: str
    """Id of who says so."""
    tlp: Tlp | None = None
    role: str | None = None
    """What the target is of the source."""


def encode_relationship(one: StixRelationship, at: str) -> dict[str, Any]:
    """Return the object of an arrow; the same arrow of the same author has the same id.

    Raises:
        ValueError: an end is no STIX identifier.
    """
    for end in (one.source, one.target):
        if not is_id(end):
            raise ValueError(f"{end!r} is no STIX identifier")
    return make_object(
        "relationship",
        make_id("relationship", one.author, one.kind, one.source, one.target),
        at,
        one.tlp,
        created_by_ref=one.author,
        relationship_type=one.kind,
        source_ref=one.source,
        target_ref=one.target,
        extensions=make_extension(role=one.role),
    )


def _encode_actor(actor: Actor, at: str) -> dict[str, Any]:
    hours = actor.hours
    working = hours and {
        "timezone": hours.timezone,
        "start": hours.start,
        "end": hours.end,
        "days": list(hours.days),
        "holidays": [day.isoformat() for day in hours.holidays],
    }
    return make_object(
        actor.id.partition("--")[0],
        actor.id,
        at,
        actor.tlp,
        created_by_ref=actor.source,
        revoked=actor.revoked,
        confidence=actor.confidence,
        name=actor.name,
        aliases=list(actor.aliases),
        extensions={
            EXTENSION: {
                "extension_type": "property-extension",
                "roles": list(actor.roles),
                **({"products": list(actor.products)} if actor.products else {}),
                **(
                    {"releases": [{"product": each.product, "day": each.day.isoformat()} for each in actor.releases]}
                    if actor.releases
                    else {}
                ),
                **({"working_hours": working} if working else {}),
                **({"valid_until": format_stix_time(actor.valid_until)} if actor.valid_until else {}),
            }
        },
    )


def _encode_indicator(indicator: Indicator, at: str) -> dict[str, Any]:
    return make_object(
        "indicator",
        indicator.id,
        at,
        indicator.tlp,
        created_by_ref=indicator.source,
        revoked=indicator.revoked,
        confidence=indicator.confidence,
        indicator_types=[VERDICTS[indicator.role]],
        pattern=write_pattern(indicator.kind, indicator.value),
        pattern_type="stix",
        pattern_version="2.1",
        valid_from=format_stix_time(indicator.valid_from or UNDATED),
        valid_until=format_stix_time(indicator.valid_until) if indicator.valid_until else None,
        extensions=make_extension(role=indicator.role, undated=True if indicator.valid_from is None else None),
    )


def encode_template(sketch: TemplateSketch) -> dict[str, Any]:
    """Return the observable that holds a sketch."""
    name = sketch.id if is_id(sketch.id, TEMPLATE) else make_id(TEMPLATE, sketch.key, sketch.id)
    return {
        "type": TEMPLATE,
        "spec_version": "2.1",
        "id": name,
        "key_name": sketch.key,
        "sketch_bin": base64.b64encode(np.array(sketch.hashes, dtype="<i8").tobytes()).decode(),
        "shingle_words": sketch.shingle_words,
        "sample_one_in": sketch.sample_one_in,
        "elicitation": sketch.elicitation,
        "template_id": sketch.id,
        "extensions": {EXTENSION: {"extension_type": "new-sco"}},
    }


def _encode_campaign(campaign: PastCampaign, at: str) -> dict[str, Any]:
    times = {"first_seen": campaign.first_seen, "last_seen": campaign.last_seen}
    return make_object(
        "campaign",
        campaign.id,
        at,
        campaign.tlp,
        created_by_ref=campaign.source,
        revoked=campaign.revoked,
        confidence=campaign.confidence,
        name=campaign.name,
        extensions=make_extension(stopped=format_stix_time(campaign.stopped) if campaign.stopped else None),
        **{name: format_stix_time(moment) for name, moment in times.items() if moment is not None},
    )
