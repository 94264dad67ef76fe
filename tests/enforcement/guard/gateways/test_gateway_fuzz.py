"""A shorter form of `benchmarks/gateway_fuzz.py`: hostile bodies and headers at the application itself."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from fixtures.serving_parts import Files
from gateway_fuzz import HEADERS, PATHS, Fuzz
from hydrometer.enforcement.guard.gateways.asgi import GuardMiddleware
from hydrometer.enforcement.guard.guard_app import GuardApp
from hydrometer.enforcement.guard.guard_runtime import GuardConfig, GuardRuntime

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REQUESTS = 3_000


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardRuntime]:
    folder: Path = tmp_path_factory.mktemp("fuzz")
    files = Files(folder)
    files.write(blocked=("acct_1", "acct_00000007_1"))
    place = GuardConfig(
        snapshot=files.snapshot, public_keys=(files.public,), audit=folder / "audit", log=folder / "log"
    )
    with GuardRuntime(place) as made:
        yield made


async def upstream(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def statuses(app: Any, fuzz: Fuzz, paths: tuple[tuple[str, str], ...]) -> Counter[int]:
    """Put hostile requests to an application; return the answers by status."""
    found: Counter[int] = Counter()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            found[message["status"]] += 1

    async def put() -> None:
        for _ in range(REQUESTS):
            method, path = fuzz.random.choice(paths)
            body = fuzz.body(path)
            headers = [(fuzz.random.choice(HEADERS).encode(), fuzz.value()) for _ in range(fuzz.random.randrange(8))]
            cut = fuzz.random.randrange(len(body) + 1)
            pieces = [(body[:cut], True), (body[cut:], False)]

            async def receive(pieces: list[tuple[bytes, bool]] = pieces) -> dict[str, Any]:
                if not pieces or fuzz.random.random() < 0.01:
                    return {"type": "http.disconnect"}
                piece, more = pieces.pop(0)
                return {"type": "http.request", "body": piece, "more_body": more}

            scope = {"type": "http", "method": method, "path": path, "headers": headers, "client": None}
            await app(scope, receive, send)

    asyncio.run(put())
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_no_request_gets_a_500_from_the_guards_server(opened: GuardRuntime, seed: int) -> None:
    found = statuses(GuardApp(opened.enforcement_point), Fuzz(seed), tuple((method, path) for method, path, _ in PATHS))
    assert set(found) <= {200, 400, 403, 405, 429}
    assert found[200] > REQUESTS / 4
    assert not opened.metrics.failures


@pytest.mark.parametrize("seed", [3, 4])
def test_no_request_gets_a_500_from_the_middleware(opened: GuardRuntime, seed: int) -> None:
    paths = (("POST", "/v1/chat/completions"), ("POST", "/v1/messages"), ("POST", "/v1/messages/batches"))
    found = statuses(GuardMiddleware(upstream, opened.enforcement_point), Fuzz(seed), paths)
    assert set(found) <= {200, 403, 429}
    assert not opened.metrics.failures
