"""What the gateways over HTTP share: a request, an answer, a route, and how routes are collected.

A gateway over HTTP is a module with a `NAME` and `routes(enforcement_point)`: one of the folder `gateways`, or one of another
package that an entry point `hydrometer.gateways` names (docs/plugins.md).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import msgspec
import orjson

from hydrometer.contract import InputError
from hydrometer.plugins import PluginKind, list_plugin_names, load_plugins

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


class GatewayModule(Protocol):
    """What a module of a gateway over HTTP has."""

    NAME: str
    """How settings and metrics call it."""

    def routes(self, enforcement_point: EnforcementPoint, /) -> list[GatewayRoute]:
        """Return its addresses, which ask the enforcement point."""


GATEWAY_PLUGINS: PluginKind[GatewayModule] = PluginKind(
    noun="gateway",
    group="hydrometer.gateways",
    package="hydrometer.enforcement.guard.gateways",
    members={"NAME": str, "routes": Callable},  # type: ignore[dict-item]  # a class to isinstance, not to mypy
    name_of=lambda module: module.NAME,
    marker="routes",
    optional=frozenset({"envoy"}),
)


def collect_routes(enforcement_point: EnforcementPoint) -> list[GatewayRoute]:
    """Return the routes of every gateway that speaks HTTP.

    Raises:
        InputError: a plug-in cannot be imported, lacks what a gateway has, or has a name or an address of another.
    """
    routes: list[GatewayRoute] = []
    owners: dict[str, str] = {}
    for plugin in load_plugins(GATEWAY_PLUGINS):
        for route in plugin.module.routes(enforcement_point):
            if route.path in owners:
                raise InputError(
                    f"the gateway {plugin.name} has an address of {owners[route.path]}: {route.path}",
                    mend="Uninstall its package, or give it another address.",
                )
            owners[route.path] = plugin.name
            routes.append(route)
    return routes


def list_gateway_names() -> frozenset[str]:
    """Return the names of all gateways, by which settings speak of them."""
    return list_plugin_names(GATEWAY_PLUGINS)
