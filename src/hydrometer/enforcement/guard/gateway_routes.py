"""What the gateways over HTTP share: a request, an answer, a route, and how routes are collected.

A gateway over HTTP is a module of the folder `gateways` with `routes(enforcement_point)`; it is found by walking the folder.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
import orjson

from hydrometer.enforcement.guard import gateways

if TYPE_CHECKING:
    from hydrometer.enforcement.guard.enforcement_point import EnforcementPoint

RawHeaders = list[tuple[bytes, bytes]]
JSON: RawHeaders = [(b"content-type", b"application/json")]


class GatewayRequest(msgspec.Struct, frozen=True):
    """One request to the guard's own server."""

    method: str
    path: str
    headers: RawHeaders
    """Names in lower case."""
    peer: str
    """Address that connected."""
    body: bytes

    def header(self, name: bytes) -> str:
        """Return the first value of a header, empty where there is none."""
        for header_name, value in self.headers:
            if header_name == name:
                return value.decode("latin-1")
        return ""


class GatewayAnswer:
    """The answer of the guard's own server, with the messages that send it, which are made once."""

    __slots__ = ("body", "end", "headers", "start", "status")

    def __init__(self, status: int, body: bytes = b"", headers: RawHeaders | None = None) -> None:
        self.status, self.body, self.headers = status, body, headers or []
        length = (b"content-length", b"%d" % len(body))
        self.start = {"type": "http.response.start", "status": status, "headers": [*self.headers, length]}
        self.end = {"type": "http.response.body", "body": body}


class GatewayRoute(msgspec.Struct, frozen=True, kw_only=True):
    """One address of a gateway."""

    path: str
    answer: Callable[[GatewayRequest], GatewayAnswer]
    methods: frozenset[str]
    token_header: bytes = b"x-hydrometer-token"
    """Header in which the peer shows the token, where the server asks for one; empty: it never does."""


def make_json_answer(status: int, body: object, headers: RawHeaders | None = None) -> GatewayAnswer:
    """Return an answer with a JSON body."""
    return GatewayAnswer(status, orjson.dumps(body), [*JSON, *(headers or ())])


def encode_headers(pairs: list[tuple[str, str]]) -> RawHeaders:
    """Return headers as ASGI takes them."""
    return [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in pairs]


def collect_routes(enforcement_point: EnforcementPoint) -> list[GatewayRoute]:
    """Return the routes of every gateway that speaks HTTP."""
    routes: list[GatewayRoute] = []
    for module in sorted(entry.name for entry in pkgutil.iter_modules(gateways.__path__)):
        # Those of an extra are imported by whoever starts them.
        if module not in NOT_HTTP:
            make_routes = getattr(importlib.import_module(f"{gateways.__name__}.{module}"), "routes", None)
            if make_routes is not None:
                routes.extend(make_routes(enforcement_point))
    return routes


def list_gateway_names() -> frozenset[str]:
    """Return the names of all gateways, by which settings speak of them."""
    return frozenset(entry.name for entry in pkgutil.iter_modules(gateways.__path__))


NOT_HTTP = frozenset({"envoy"})
