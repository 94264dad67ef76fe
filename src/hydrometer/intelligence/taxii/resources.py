"""The resources that a TAXII client reads, and bundles, in which objects lie in files."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

import msgspec
import orjson

from hydrometer.contract import InputError


class ObjectEnvelope(msgspec.Struct):
    """A page of objects; each is left as its sender wrote it."""

    more: bool = False
    next: str | None = None
    objects: list[msgspec.Raw] = []


class PulledPage(msgspec.Struct, frozen=True):
    """A page, with when its last object was added."""

    objects: list[bytes]
    added_last: str | None
    """None where the server does not tell: then nothing can be taken up where it ended."""


class RequestStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a request."""

    id: str
    status: str
    total_count: int
    success_count: int
    failure_count: int
    pending_count: int
    failures: list[dict[str, Any]] = []


class RemoteCollection(msgspec.Struct, frozen=True, kw_only=True):
    """A collection of another server."""

    id: str
    title: str
    can_read: bool
    can_write: bool
    alias: str = ""
    description: str = ""


class ServerDiscovery(msgspec.Struct):
    """Which API roots a server has."""

    default: str | None = None
    api_roots: list[str] = []


class ApiRoot(msgspec.Struct):
    """What an API root takes."""

    max_content_length: int


class CollectionList(msgspec.Struct):
    """The collections that a client may use."""

    collections: list[RemoteCollection] = []


def pack_bundle(objects: list[bytes]) -> bytes:
    """Return objects as a STIX bundle whose id comes of what is in it."""
    inside = b",".join(objects)
    name = uuid.uuid5(uuid.NAMESPACE_OID, hashlib.sha256(inside).hexdigest())
    return b'{"type":"bundle","id":"bundle--' + str(name).encode() + b'","objects":[' + inside + b"]}\n"


def unpack_bundle(content: bytes, file: str) -> list[bytes]:
    """Return the objects of a bundle, each as its writer wrote it; raises InputError."""
    try:
        envelope = msgspec.json.decode(content, type=ObjectEnvelope)
        for one in envelope.objects:
            if not isinstance(orjson.loads(bytes(one)), dict):
                raise InputError("an object is no JSON object", file=file, mend="Give a STIX bundle.")
    except (msgspec.DecodeError, orjson.JSONDecodeError) as error:
        raise InputError(f"no bundle: {error}", file=file, mend="Give a STIX 2.1 bundle.") from None
    return [bytes(one) for one in envelope.objects]
