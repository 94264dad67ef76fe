"""The parts of STIX 2.1 objects that records are made of; what an object holds besides stays in its JSON.

A value of the wrong type or out of its bounds fails the conversion, with its place in the object.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from hydrometer.contract import Role, Stance
from hydrometer.intelligence.exchange.stix_ids import ID

INTEL_ROLES: tuple[Role, ...] = get_args(Role)
Moment = Annotated[datetime, Meta(tz=True)]
Percent = Annotated[int, Meta(ge=0, le=100)]
Name = Annotated[str, Meta(min_length=1)]
Reference = Annotated[str, Meta(pattern=rf"^{ID}\Z", max_length=300)]


class GranularMarking(msgspec.Struct, kw_only=True):
    """The marking of a part of an object."""

    marking_ref: str = ""


class StixObject(msgspec.Struct, kw_only=True):
    """What every object has; observables have no times."""

    type: str
    id: str
    created: Moment | None = None
    modified: Moment | None = None
    created_by_ref: str | None = None
    revoked: bool = False
    confidence: Percent | None = None
    object_marking_refs: list[str] = []
    granular_markings: list[GranularMarking] = []


class IdentityObject(StixObject, kw_only=True):
    """A source of statements."""

    name: Name


class StixWorkingHours(msgspec.Struct, kw_only=True):
    """`working_hours` of an actor."""

    timezone: str
    start: Annotated[int, Meta(ge=0, le=24)] = 9
    end: Annotated[int, Meta(ge=0, le=24)] = 18
    days: tuple[Annotated[int, Meta(ge=0, le=6)], ...] = (0, 1, 2, 3, 4)
    holidays: list[date] = []


class ProductRelease(msgspec.Struct, kw_only=True):
    """One of `releases` of an actor."""

    product: str
    day: date


class ActorExtension(msgspec.Struct, kw_only=True):
    """Our extension of an intrusion-set or threat-actor."""

    roles: list[Role] | None = None
    products: list[str] = []
    releases: list[ProductRelease] = []
    working_hours: StixWorkingHours | None = None
    valid_until: Moment | None = None


class ActorObject(StixObject, kw_only=True):
    """An intrusion-set or a threat-actor."""

    name: Name
    aliases: list[str] = []


class IndicatorExtension(msgspec.Struct, kw_only=True):
    """Our extension of an indicator, and of the relationship that attributes a campaign."""

    role: Role | None = None
    undated: bool = False
    """STIX asks for a `valid_from`; this one means nothing."""


class IndicatorObject(StixObject, kw_only=True):
    """An indicator; its pattern is read when its language is STIX's."""

    pattern: str
    pattern_type: str
    valid_from: Moment | None = None
    valid_until: Moment | None = None


class CampaignExtension(msgspec.Struct, kw_only=True):
    """Our extension of a campaign."""

    stopped: Moment | None = None


class CampaignObject(StixObject, kw_only=True):
    """An earlier campaign."""

    name: Name
    first_seen: Moment | None = None
    last_seen: Moment | None = None


class RelationshipObject(StixObject, kw_only=True):
    """An arrow from one object to another."""

    relationship_type: str
    source_ref: Reference
    target_ref: Reference


class SightingObject(StixObject, kw_only=True):
    """Somebody saw something."""

    sighting_of_ref: Reference
    count: Annotated[int, Meta(ge=0, le=999_999_999)] = 1
    first_seen: Moment | None = None
    last_seen: Moment | None = None
    where_sighted_refs: list[str] = []


class OpinionObject(StixObject, kw_only=True):
    """What somebody holds of statements."""

    opinion: Stance
    object_refs: Annotated[list[Reference], Meta(min_length=1)]
    explanation: str = ""


class TemplateObject(StixObject, kw_only=True):
    """The sketch of a template: our own observable."""

    type: Literal["x-hydrometer-template"]
    key_name: Name
    sketch_bin: Annotated[str, Meta(max_length=1 << 20)]
    """Base64 of ascending signed 64-bit numbers, little-endian: JSON numbers hold 53 bits."""
    shingle_words: Annotated[int, Meta(ge=1, le=64)]
    sample_one_in: Annotated[int, Meta(ge=1, le=1 << 32)]
    elicitation: str = "none"
    template_id: str = ""
    """What indicators call it; empty where that is the object's id."""
