"""The resources that a TAXII client reads."""

from __future__ import annotations

from typing import Any

import msgspec


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
