"""The guard's own server: one small ASGI application with all gateways that speak HTTP, health and metrics.

Addresses are looked up in a dictionary, and nothing stands between the server and a gateway.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from hydrometer.guard.boundary import Boundary
from hydrometer.guard.gateways.asgi import buffered
from hydrometer.guard.gateways.http import Answered, Asked, Route, found_routes, json_answer
from hydrometer.guard.metrics import CONTENT_TYPE
from hydrometer.guard.refusals import Refusal

if TYPE_CHECKING:
    from hydrometer.guard.gate import Gate
    from hydrometer.guard.gateways.asgi import Receive, Scope, Send

NAME = "http"
_READING = frozenset({"GET", "HEAD"})


class GuardApp:
    """Serves every route of the gateways, `/healthz`, `/readyz` and `/metrics`.

    With a `token` a peer must show it in the header that its gateway names.
    """

    def __init__(self, gate: Gate, *, token: str = "") -> None:
        self._gate, self._token = gate, token.encode()
        self._most = gate.settings.max_body
        own = [
            Route(path="/healthz", answer=_alive, methods=_READING, token_header=b""),
            Route(path="/readyz", answer=self._ready, methods=_READING, token_header=b""),
            Route(path="/metrics", answer=self._metrics, methods=_READING, token_header=b""),
        ]
        self._routes = {route.path: route for route in [*found_routes(gate), *own]}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await _other(scope, receive, send)
            return
        route = self._routes.get(scope["path"])
        answer = self._turned_away(route, scope)
        if answer is None and route is not None:
            body = await buffered(receive, self._most)
            if body is None:
                return  # The peer has gone; nobody waits for an answer.
            answer = self._answered(route, scope, body)
        if answer is not None:
            await send(answer.start)
            await send(_NO_BODY if scope["method"] == "HEAD" else answer.end)

    def _turned_away(self, route: Route | None, scope: Scope) -> Answered | None:
        """Return the answer to what no gateway is to see, None where one is."""
        if route is None:
            return _NOT_FOUND
        if scope["method"] not in route.methods:
            return Answered(405, b"", [(b"allow", ", ".join(sorted(route.methods)).encode())])
        if self._token and route.token_header and not self._shown(route.token_header, scope["headers"]):
            return _NOT_ALLOWED
        return None

    def _answered(self, route: Route, scope: Scope, body: bytes | Refusal) -> Answered:
        if isinstance(body, Refusal):
            self._gate.metrics.bodies[NAME, body.code] += 1
            return json_answer(body.status, {"error": body.message})
        client = scope.get("client")
        with Boundary() as boundary:
            peer = client[0] if client else ""
            return route.answer(Asked(scope["method"], scope["path"], scope["headers"], peer, body))
        # A defect beside the decision: the peer's own setting for a guard that does not answer decides.
        self._gate.metrics.failures[NAME, "unanswered", "defect"] += 1
        if boundary.error is not None:
            self._gate.journal.tell_error("unanswered", boundary.error, path=route.path)
        return _UNANSWERED

    def _shown(self, header: bytes, headers: list[tuple[bytes, bytes]]) -> bool:
        for name, value in headers:
            if name == header:
                return hmac.compare_digest(value.removeprefix(b"Bearer "), self._token)
        return False

    def _ready(self, _: Asked) -> Answered:
        why = self._gate.ready
        return json_answer(503, {"ready": False, "why": why}) if why else json_answer(200, {"ready": True})

    def _metrics(self, _: Asked) -> Answered:
        return Answered(200, self._gate.metrics.page(), [(b"content-type", CONTENT_TYPE.encode())])


_NO_BODY = {"type": "http.response.body", "body": b""}
_NOT_FOUND = json_answer(404, {"error": "no such address"})
_UNANSWERED = json_answer(503, {"error": "the guard could not answer"})
_NOT_ALLOWED = json_answer(401, {"error": "no token, or a wrong one"})


def _alive(_: Asked) -> Answered:
    return json_answer(200, {"alive": True})


async def _other(scope: Scope, receive: Receive, send: Send) -> None:
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
