"""A model server for the tests of gateways: answers as OpenAI's and Anthropic's do, and counts what reaches it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import openai
import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator


def ask(address: str, account: str, **headers: str) -> Any:
    """Ask for a chat completion as an account does."""
    given = {"x-account-id": account, **headers}
    with openai.OpenAI(api_key="sk-test", base_url=f"{address}/v1", default_headers=given) as client:
        return client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hello?"}])


class Upstream:
    """Answers as a model server does; counts what reaches it."""

    def __init__(self) -> None:
        self.scopes: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        self.scopes.append(scope)
        self.bodies.append(message["body"])
        asked = orjson.loads(message["body"])
        kind, pieces = b"application/json", [orjson.dumps(_answer(scope["path"]))]
        if asked.get("stream"):
            kind, pieces = b"text/event-stream", list(_stream())
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(0)
        await send({"type": "http.response.body", "body": b""})


def _answer(path: str) -> dict[str, Any]:
    if path.endswith("/messages"):
        usage = {"input_tokens": 1, "output_tokens": 1}
        content = [{"type": "text", "text": "Hello"}]
        return {
            "id": "m",
            "type": "message",
            "role": "assistant",
            "model": "m",
            "content": content,
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": usage,
        }
    message = {"role": "assistant", "content": "Hello"}
    return {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    }


def _stream() -> Iterator[bytes]:
    for word, ended in (("Hel", None), ("lo", None), ("", "stop")):
        chunk = {
            "id": "c",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "m",
            "choices": [{"index": 0, "delta": {"content": word}, "finish_reason": ended}],
        }
        yield b"data: " + orjson.dumps(chunk) + b"\n\n"
    yield b"data: [DONE]\n\n"


class Counted:
    """Counts the requests that reach the guard."""

    def __init__(self, app: Any) -> None:
        self.app, self.requests = app, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.requests += 1
        await self.app(scope, receive, send)
