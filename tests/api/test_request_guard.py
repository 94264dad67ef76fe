"""A guard by the public names."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import hydrometer as hy
from fixtures.serving_parts import Files

if TYPE_CHECKING:
    from pathlib import Path


def test_a_guard_decides_on_bodies_and_senders(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.write()
    body = {"model": "m", "messages": [{"role": "user", "content": "Hello?"}]}
    with hy.Guard(files.snapshot, files.public, log=tmp_path / "guard.log") as guard:
        assert guard.unready == ""
        assert guard.decide(body, "somebody").done == "allow"
        assert guard.decide(body, "bad").done == "block"
        assert guard.decide(b"", hy.ClientIdentity(account_id="bad")).done == "block"


def test_a_guard_without_a_snapshot_says_so(tmp_path: Path) -> None:
    files = Files(tmp_path)
    with hy.Guard(str(files.snapshot), [str(files.public)], log=tmp_path / "guard.log") as guard:
        assert guard.unready == "no snapshot"
        assert guard.decide(b"", "bad").why == "no decision: the guard fails open"


def test_a_guard_hands_out_middleware(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.write()
    statuses: list[int] = []

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> Any:
        return {"type": "http.request", "body": b'{"model": "m", "messages": []}'}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    def identify(scope: Any) -> hy.ClientIdentity:
        return hy.ClientIdentity(account_id=scope["account"])

    with hy.Guard(files.snapshot, files.public, log=tmp_path / "guard.log") as guard:
        protected = guard.protect(app, identify=identify)
        assert isinstance(protected, hy.GuardMiddleware)
        for account in ("bad", "somebody"):
            scope = {
                "type": "http",
                "method": "POST",
                "path": "/v1/chat/completions",
                "headers": [],
                "account": account,
            }
            asyncio.run(protected(scope, receive, send))
    assert statuses == [403, 200]
