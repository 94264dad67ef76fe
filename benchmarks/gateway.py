"""How much of a server's throughput the guard leaves: the HTTP gateway beside an empty handler on the same server.

    python benchmarks/gateway.py --json

Servers run side by side as processes: uvicorn with an application that reads what it is sent and answers 200, and uvicorn
with the guard's own application, on the policy, templates and accounts of `benchmarks/guard.py`. Both are asked in turn over
kept connections, first without a body, as nginx asks at `/forward-auth/nginx`, then with chat completions of 4 KB at
`/forward-auth`, which the guard reads and sketches; no two are alike. `ratio` is the guard's requests a second over those of
the empty handler, without a body and `with_body`; `cpu_ratio` the same for requests a CPU second of the server, which other
work on the machine changes less. Both are medians over the rounds. `starlette` is an empty handler behind Starlette's
router, which the guard's application might have been built on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import signal
import socket
import statistics
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from nacl.signing import SigningKey

from guard import bodies, verdicts
from hydrometer.contract.settings import FingerprintSettings
from hydrometer.enforcement.snapshots.sketch_settings import compute_key_check
from hydrometer.enforcement.snapshots.snapshot_file import pack_snapshot
from hydrometer.fingerprint import SiteKey

GOAL = 0.55
"""For a decision without a text to sketch."""
SENT = 2_000
"""Different requests that are prepared."""
SERVE_EMPTY = """
import sys, uvicorn
async def app(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_config=None, lifespan="off",
            server_header=False, date_header=False, proxy_headers=False)
"""
SERVE_STARLETTE = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
async def empty(request):
    await request.body()
    return Response()
app = Starlette(routes=[Route("/forward-auth", empty, methods=["POST"]), Route("/forward-auth/nginx", empty)])
uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_config=None, lifespan="off",
            server_header=False, date_header=False, proxy_headers=False)
"""
TICK = os.sysconf("SC_CLK_TCK")


class Connection(asyncio.Protocol):
    """Sends requests one after the other, and counts answers; every answer must be a 200 without a body."""

    def __init__(self, requests: list[bytes], place: int, step: int, end: float) -> None:
        self.requests, self.place, self.step, self.end = requests, place, step, end
        self.answers, self.wrong = 0, 0
        self.done = asyncio.get_running_loop().create_future()
        self.taken: list[float] = []
        self._rest = b""
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first."""
        self.transport: Any = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        """Send the next when the answer is whole."""
        self._rest += data
        if not self._rest.endswith(b"\r\n\r\n"):
            return
        self.taken.append(time.perf_counter() - self._sent)
        self.wrong += not self._rest.startswith(b"HTTP/1.1 200")
        self.answers += 1
        self._rest = b""
        if time.perf_counter() >= self.end:
            self.transport.close()
            self.done.set_result(None)
            return
        self._next()

    def connection_lost(self, _: Exception | None) -> None:
        """Tell where the server ended it."""
        if not self.done.done():
            self.done.set_exception(ConnectionError("the server closed the connection"))

    def _next(self) -> None:
        self.place = (self.place + self.step) % len(self.requests)
        self._sent = time.perf_counter()
        self.transport.write(self.requests[self.place])


def prepared(sent: list[bytes]) -> list[bytes]:
    """Requests as they go over the wire, each of another account; an empty body is a GET."""
    made = []
    for place, body in enumerate(sent):
        number = place * 100 + 7  # one in a hundred is a member, which is not what most requests come from
        lines = [
            "POST /forward-auth HTTP/1.1" if body else "GET /forward-auth/nginx HTTP/1.1",
            "host: guard",
            f"x-account-id: acct_{number:08d}_{number * 2654435761 % 2**32:08x}",
            f"x-forwarded-for: 6.6.6.6, 203.0.{place // 256 % 114}.{place % 256}",
            "x-forwarded-uri: /v1/chat/completions",
            "user-agent: OpenAI/Python 2.3.0",
            "x-ja4: t13d1516h2_8daaf6152771_b186095e22b6",
            "authorization: Bearer sk-none",
            "content-type: application/json",
            *([f"content-length: {len(body)}"] if body else []),
        ]
        made.append("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    return made


async def loaded(port: int, requests: list[bytes], connections: int, seconds: float) -> tuple[int, int, list[float]]:
    """Ask for so long over so many connections; return answers, wrong ones among them, and the seconds of each."""
    loop = asyncio.get_running_loop()
    end = time.perf_counter() + seconds
    made = [
        (await loop.create_connection(partial(Connection, requests, place, connections, end), "127.0.0.1", port))[1]
        for place in range(connections)
    ]
    awake = asyncio.create_task(_awake())
    await asyncio.gather(*(connection.done for connection in made))
    awake.cancel()
    taken = [second for connection in made for second in connection.taken]
    return sum(one.answers for one in made), sum(one.wrong for one in made), taken


async def _awake() -> None:
    """Keep the client's core from sleeping: else each answer of a slower server pays for waking it, which a faster one never does."""
    while True:
        await asyncio.sleep(0)


def cpu_seconds(process: int) -> float:
    """CPU seconds of a process so far, with all its threads."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def started(command: list[str], port: int) -> subprocess.Popen[bytes]:
    """Start a server and wait until it listens."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.1)
    raise RuntimeError("a server did not start")


def free_port() -> int:
    """Return a port that nobody has at this moment."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def guard_command(folder: Path, port: int, accounts: int) -> list[str]:
    """Write what the guard's server is started with; return the command."""
    key, site_key = SigningKey.generate(), os.urandom(16)
    site = verdicts(accounts, 1)
    now = time.time()
    sketch = {**site.sketch, "check": compute_key_check(FingerprintSettings(max_sketch=256), SiteKey(site_key))}
    site = msgspec.structs.replace(site, created_at=now, expires_at=now + 86_400, sketch=sketch)
    (folder / "snapshot").write_bytes(pack_snapshot(site, key))
    (folder / "key.pub").write_text(bytes(key.verify_key).hex())
    (folder / "site.key").write_bytes(site_key)
    (folder / "site.key").chmod(0o600)
    serve = [sys.executable, "-m", "hydrometer", "guard", "serve", str(folder / "snapshot")]
    keys = ["--public-key", str(folder / "key.pub"), "--site-key", str(folder / "site.key")]
    return [*serve, *keys, "--port", str(port), "--log", str(folder / "log")]


def compared(
    servers: dict[str, tuple[subprocess.Popen[bytes], int]], requests: list[bytes], asked: argparse.Namespace
) -> dict[str, Any]:
    """Load the servers in turn; return rates, their ratios and how long answers took."""
    rates: dict[str, list[float]] = {name: [] for name in servers}
    per_cpu: dict[str, list[float]] = {name: [] for name in servers}
    waits: dict[str, list[float]] = {name: [] for name in servers}
    wrong = 0
    for count in range(asked.rounds + 1):
        for name, (process, port) in servers.items():
            before, begun = cpu_seconds(process.pid), time.perf_counter()
            answers, bad, taken = asyncio.run(loaded(port, requests, asked.connections, asked.seconds))
            took, spent = time.perf_counter() - begun, cpu_seconds(process.pid) - before
            wrong += bad
            if count:  # the first round warms up
                rates[name].append(answers / took)
                per_cpu[name].append(answers / spent)
                waits[name] += taken
    ordered = {name: sorted(taken) for name, taken in waits.items()}
    return {
        "ratio": round(statistics.median(g / e for e, g in zip(rates["empty"], rates["guard"], strict=True)), 3),
        "cpu_ratio": round(
            statistics.median(g / e for e, g in zip(per_cpu["empty"], per_cpu["guard"], strict=True)), 3
        ),
        "wrong_answers": wrong,
        **{
            name: {
                "requests_per_second": round(statistics.median(rates[name])),
                "requests_per_cpu_second": round(statistics.median(per_cpu[name])),
                "p50_ms": round(taken[len(taken) // 2] * 1e3, 2),
                "p99_ms": round(taken[len(taken) * 99 // 100] * 1e3, 2),
            }
            for name, taken in ordered.items()
        },
    }


def main() -> None:
    """Measure, and print what came out."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--seconds", type=float, default=2.0, help="of each round and server")
    options.add_argument("--connections", type=int, default=16)
    options.add_argument("--accounts", type=int, default=200_000)
    options.add_argument("--json", action="store_true")
    asked = options.parse_args()
    sent = bodies(SENT, 2)
    with TemporaryDirectory() as name:
        ports = {"empty": free_port(), "starlette": free_port(), "guard": free_port()}
        commands = {
            "empty": [sys.executable, "-c", SERVE_EMPTY, str(ports["empty"])],
            "starlette": [sys.executable, "-c", SERVE_STARLETTE, str(ports["starlette"])],
            "guard": guard_command(Path(name), ports["guard"], asked.accounts),
        }
        servers: dict[str, tuple[subprocess.Popen[bytes], int]] = {}
        try:
            for which, command in commands.items():
                servers[which] = started(command, ports[which]), ports[which]
            told = {
                **compared(servers, prepared([b""] * SENT), asked),
                "with_body": compared(servers, prepared(sent), asked),
                "body_bytes": len(sent[0]),
                "connections": asked.connections,
                "accounts": asked.accounts,
                "goal": GOAL,
                "python": platform.python_version(),
            }
        finally:
            for process, _ in servers.values():
                process.send_signal(signal.SIGTERM)
                process.wait()
    if asked.json:
        print(json.dumps(told))
        return
    for what, figures in (("no body", told), ("4 KB bodies", told["with_body"])):
        print(
            f"{what}: {figures['guard']['requests_per_second']:,} requests a second of "
            f"{figures['empty']['requests_per_second']:,}: {figures['ratio']}, by CPU {figures['cpu_ratio']}"
        )


if __name__ == "__main__":
    main()
