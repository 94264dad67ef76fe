"""Parts that the tests of gateways share: a decider that does as it is told, a gate around it, servers on loopback."""

from __future__ import annotations

import contextlib
import io
import socket
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Any

import msgspec
import orjson
import pytest

from hydrometer.contract.decisions import Decision, ModelRequest
from hydrometer.contract.gateway import GatewaySettings
from hydrometer.enforcement.guard.enforcement_point import EnforcementPoint
from hydrometer.enforcement.guard.event_log import EventLog
from hydrometer.enforcement.guard.guard_metrics import GuardMetrics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NOW = 1_790_000_000.0
BLOCK = Decision(
    action="block", rule="harvest", reason="Refused by policy", case="c4se", appeal="https://example.org/appeal"
)
THROTTLE = Decision(
    action="throttle",
    rule="shared",
    reason="Too many",
    retry_after=7,
    case="c4se",
    appeal="https://example.org/appeal",
)
ALLOW = Decision(action="allow")


class Told:
    """Decides by account; keeps what it was asked."""

    def __init__(self, by_account: dict[str, Decision | Exception] | None = None) -> None:
        self.by_account = by_account or {}
        self.asked: list[ModelRequest] = []

    def decide(self, request: ModelRequest, now: float) -> Decision:
        self.asked.append(request)
        answer = self.by_account.get(request.account_id, ALLOW)
        if isinstance(answer, Exception):
            raise answer
        return answer


class InForce(msgspec.Struct):
    """What is held, to be changed by a test."""

    decider: Any = None
    expires_at: float = NOW + 3600


class Sink:
    """Keeps what would go to the audit."""

    def __init__(self) -> None:
        self.records: list[tuple[str, dict[str, object]]] = []

    def put(self, kind: str, record: dict[str, object]) -> None:
        self.records.append((kind, record))


class Stand:
    """A gate with everything around it in reach."""

    def __init__(self, by_account: dict[str, Decision | Exception] | None = None, **settings: Any) -> None:
        self.told = Told(by_account)
        self.held = InForce(self.told)
        self.metrics = GuardMetrics()
        self.metrics.clock = lambda: NOW
        self.log = io.BytesIO()
        self.sink = Sink()
        self.settings = GatewaySettings(**{"trusted_hops": 0, **settings})
        self.gate = EnforcementPoint(
            self.held,
            self.settings,
            self.metrics,
            EventLog(self.log, lambda: NOW),
            self.sink,
            clock=lambda: NOW,
        )

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What the log says."""
        return [orjson.loads(line) for line in self.log.getvalue().splitlines()]

    def page(self) -> str:
        """What Prometheus reads."""
        return self.metrics.page().decode()


@contextlib.contextmanager
def running(app: Any) -> Iterator[str]:
    """Serve an ASGI application on loopback; yields its address."""
    uvicorn = pytest.importorskip("uvicorn")
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", proxy_headers=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def free_port() -> int:
    """Return a port that nobody has at this moment."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def await_true(holds: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Wait until something holds; the limit is for a broken test only."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            pytest.fail(f"never came true: {what}")
        time.sleep(0.02)


def listens(port: int) -> bool:
    """Whether anybody listens on a port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def process(command: list[str], folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the end of the block; begins when it listens."""
    with (folder / "output").open("ab") as output:
        started = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder)  # noqa: S603 -- the test's own
        try:
            await_true(lambda: listens(port) or started.poll() is not None, f"{command[0]} listens")
            if started.poll() is not None:
                pytest.fail(f"{command[0]} ended: {(folder / 'output').read_text()}")
            yield started
        finally:
            started.terminate()
            started.wait()
