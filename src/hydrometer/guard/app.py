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
        answer = await self._answer(scope, receive)
        if answer is None:
            return
        body = b"" if scope["method"] == "HEAD" else answer.body
        headers = [*answer.headers, (b"content-length", b"%d" % len(answer.body))]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> Answered | None:
        route = self._routes.get(scope["path"])
        if route is None:
            return _NOT_FOUND
        method = scope["method"]
        if method not in route.methods:
            return Answered(405, b"", [(b"allow", ", ".join(sorted(route.methods)).encode())])
        headers = scope["headers"]
        if self._token and route.token_header and not self._shown(route.token_header, headers):
            return _NOT_ALLOWED
        body = await buffered(receive, headers, self._most)
        if body is None:
            return None
        if isinstance(body, Refusal):
            self._gate.metrics.bodies[NAME, body.code] += 1
            return json_answer(body.status, {"error": body.message})
        client = scope.get("client")
        with Boundary() as boundary:
            return route.answer(Asked(method, scope["path"], headers, client[0] if client else "", body))
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
