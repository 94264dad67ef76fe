"""The guard's own server: one small ASGI application with all gateways that speak HTTP, health and metrics.

Addresses are looked up in a dictionary, and nothing stands between the server and a gateway.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from hydrometer.enforcement.guard.error_responses import Refusal
from hydrometer.enforcement.guard.gateway_routes import (
    GatewayAnswer,
    GatewayRequest,
    GatewayRoute,
    collect_routes,
    make_json_answer,
)
from hydrometer.enforcement.guard.gateways.asgi import buffer_body
from hydrometer.enforcement.guard.guard_metrics import CONTENT_TYPE

if TYPE_CHECKING:
    from hydrometer.enforcement.guard.enforcement_point import EnforcementPoint
    from hydrometer.enforcement.guard.gateways.asgi import Receive, Scope, Send

NAME = "http"
_READING = frozenset({"GET", "HEAD"})


class GuardApp:
    """An application that serves every route of the gateways, `/healthz`, `/readyz` and `/metrics`.

    With a `token` a peer must show it in the header that its gateway names.
    """

    def __init__(self, enforcement_point: EnforcementPoint, *, token: str = "") -> None:
        self._enforcement_point, self._token = enforcement_point, token.encode()
        self._max_body = enforcement_point.settings.max_body
        own_routes = [
            GatewayRoute(path="/healthz", answer=_answer_alive, methods=_READING, token_header=b""),
            GatewayRoute(path="/readyz", answer=self._ready, methods=_READING, token_header=b""),
            GatewayRoute(path="/metrics", answer=self._metrics, methods=_READING, token_header=b""),
        ]
        self._routes = {route.path: route for route in [*collect_routes(enforcement_point), *own_routes]}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await _serve_other_protocols(scope, receive, send)
            return
        route = self._routes.get(scope["path"])
        answer = self._reject(route, scope)
        if answer is None and route is not None:
            body = await buffer_body(receive, self._max_body)
            if body is None:
                return  # The peer has gone; nobody waits for an answer.
            answer = self._answer(route, scope, body)
        if answer is not None:
            await send(answer.start)
            await send(_NO_BODY if scope["method"] == "HEAD" else answer.end)

    def _reject(self, route: GatewayRoute | None, scope: Scope) -> GatewayAnswer | None:
        """Return the answer to what no gateway is to see, None where one is."""
        if route is None:
            return _NOT_FOUND
        if scope["method"] not in route.methods:
            return GatewayAnswer(405, b"", [(b"allow", ", ".join(sorted(route.methods)).encode())])
        if self._token and route.token_header and not self._has_token(route.token_header, scope["headers"]):
            return _NOT_ALLOWED
        return None

    def _answer(self, route: GatewayRoute, scope: Scope, body: bytes | Refusal) -> GatewayAnswer:
        if isinstance(body, Refusal):
            self._enforcement_point.metrics.bodies[NAME, body.code] += 1
            return make_json_answer(body.status, {"error": body.message})
        client = scope.get("client")
        try:
            peer = client[0] if client else ""
            return route.answer(GatewayRequest(scope["method"], scope["path"], scope["headers"], peer, body))
        except Exception as error:  # noqa: BLE001 -- the peer's own setting for a guard without an answer must decide
            self._enforcement_point.metrics.failures[NAME, "unanswered", "defect"] += 1
            self._enforcement_point.event_log.write_error("unanswered", error, path=route.path)
            return _UNANSWERED

    def _has_token(self, header: bytes, headers: list[tuple[bytes, bytes]]) -> bool:
        for name, value in headers:
            if name == header:
                return hmac.compare_digest(value.removeprefix(b"Bearer "), self._token)
        return False

    def _ready(self, _: GatewayRequest) -> GatewayAnswer:
        why = self._enforcement_point.ready
        return make_json_answer(503, {"ready": False, "why": why}) if why else make_json_answer(200, {"ready": True})

    def _metrics(self, _: GatewayRequest) -> GatewayAnswer:
        return GatewayAnswer(200, self._enforcement_point.metrics.page(), [(b"content-type", CONTENT_TYPE.encode())])


_NO_BODY = {"type": "http.response.body", "body": b""}
_NOT_FOUND = make_json_answer(404, {"error": "no such address"})
_UNANSWERED = make_json_answer(503, {"error": "the guard could not answer"})
_NOT_ALLOWED = make_json_answer(401, {"error": "no token, or a wrong one"})


def _answer_alive(_: GatewayRequest) -> GatewayAnswer:
    return make_json_answer(200, {"alive": True})


async def _serve_other_protocols(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer what is not HTTP: the server's start and end, and web sockets, which nothing here speaks."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1000})
        return
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
