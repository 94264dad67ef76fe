"""MISP events that partners send, as dossiers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from hydrometer.contract import (
    INDICATOR_KINDS,
    Dossiers,
    EntityKind,
    Indicator,
    InputError,
    PastCampaign,
    Sighting,
    TemplateSketch,
    Tlp,
)
from hydrometer.intelligence.exchange import stix_objects as kinds
from hydrometer.intelligence.exchange.canonicalisation import canonicalise_value
from hydrometer.intelligence.exchange.confidence_scales import UNSAID
from hydrometer.intelligence.exchange.misp_mapping import (
    FOREIGN,
    AttributeComment,
    read_confidence,
    read_tlp,
)
from hydrometer.intelligence.exchange.stix_decoder import decode_sketch
from hydrometer.intelligence.exchange.stix_ids import is_id, make_id
from hydrometer.intelligence.exchange.tlp import UNMARKED

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping


class _EventTag(msgspec.Struct):
    """A tag of a MISP event or attribute."""

    name: str


class _EventSighting(msgspec.Struct):
    """A sighting of a MISP attribute."""

    date_sighting: int
    type: str | int = "0"
    uuid: str = ""


class _EventAttribute(msgspec.Struct, kw_only=True):
    """An attribute of a MISP event, by MISP's names."""

    type: str
    value: str
    uuid: str = ""
    comment: str = ""
    deleted: bool = False
    first_seen: kinds.Moment | None = None
    last_seen: kinds.Moment | None = None
    Tag: list[_EventTag] = []
    Sighting: list[_EventSighting] = []


class _EventObject(msgspec.Struct, kw_only=True):
    """An object of a MISP event: attributes that belong together."""

    name: str
    Attribute: list[_EventAttribute] = []


class _MispEvent(msgspec.Struct, kw_only=True):
    """What is read of a MISP event."""

    uuid: str
    info: str
    Attribute: list[_EventAttribute] = []
    Object: list[_EventObject] = []
    Tag: list[_EventTag] = []


def parse_misp_event(event: Mapping[str, Any], file: str, source: str, notes: Counter[str]) -> Dossiers:
    """Return what a MISP event says: a campaign, its actors by name only, indicators, sketches and sightings.

    Raises:
        InputError: the event is damaged.
    """
    mend = "Export the event from MISP as JSON again."
    try:
        read = msgspec.convert(event, _MispEvent, strict=False)
    except msgspec.ValidationError as error:
        raise InputError(f"is no MISP event: {error}", file=file, mend=mend) from None
    if not is_id(f"campaign--{read.uuid}"):
        raise InputError("is no MISP event: uuid", file=file, mend=mend)
    return _EventReader(read, file, source, notes).dossiers()


class _EventReader:
    """The reader of one MISP event into dossiers."""

    def __init__(self, event: _MispEvent, file: str, source: str, notes: Counter[str]) -> None:
        self._event, self._file, self._source, self._notes = event, file, source, notes
        tags = [tag.name for tag in event.Tag]
        self._tlp: Tlp = read_tlp(tags) or UNMARKED
        self._confidence = read_confidence(tags)
        self._campaign = f"campaign--{event.uuid.lower()}"
        self._sketches: dict[str, TemplateSketch] = {}

    def dossiers(self) -> Dossiers:
        campaign = PastCampaign(
            id=self._campaign,
            name=self._event.info,
            source=self._source,
            confidence=UNSAID if self._confidence is None else self._confidence,
            tlp=self._tlp,
        )
        indicators: dict[str, Indicator] = {}
        sightings: dict[str, Sighting] = {}
        for attribute, holder in self._iterate_attributes():
            comment = AttributeComment.read(attribute.comment)
            if attribute.type == "campaign-name":
                campaign = msgspec.structs.replace(
                    campaign,
                    name=attribute.value,
                    first_seen=attribute.first_seen,
                    last_seen=attribute.last_seen,
                    confidence=campaign.confidence if comment.confidence is None else comment.confidence,
                )
            elif attribute.type == "threat-actor" and is_id(comment.id) and comment.role in kinds.INTEL_ROLES:
                actors = campaign.actors | {comment.id: comment.role}
                campaign = msgspec.structs.replace(campaign, actors=actors)
            elif (one := self._build_indicator(attribute, holder, comment)) is not None:
                indicators[one.id] = one
                for entry in attribute.Sighting:
                    sighting = self._build_sighting(entry, one.id)
                    sightings[sighting.id] = sighting
        return Dossiers(
            indicators=tuple(indicators[name] for name in sorted(indicators)),
            templates=tuple(self._sketches[name] for name in sorted(self._sketches)),
            campaigns=(campaign,),
            sightings=tuple(sightings[name] for name in sorted(sightings)),
        )

    def _iterate_attributes(self) -> Iterator[tuple[_EventAttribute, str]]:
        for attribute in self._event.Attribute:
            yield attribute, ""
        for holder in self._event.Object:
            for attribute in holder.Attribute:
                yield attribute, holder.name

    def _build_indicator(self, attribute: _EventAttribute, holder: str, comment: AttributeComment) -> Indicator | None:
        kind = EntityKind(comment.kind) if comment.kind in INDICATOR_KINDS else FOREIGN.get(attribute.type)
        if kind is None and holder == "ja4-plus" and attribute.value.startswith(("t1", "q1", "d1")):
            kind = EntityKind.JA4
        if kind is None:
            self._notes[f"attributes not used: {attribute.type}"[:120]] += 1
            return None
        value = attribute.value
        if kind == EntityKind.ADDRESS and "/" in value:
            kind = EntityKind.NETWORK
        try:
            value = self._keep_sketch(value) if kind == EntityKind.TEMPLATE else canonicalise_value(kind, value)
        except (ValueError, msgspec.DecodeError) as error:
            raise InputError(
                f"attribute {attribute.uuid} is damaged: {error}", file=self._file, mend="Mend it or take it out."
            ) from None
        name = f"indicator--{attribute.uuid.lower()}"
        tags = [tag.name for tag in attribute.Tag]
        own = comment.confidence if comment.confidence is not None else read_confidence(tags)
        if own is None:
            own = UNSAID if self._confidence is None else self._confidence
        return Indicator(
            id=name if is_id(name) else make_id("indicator", self._source, kind, value),
            kind=kind,
            value=value,
            indicates=(self._campaign,),
            role=comment.role if comment.role in kinds.INTEL_ROLES else None,
            source=self._source,
            confidence=min(100, max(0, own)),
            tlp=read_tlp(tags) or self._tlp,
            valid_from=attribute.first_seen,
            valid_until=comment.valid_until,
            revoked=attribute.deleted,
        )

    def _keep_sketch(self, text: str) -> str:
        sketch = decode_sketch(msgspec.json.decode(text, type=kinds.TemplateObject))
        self._sketches[sketch.id] = sketch
        return sketch.id

    def _build_sighting(self, entry: _EventSighting, of: str) -> Sighting:
        name = f"sighting--{entry.uuid.lower()}"
        try:
            moment = datetime.fromtimestamp(entry.date_sighting, UTC)
        except (ValueError, OverflowError, OSError):
            raise InputError(
                f"sighting of {of} is damaged: {entry.date_sighting} is no time", file=self._file, mend="Take it out."
            ) from None
        if not is_id(name):
            name = make_id("sighting", self._source, of, entry.date_sighting)
        return Sighting(id=name, of=of, source=self._source, last_seen=moment)
