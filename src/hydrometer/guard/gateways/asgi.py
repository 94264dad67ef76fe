"""Middleware for one's own server: decides before the application sees the request.

Pure ASGI. The body is held up to a limit and given to the application as one piece, so a stream that the application
answers with is not touched.

    app = GuardMiddleware(app, gate)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydrometer.guard.refusals import Refusal, encoded, headers_of, marks_of, shape_of, too_large
from hydrometer.guard.senders import sender_reader

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from hydrometer.guard.bodies import Sender
    from hydrometer.guard.gate import Gate

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
    """Puts a gate before an ASGI application.

    `identify` tells the sender of a scope, where the application knows better than headers who it is; `paths` are the ends
    of the paths that are decided on, POST only. Everything else passes untouched.
    """

    def __init__(
        self,
        app: App,
        gate: Gate,
        *,
        identify: Callable[[Scope], Sender] | None = None,
        paths: tuple[str, ...] = PATHS,
    ) -> None:
        self._app, self._gate, self._paths = app, gate, paths
        self._identify = identify
        self._read_sender = sender_reader(gate.settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection or request."""
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].rstrip("/").endswith(self._paths):
            await self._app(scope, receive, send)
            return
        body = await buffered(receive, self._gate.settings.max_body)
        if isinstance(body, Refusal):
            self._gate.metrics.bodies[NAME, body.code] += 1
            await self._refuse(body, scope, send)
            return
        if body is None:
            return  # The client has gone; nobody waits for an answer.
        outcome = self._gate.ask_body(NAME, body, self._sender(scope))
        if outcome.refusal is not None:
            await self._refuse(outcome.refusal, scope, send)
            return
        # What a client calls a mark of ours is not one.
        headers = [(name, value) for name, value in scope["headers"] if not name.startswith(b"x-hydrometer-")]
        headers += [(name.encode(), value.encode()) for name, value in marks_of(outcome.decision)]
        await self._app({**scope, "headers": headers}, replayed(body, receive), send)

    def _sender(self, scope: Scope) -> Sender:
        if self._identify is not None:
            return self._identify(scope)
        client = scope.get("client")
        sender, fault = self._read_sender(scope["headers"], client[0] if client else "")
        if fault:
            self._gate.metrics.senders[NAME, fault] += 1
        return sender

    async def _refuse(self, refusal: Refusal, scope: Scope, send: Send) -> None:
        versioned = any(name == b"anthropic-version" for name, _ in scope["headers"])
        body = encoded(refusal, shape_of(scope["path"], anthropic_version=versioned))
        await send(
            {
                "type": "http.response.start",
                "status": refusal.status,
                "headers": [
                    (b"content-type", b"application/json"),
                    (b"content-length", b"%d" % len(body)),
                    *((name.encode(), value.encode()) for name, value in headers_of(refusal)),
                ],
            }
        )
        await send({"type": "http.response.body", "body": body})


async def buffered(receive: Receive, most: int) -> bytes | Refusal | None:
    """Return the whole body, a refusal where it has more than `most` bytes, None where the client went away."""
    message = await receive()
    if message["type"] == "http.disconnect":
        return None
    first: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return first if len(first) <= most else too_large(most)
    pieces, size = [first], len(first)
    while message.get("more_body", False):
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        piece: bytes = message.get("body", b"")
        size += len(piece)
        if size > most:
            return too_large(most)
        pieces.append(piece)
    return b"".join(pieces)


def replayed(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the whole body first and then what comes after it, such as a disconnect."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
