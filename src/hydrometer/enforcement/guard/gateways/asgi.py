"""Middleware for one's own server: decides before the application sees the request.

Pure ASGI. The body is buffered up to a limit and given to the application as one piece, so a stream that the application
answers with is not touched.

    app = GuardMiddleware(app, enforcement_point)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydrometer.enforcement.guard.client_identity import make_identity_reader
from hydrometer.enforcement.guard.error_responses import (
    Refusal,
    build_error_headers,
    build_marks,
    choose_error_shape,
    encode_error_body,
    make_too_large_refusal,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from hydrometer.enforcement.guard.client_identity import ClientIdentity
    from hydrometer.enforcement.guard.enforcement_point import EnforcementPoint

    Message = MutableMapping[str, Any]
    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]

NAME = "asgi"
PATHS = (
    "/chat/completions",
    "/completions",
    "/responses",
    "/messages",
    "/messages/batches",
    "/batches",
    "/embeddings",
)
"""Ends of the paths whose requests are decided on."""


class GuardMiddleware:
    """Middleware that puts an enforcement point before an ASGI application.

    `identify` returns the sender of a scope, where the application knows better than headers who it is; `paths` are the ends
    of the paths that are decided on, POST only. Everything else passes untouched.
    """

    def __init__(
        self,
        app: App,
        enforcement_point: EnforcementPoint,
        *,
        identify: Callable[[Scope], ClientIdentity] | None = None,
        paths: tuple[str, ...] = PATHS,
    ) -> None:
        self._app, self._enforcement_point, self._paths = app, enforcement_point, paths
        self._identify = identify
        self._read_identity = make_identity_reader(enforcement_point.settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection or request."""
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].rstrip("/").endswith(self._paths):
            await self._app(scope, receive, send)
            return
        body = await buffer_body(receive, self._enforcement_point.settings.max_body)
        if isinstance(body, Refusal):
            self._enforcement_point.metrics.bodies[NAME, body.code] += 1
            await self._refuse(body, scope, send)
            return
        if body is None:
            return  # The client has gone; nobody waits for an answer.
        outcome = self._enforcement_point.ask_body(NAME, body, self._identify_client(scope))
        if outcome.refusal is not None:
            await self._refuse(outcome.refusal, scope, send)
            return
        # What a client calls a mark of ours is not one.
        headers = [(name, value) for name, value in scope["headers"] if not name.startswith(b"x-hydrometer-")]
        headers += [(name.encode(), value.encode()) for name, value in build_marks(outcome.decision)]
        await self._app({**scope, "headers": headers}, replay_body(body, receive), send)

    def _identify_client(self, scope: Scope) -> ClientIdentity:
        if self._identify is not None:
            return self._identify(scope)
        client = scope.get("client")
        identity, fault = self._read_identity(scope["headers"], client[0] if client else "")
        if fault:
            self._enforcement_point.metrics.sender_faults[NAME, fault] += 1
        return identity

    async def _refuse(self, refusal: Refusal, scope: Scope, send: Send) -> None:
        versioned = any(name == b"anthropic-version" for name, _ in scope["headers"])
        body = encode_error_body(refusal, choose_error_shape(scope["path"], anthropic_version=versioned))
        await send(
            {
                "type": "http.response.start",
                "status": refusal.status,
                "headers": [
                    (b"content-type", b"application/json"),
                    (b"content-length", b"%d" % len(body)),
                    *((name.encode(), value.encode()) for name, value in build_error_headers(refusal)),
                ],
            }
        )
        await send({"type": "http.response.body", "body": body})


async def buffer_body(receive: Receive, most: int) -> bytes | Refusal | None:
    """Return the whole body, a refusal where it has more than `most` bytes, None where the client went away."""
    message = await receive()
    if message["type"] == "http.disconnect":
        return None
    first: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return first if len(first) <= most else make_too_large_refusal(most)
    chunks, size = [first], len(first)
    while message.get("more_body", False):
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > most:
            return make_too_large_refusal(most)
        chunks.append(chunk)
    return b"".join(chunks)


def replay_body(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the whole body first and then what comes after it, such as a disconnect."""
    sent = False

    async def receive_again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
