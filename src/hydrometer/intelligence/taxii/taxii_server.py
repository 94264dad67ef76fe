"""A TAXII 2.1 server (OASIS Standard, 10 June 2021): collections of STIX objects over HTTP, for partners with tokens.

Requests are looked at in one order: who asks (401), what form the answer may have (406), what is asked for (404), the right to it
(403), the form of the body (415, 413), its contents (400, 422). A client learns nothing of collections that it may neither
read nor write. All errors are TAXII's error resource.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import uuid
from typing import TYPE_CHECKING, Any, Literal

import orjson
from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from hydrometer.contract import InputError
from hydrometer.files import BodyTooLargeError, BoundedBody
from hydrometer.intelligence.taxii.media_types import MEDIA_TYPE, accepts_media, is_taxii
from hydrometer.intelligence.taxii.object_query import (
    OF_LISTS,
    OF_ONE,
    OF_REMOVING,
    OF_VERSIONS,
    QueryError,
    parse_query,
)
from hydrometer.intelligence.taxii.offered_objects import STIX_TYPE, check_object, format_microseconds
from hydrometer.intelligence.taxii.responses import (
    TaxiiRefusal,
    add_next_page,
    build_status,
    encode_next_page,
    make_error_response,
    make_response,
)
from hydrometer.intelligence.taxii.taxii_openapi import describe_api

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hydrometer.intelligence.taxii.client_registry import ClientRegistry, RegisteredClient
    from hydrometer.intelligence.taxii.object_query import ObjectQuery
    from hydrometer.intelligence.taxii.taxii_store import TaxiiCollection, TaxiiStore, VersionPage

    Handler = Callable[["AuthenticatedRequest"], Awaitable[Response]]

ROOT = "/api/"
"""The one API root."""
MOST_BYTES = 16 << 20
"""Bytes of the largest body, stated as `max_content_length`."""
MOST_OBJECTS = 10_000
"""Objects of one request."""
BODY_SECONDS = 60.0
"""Time that a client has for its body."""
Right = Literal["read", "write"]
_log = logging.getLogger("hydrometer.taxii")


class AuthenticatedRequest:
    """A request of a known client."""

    def __init__(self, request: Request, client: RegisteredClient) -> None:
        self.http, self.client = request, client
        self.object_id: str = request.path_params.get("object_id", "")

    def query(self, filters: frozenset[Any], kinds: Literal["last", "all"] = "last") -> ObjectQuery:
        """Read the filters; raises TaxiiRefusal."""
        try:
            return parse_query(self.http.query_params.multi_items(), filters, kinds)
        except QueryError as raised:
            raise TaxiiRefusal(400, str(raised)) from None


class TaxiiServer:
    """The endpoints over a store and the list of clients."""

    def __init__(self, store: TaxiiStore, clients: ClientRegistry, title: str, most_bytes: int = MOST_BYTES) -> None:
        """`title` names the server to clients; `most_bytes` bounds the body of a request."""
        self._store, self._clients, self._title, self._most_bytes = store, clients, title, most_bytes

    def app(self) -> Starlette:
        """Return the ASGI application."""
        one = f"{ROOT}collections/{{collection}}/"
        routes: list[tuple[str, dict[str, Handler]]] = [
            ("/taxii2/", {"GET": self._discovery}),
            (ROOT, {"GET": self._root}),
            (f"{ROOT}status/{{status}}/", {"GET": self._status}),
            (f"{ROOT}collections/", {"GET": self._collections}),
            (one, {"GET": self._collection}),
            (f"{one}manifest/", {"GET": self._manifest}),
            (f"{one}objects/", {"GET": self._objects, "POST": self._add}),
            (f"{one}objects/{{object_id}}/", {"GET": self._object, "DELETE": self._remove}),
            (f"{one}objects/{{object_id}}/versions/", {"GET": self._versions}),
        ]
        application = Starlette(
            routes=[
                Route("/openapi.json", self._openapi, methods=["GET"]),
                *(Route(path, self._endpoint(methods), methods=list(methods)) for path, methods in routes),
            ],
            exception_handlers={
                TaxiiRefusal: lambda _, fault: make_error_response(fault.status, fault.description),
                HTTPException: lambda _, raised: make_error_response(raised.status_code, "", raised.headers),
                InputError: _answer_unavailable,
                sqlite3.OperationalError: _answer_unavailable,
            },
        )
        # A redirection would name the host that the request claims to be for.
        application.router.redirect_slashes = False
        return application

    def _endpoint(self, methods: dict[str, Handler]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            client = self._clients.authenticate(request.headers.get("authorization"))
            if client is None:
                raise TaxiiRefusal(401, "Send the token that the operator of this server gave you.")
            # Several headers of one name are one list (RFC 9110, 5.3).
            accept = request.headers.getlist("accept")
            if not accepts_media(",".join(accept) if accept else None):
                raise TaxiiRefusal(406, f"This server answers with {MEDIA_TYPE}.")
            handler = methods["GET" if request.method == "HEAD" else request.method]
            return await handler(AuthenticatedRequest(request, client))

        return endpoint

    async def _openapi(self, _: Request) -> Response:
        return Response(orjson.dumps(describe_api(self._title, self._most_bytes)), media_type="application/json")

    async def _discovery(self, _: AuthenticatedRequest) -> Response:
        return make_response({"title": self._title, "default": ROOT, "api_roots": [ROOT]})

    async def _root(self, _: AuthenticatedRequest) -> Response:
        return make_response({"title": self._title, "versions": [MEDIA_TYPE], "max_content_length": self._most_bytes})

    async def _status(self, request: AuthenticatedRequest) -> Response:
        identifier = request.http.path_params["status"]
        body = await run_in_threadpool(self._store.find_request, identifier, request.client.name)
        if body is None:
            raise TaxiiRefusal(404, "No request of this client has this id, or it is too long ago.")
        return make_response(body)

    async def _collections(self, request: AuthenticatedRequest) -> Response:
        every = await run_in_threadpool(self._store.collections)
        shown = [_describe_collection(one, request.client) for one in every if _list_rights(request.client, one)]
        return make_response({"collections": shown} if shown else {})

    async def _collection(self, request: AuthenticatedRequest) -> Response:
        return make_response(_describe_collection(await self._find_collection(request), request.client))

    async def _objects(self, request: AuthenticatedRequest) -> Response:
        return await self._envelope(request, request.query(OF_LISTS))

    async def _object(self, request: AuthenticatedRequest) -> Response:
        return await self._envelope(request, _restrict_to(request.query(OF_ONE), request.object_id))

    async def _envelope(self, request: AuthenticatedRequest, query: ObjectQuery) -> Response:
        page = await self._page(request, query)
        # The bodies are JSON already.
        parts = [
            encode_next_page(page),
            b'"objects":[' + b",".join(row.body for row in page.rows) + b"]" if page.rows else b"",
        ]
        return make_response(b"{" + b",".join(part for part in parts if part) + b"}", page)

    async def _manifest(self, request: AuthenticatedRequest) -> Response:
        page = await self._page(request, request.query(OF_LISTS))
        entries = [
            {"id": row.id, "date_added": format_microseconds(row.added), "version": row.stamp, "media_type": STIX_TYPE}
            for row in page.rows
        ]
        return make_response(add_next_page(page, {"objects": entries} if entries else {}), page)

    async def _versions(self, request: AuthenticatedRequest) -> Response:
        query = _restrict_to(request.query(OF_VERSIONS, "all"), request.object_id)
        page = await self._page(request, query)
        stamps = [row.stamp for row in page.rows]
        return make_response(add_next_page(page, {"versions": stamps} if stamps else {}), page)

    async def _page(self, request: AuthenticatedRequest, query: ObjectQuery) -> VersionPage:
        collection = await self._find_collection(request, "read")
        page = await run_in_threadpool(self._store.page, collection.id, query)
        if request.object_id and not page.rows:
            await self._require_object(collection, request.object_id)
        return page

    async def _require_object(self, collection: TaxiiCollection, identifier: str) -> None:
        if not await run_in_threadpool(self._store.has_object, collection.id, identifier):
            raise TaxiiRefusal(404, "The collection has no such object.")

    async def _add(self, request: AuthenticatedRequest) -> Response:
        collection = await self._find_collection(request, "write")
        things = await self._read_envelope(request.http)
        checked = await run_in_threadpool(lambda: [check_object(thing) for thing in things])
        outcomes = await run_in_threadpool(self._store.add, collection.id, checked, request.client.name)
        identifier = str(uuid.uuid4())
        body = orjson.dumps(build_status(identifier, outcomes))
        await run_in_threadpool(self._store.keep_request, identifier, request.client.name, body)
        return make_response(body, status=202)

    async def _remove(self, request: AuthenticatedRequest) -> Response:
        query = _restrict_to(request.query(OF_REMOVING, "all"), request.object_id)
        collection = await self._find_collection(request, "read", "write")
        done = await run_in_threadpool(self._store.remove, collection.id, query, request.client.name)
        if done == "foreign":
            raise TaxiiRefusal(403, "Another client added this object; only it may remove it.")
        if done == "absent":
            await self._require_object(collection, request.object_id)
            raise TaxiiRefusal(404, "The object has no such version.")
        return make_response({})

    async def _find_collection(self, request: AuthenticatedRequest, *needed: Right) -> TaxiiCollection:
        """Return the collection that the address names by id or alias; raises TaxiiRefusal."""
        name = request.http.path_params["collection"]
        for one in await run_in_threadpool(self._store.collections):
            rights = _list_rights(request.client, one)
            if name in (one.id, one.alias) and rights:
                if not set(needed) <= rights:
                    raise TaxiiRefusal(403, f"This client may not {' and '.join(needed)} here.")
                return one
        raise TaxiiRefusal(404, "There is no such collection for this client.")

    async def _read_envelope(self, request: Request) -> list[Any]:
        """Read the body, no further than it may be long; raises TaxiiRefusal."""
        if not is_taxii(request.headers.get("content-type")):
            raise TaxiiRefusal(415, f"Send {MEDIA_TYPE}.")
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise TaxiiRefusal(415, "Send the body as it is, not compressed.")
        too_large = TaxiiRefusal(413, f"Send at most {self._most_bytes:,} bytes and {MOST_OBJECTS:,} objects at once.")
        length = request.headers.get("content-length", "")
        if length.isascii() and length.isdigit() and int(length[:20]) > self._most_bytes:
            raise too_large
        body = BoundedBody(self._most_bytes)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                async for chunk in request.stream():
                    body.add(chunk)
        except BodyTooLargeError:
            raise too_large from None
        except TimeoutError:
            raise TaxiiRefusal(408, f"Send the body within {BODY_SECONDS:.0f} seconds.") from None
        except ClientDisconnect:
            raise TaxiiRefusal(400, "The body ended early.") from None
        try:
            envelope = await run_in_threadpool(orjson.loads, body.content)
        except orjson.JSONDecodeError as raised:
            raise TaxiiRefusal(400, f"The body is no JSON: {raised}") from None
        things = envelope.get("objects") if isinstance(envelope, dict) else None
        if not isinstance(things, list) or not things:
            raise TaxiiRefusal(422, "The body is no envelope with `objects`.")
        if len(things) > MOST_OBJECTS:
            raise too_large
        return things


def _list_rights(client: RegisteredClient, collection: TaxiiCollection) -> set[Right]:
    pairs: list[tuple[Right, tuple[str, ...]]] = [("read", client.read), ("write", client.write)]
    return {right for right, ids in pairs if collection.id in ids}


def _describe_collection(collection: TaxiiCollection, client: RegisteredClient) -> dict[str, Any]:
    rights = _list_rights(client, collection)
    return {
        "id": collection.id,
        "title": collection.title,
        **({"description": collection.description} if collection.description else {}),
        "alias": collection.alias,
        "can_read": "read" in rights,
        "can_write": "write" in rights,
        "media_types": [STIX_TYPE],
    }


def _restrict_to(query: ObjectQuery, identifier: str) -> ObjectQuery:
    return replace(query, ids=(identifier,))


async def _answer_unavailable(_: Request, raised: Exception) -> Response:
    _log.error("cannot answer: %s", raised)
    return make_error_response(503, "The operator finds the cause in the server's log.")
