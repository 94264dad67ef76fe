"""What a TAXII server needs to know of a STIX object: its id, its type and which version it is."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import orjson

STIX_TYPE = "application/stix+json;version=2.1"
SPEC = "2.1"
"""The STIX version that is exchanged."""
LARGEST_OBJECT = 1 << 20
"""Bytes of the largest object that is taken."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
_STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,24}))?Z", re.ASCII)
_TYPE = re.compile(r"[a-z][a-z0-9-]{2,249}", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)


class OfferedObject(msgspec.Struct, frozen=True):
    """An object that somebody wants added."""

    id: str
    type: str
    version: int | None
    """Microseconds since 1970 of `modified`, else `created`; None when it has neither (cyber-observables)."""
    stamp: str
    """The version as the object writes it; empty when it has none."""
    body: bytes
    """The object as JSON with sorted keys: equal objects have equal bodies."""


class RefusedObject(msgspec.Struct, frozen=True):
    """An object that is not taken, and why."""

    id: str
    version: str
    why: str


def parse_microseconds(stamp: str) -> tuple[int, bool]:
    """Return a STIX timestamp as microseconds since 1970, rounded down, and whether nothing was cut off.

    Raises:
        ValueError: it is no RFC 3339 timestamp in UTC with a `Z`.
    """
    match = _STAMP.fullmatch(stamp)
    if not match:
        raise ValueError(stamp)
    fraction = (match[2] or "").ljust(6, "0")
    second = datetime.fromisoformat(f"{match[1]}+00:00")
    return (second - EPOCH) // MICROSECOND + int(fraction[:6]), not fraction[6:].strip("0")


def format_microseconds(moment: int) -> str:
    """Return microseconds since 1970 as a timestamp with six digits of fraction, the form of TAXII's headers."""
    # Not strftime: its %Y has fewer than four digits before the year 1000.
    return (EPOCH + moment * MICROSECOND).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def check_object(thing: Any) -> OfferedObject | RefusedObject:
    """Look at one object of an envelope; a faulty one is refused with its id, so that its sender can mend it."""
    if not isinstance(thing, dict):
        return RefusedObject("", "", "not a JSON object")
    identifier_text = thing.get("id")
    identifier_text = identifier_text[:300] if isinstance(identifier_text, str) else ""
    kind = thing.get("type")
    if not isinstance(kind, str) or not _TYPE.fullmatch(kind):
        return RefusedObject(identifier_text, "", "`type` is missing or no STIX type")
    if kind == "bundle":
        return RefusedObject(identifier_text, "", "a bundle is no object: send what is in it")
    name, _, identifier = identifier_text.partition("--")
    if name != kind or not _UUID.fullmatch(identifier):
        return RefusedObject(identifier_text, "", "`id` is missing or not TYPE--UUID")
    if "created" in thing and thing.get("spec_version") != SPEC:
        return RefusedObject(identifier_text, "", f"`spec_version` is not {SPEC}")
    stamp = thing.get("modified", thing.get("created"))
    version = None
    if stamp is not None:
        try:
            version, exact = parse_microseconds(stamp) if isinstance(stamp, str) else (0, False)
        except ValueError:
            exact = False
        if not exact:
            return RefusedObject(
                identifier_text, "", "`modified` or `created` is no UTC timestamp of at most microseconds"
            )
    try:
        body = orjson.dumps(thing, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        return RefusedObject(identifier_text, stamp or "", "nested too deeply")
    if len(body) > LARGEST_OBJECT:
        return RefusedObject(identifier_text, stamp or "", f"larger than {LARGEST_OBJECT:,} bytes")
    return OfferedObject(identifier_text, kind, version, stamp or "", body)
