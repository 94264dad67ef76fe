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

from hydrometer.contract.errors import InputError
from hydrometer.sharing.taxii_answers import Fault, answer, error, more_of, status_resource, with_more
from hydrometer.sharing.taxii_media import accepts, is_taxii
from hydrometer.sharing.taxii_objects import MEDIA_TYPE, STIX_TYPE, offered, stamped
from hydrometer.sharing.taxii_openapi import description
from hydrometer.sharing.taxii_query import (
    OF_LISTS,
    OF_ONE,
    OF_REMOVING,
    OF_VERSIONS,
    QueryError,
    asked,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hydrometer.sharing.taxii_clients import Client, Clients
    from hydrometer.sharing.taxii_query import Query
    from hydrometer.sharing.taxii_store import Collection, Page, TaxiiStore

    Handler = Callable[["Asking"], Awaitable[Response]]

ROOT = "/api/"
"""The one API root."""
MOST_BYTES = 16 << 20
"""Bytes of the largest body, told as `max_content_length`."""
MOST_OBJECTS = 10_000
"""Objects of one request."""
BODY_SECONDS = 60.0
"""Time that a client has for its body."""
Right = Literal["read", "write"]
_log = logging.getLogger("hydrometer.taxii")


class Asking:
    """A request of a known client."""

    def __init__(self, request: Request, client: Client) -> None:
        self.request, self.client = request, client
        self.object_id: str = request.path_params.get("object_id", "")

    def query(self, known: frozenset[Any], kinds: Literal["last", "all"] = "last") -> Query:
        """Read the filters; raises Fault."""
        try:
            return asked(self.request.query_params.multi_items(), known, kinds)
        except QueryError as raised:
            raise Fault(400, str(raised)) from None


class TaxiiServer:
    """The endpoints over a store and the list of clients."""

    def __init__(self, store: TaxiiStore, clients: Clients, title: str, most_bytes: int = MOST_BYTES) -> None:
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
                Fault: lambda _, fault: error(fault.status, fault.description),
                HTTPException: lambda _, raised: error(raised.status_code, "", raised.headers),
                InputError: _unusable,
                sqlite3.OperationalError: _unusable,
            },
        )
        # A redirection would name the host that the request claims to be for.
        application.router.redirect_slashes = False
        return application

    def _endpoint(self, methods: dict[str, Handler]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            client = self._clients.known(request.headers.get("authorization"))
            if client is None:
                raise Fault(401, "Send the token that the operator of this server gave you.")
            # Several headers of one name are one list (RFC 9110, 5.3).
            accept = request.headers.getlist("accept")
            if not accepts(",".join(accept) if accept else None):
                raise Fault(406, f"This server answers with {MEDIA_TYPE}.")
            handler = methods["GET" if request.method == "HEAD" else request.method]
            return await handler(Asking(request, client))

        return endpoint

    async def _openapi(self, _: Request) -> Response:
        return Response(orjson.dumps(description(self._title, self._most_bytes)), media_type="application/json")

    async def _discovery(self, _: Asking) -> Response:
        return answer({"title": self._title, "default": ROOT, "api_roots": [ROOT]})

    async def _root(self, _: Asking) -> Response:
        return answer({"title": self._title, "versions": [MEDIA_TYPE], "max_content_length": self._most_bytes})

    async def _status(self, asking: Asking) -> Response:
        identifier = asking.request.path_params["status"]
        body = await run_in_threadpool(self._store.request, identifier, asking.client.name)
        if body is None:
            raise Fault(404, "No request of this client has this id, or it is too long ago.")
        return answer(body)

    async def _collections(self, asking: Asking) -> Response:
        every = await run_in_threadpool(self._store.collections)
        shown = [_resource(one, asking.client) for one in every if _rights(asking.client, one)]
        return answer({"collections": shown} if shown else {})

    async def _collection(self, asking: Asking) -> Response:
        return answer(_resource(await self._found(asking), asking.client))

    async def _objects(self, asking: Asking) -> Response:
        return await self._envelope(asking, asking.query(OF_LISTS))

    async def _object(self, asking: Asking) -> Response:
        return await self._envelope(asking, _only(asking.query(OF_ONE), asking.object_id))

    async def _envelope(self, asking: Asking, query: Query) -> Response:
        page = await self._page(asking, query)
        # The bodies are JSON already.
        parts = [more_of(page), b'"objects":[' + b",".join(row.body for row in page.rows) + b"]" if page.rows else b""]
        return answer(b"{" + b",".join(part for part in parts if part) + b"}", page)

    async def _manifest(self, asking: Asking) -> Response:
        page = await self._page(asking, asking.query(OF_LISTS))
        entries = [
            {"id": row.id, "date_added": stamped(row.added), "version": row.stamp, "media_type": STIX_TYPE}
            for row in page.rows
        ]
        return answer(with_more(page, {"objects": entries} if entries else {}), page)

    async def _versions(self, asking: Asking) -> Response:
        query = _only(asking.query(OF_VERSIONS, "all"), asking.object_id)
        page = await self._page(asking, query)
        stamps = [row.stamp for row in page.rows]
        return answer(with_more(page, {"versions": stamps} if stamps else {}), page)

    async def _page(self, asking: Asking, query: Query) -> Page:
        collection = await self._found(asking, "read")
        page = await run_in_threadpool(self._store.page, collection.id, query)
        if asking.object_id and not page.rows:
            await self._there(collection, asking.object_id)
        return page

    async def _there(self, collection: Collection, identifier: str) -> None:
        if not await run_in_threadpool(self._store.has, collection.id, identifier):
            raise Fault(404, "The collection has no such object.")

    async def _add(self, asking: Asking) -> Response:
        collection = await self._found(asking, "write")
        things = await self._envelope_of(asking.request)
        looked = await run_in_threadpool(lambda: [offered(thing) for thing in things])
        outcomes = await run_in_threadpool(self._store.add, collection.id, looked, asking.client.name)
        identifier = str(uuid.uuid4())
        body = orjson.dumps(status_resource(identifier, outcomes))
        await run_in_threadpool(self._store.keep_request, identifier, asking.client.name, body)
        return answer(body, status=202)

    async def _remove(self, asking: Asking) -> Response:
        query = _only(asking.query(OF_REMOVING, "all"), asking.object_id)
        collection = await self._found(asking, "read", "write")
        done = await run_in_threadpool(self._store.remove, collection.id, query, asking.client.name)
        if done == "foreign":
            raise Fault(403, "Another client added this object; only it may remove it.")
        if done == "absent":
            await self._there(collection, asking.object_id)
            raise Fault(404, "The object has no such version.")
        return answer({})

    async def _found(self, asking: Asking, *needed: Right) -> Collection:
        """Return the collection that the address names by id or alias; raises Fault."""
        name = asking.request.path_params["collection"]
        for one in await run_in_threadpool(self._store.collections):
            rights = _rights(asking.client, one)
            if name in (one.id, one.alias) and rights:
                if not set(needed) <= rights:
                    raise Fault(403, f"This client may not {' and '.join(needed)} here.")
                return one
        raise Fault(404, "There is no such collection for this client.")

    async def _envelope_of(self, request: Request) -> list[Any]:
        """Read the body, no further than it may be long; raises Fault."""
        if not is_taxii(request.headers.get("content-type")):
            raise Fault(415, f"Send {MEDIA_TYPE}.")
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise Fault(415, "Send the body as it is, not compressed.")
        too_large = Fault(413, f"Send at most {self._most_bytes:,} bytes and {MOST_OBJECTS:,} objects at once.")
        length = request.headers.get("content-length", "")
        if length.isascii() and length.isdigit() and int(length[:20]) > self._most_bytes:
            raise too_large
        held = bytearray()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                async for chunk in request.stream():
                    held += chunk
                    if len(held) > self._most_bytes:
                        raise too_large
        except TimeoutError:
            raise Fault(408, f"Send the body within {BODY_SECONDS:.0f} seconds.") from None
        except ClientDisconnect:
            raise Fault(400, "The body ended early.") from None
        try:
            envelope = await run_in_threadpool(orjson.loads, bytes(held))
        except orjson.JSONDecodeError as raised:
            raise Fault(400, f"The body is no JSON: {raised}") from None
        things = envelope.get("objects") if isinstance(envelope, dict) else None
        if not isinstance(things, list) or not things:
            raise Fault(422, "The body is no envelope with `objects`.")
        if len(things) > MOST_OBJECTS:
            raise too_large
        return things


def _rights(client: Client, collection: Collection) -> set[Right]:
    pairs: list[tuple[Right, tuple[str, ...]]] = [("read", client.read), ("write", client.write)]
    return {right for right, ids in pairs if collection.id in ids}


def _resource(collection: Collection, client: Client) -> dict[str, Any]:
    rights = _rights(client, collection)
    return {
        "id": collection.id,
        "title": collection.title,
        **({"description": collection.description} if collection.description else {}),
        "alias": collection.alias,
        "can_read": "read" in rights,
        "can_write": "write" in rights,
        "media_types": [STIX_TYPE],
    }


def _only(query: Query, identifier: str) -> Query:
    return replace(query, ids=(identifier,))


async def _unusable(_: Request, raised: Exception) -> Response:
    _log.error("cannot answer: %s", raised)
    return error(503, "The operator finds the cause in the server's log.")
