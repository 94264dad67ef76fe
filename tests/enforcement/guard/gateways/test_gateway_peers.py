"""The real Envoy, Traefik and Caddy before a model server, asking the guard about each request."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import anthropic
import httpx
import openai
import orjson
import pytest

from fixtures.gateway_parts import BLOCK, THROTTLE, Stand, await_true, free_port, process, running
from fixtures.gateway_upstream import Upstream, ask
from fixtures.project import ROOT
from hydrometer.contract.decisions import Decision
from hydrometer.enforcement.guard.guard_app import GuardApp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Before = Callable[[Path, str, str], tuple[list[str], Path, int]]

SERVERS = ROOT / "build" / "servers"
"""Where `.ci/run` puts servers that are packaged for Python; another on the PATH serves as well."""
ENVOY = shutil.which("envoy", path=SERVERS / "envoy" / "_bin") or shutil.which("envoy")
TRAEFIK = shutil.which("traefik", path=SERVERS / "bin") or shutil.which("traefik")
CADDY = shutil.which("caddy")
TRAEFIK_STATIC = """
entryPoints: {{clients: {{address: "127.0.0.1:{port}"}}}}
providers: {{file: {{filename: "{dynamic}"}}}}
global: {{checkNewVersion: false, sendAnonymousUsage: false}}
"""
DECISIONS: dict[str, Decision | Exception] = {
    "blocked": BLOCK,
    "throttled": THROTTLE,
    "plain": Decision(action="withhold_reasoning", case="w1"),
}


def moved(example: str, changes: dict[str, str]) -> str:
    """Return an example's text on the ports of a test."""
    text = (ROOT / "examples" / example).read_text()
    for was, becomes in changes.items():
        assert was in text
        text = text.replace(was, becomes)
    return text


def envoy_before(folder: Path, models: str, guard: str) -> tuple[list[str], Path, int]:
    """Return the command for Envoy with the example's configuration, its folder, and the port that it listens on."""
    assert ENVOY is not None
    port = free_port()
    changes = {
        "{address: 0.0.0.0, port_value: 8080}": f"{{address: 127.0.0.1, port_value: {port}}}",
        "port_value: 8000": f"port_value: {models.rpartition(':')[2]}",
        "port_value: 8788": f"port_value: {guard.rpartition(':')[2]}",
        # The example's own quarter of a second is for machines that do one thing.
        "timeout: 0.25s": "timeout: 10s",
    }
    (folder / "envoy.yaml").write_text(moved("envoy/envoy.yaml", changes))
    return [ENVOY, "-c", str(folder / "envoy.yaml"), "--concurrency", "1", "--disable-hot-restart"], folder, port


def traefik_before(folder: Path, models: str, guard: str) -> tuple[list[str], Path, int]:
    """Return the command for Traefik with the example's configuration, its folder, and the port that it listens on."""
    assert TRAEFIK is not None
    port, dynamic = free_port(), folder / "dynamic.yaml"
    dynamic.write_text(moved("traefik/dynamic.yaml", {"http://127.0.0.1:8787": guard, "http://127.0.0.1:8000": models}))
    (folder / "traefik.yaml").write_text(TRAEFIK_STATIC.format(port=port, dynamic=dynamic))
    return [TRAEFIK, f"--configfile={folder / 'traefik.yaml'}"], folder, port


def caddy_before(folder: Path, models: str, guard: str) -> tuple[list[str], Path, int]:
    """Return the command for Caddy with the example's configuration, its folder, and the port that it listens on."""
    assert CADDY is not None
    port, configured = free_port(), folder / "Caddyfile"
    changes = {
        ":8080 {": f"http://127.0.0.1:{port} {{",
        "127.0.0.1:8000": models,
        "127.0.0.1:8787": guard.removeprefix("http://"),
    }
    configured.write_text(moved("caddy/Caddyfile", changes))
    return ["env", f"HOME={folder}", CADDY, "run", "--config", str(configured), "--adapter", "caddyfile"], folder, port


@contextlib.contextmanager
def answering_envoy(stand: Stand) -> Iterator[str]:
    """Serve Envoy's questions over gRPC on loopback; yields the address."""
    envoy = pytest.importorskip("hydrometer.enforcement.guard.gateways.envoy")
    loop, bound = asyncio.new_event_loop(), []
    ready, ended = threading.Event(), asyncio.Event()

    async def serve() -> None:
        server, port = await envoy.start_envoy_server(stand.gate, "127.0.0.1", 0)
        bound.append(port)
        ready.set()
        await ended.wait()
        await server.stop(None)

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(30)
        yield f"http://127.0.0.1:{bound[0]}"
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()


@contextlib.contextmanager
def answering_http(stand: Stand) -> Iterator[str]:
    """Serve forward authentication on loopback; yields the address."""
    with running(GuardApp(stand.gate)) as address:
        yield address


class Peer(NamedTuple):
    """A server that asks the guard, and what its example makes of it."""

    before: Before
    answering: Callable[[Stand], contextlib.AbstractContextManager[str]]
    hands_over: bool = True
    """Whether the guard gets the body."""
    outside: bool = False
    """Whether of a client on loopback it tells the address that the machine has outside."""
    passes_alone: bool = False
    """Whether a request passes when the guard is gone."""
    keeps_marks_off: bool = False
    """Whether it then takes away what a client calls a mark."""


def _peer(name: str, server: str | None, peer: Peer) -> Any:
    return pytest.param(peer, id=name, marks=pytest.mark.skipif(server is None, reason=f"no {name}"))


ENVOYS = _peer("envoy", ENVOY, Peer(envoy_before, answering_envoy, outside=True, passes_alone=True))
TRAEFIKS = _peer("traefik", TRAEFIK, Peer(traefik_before, answering_http))
CADDYS = _peer(
    "caddy", CADDY, Peer(caddy_before, answering_http, hands_over=False, passes_alone=True, keeps_marks_off=True)
)
PEERS = [ENVOYS, TRAEFIKS, CADDYS]


@contextlib.contextmanager
def serving(command: list[str], folder: Path, port: int) -> Iterator[str]:
    """Run a peer until the end of the block; begins when it knows its routes, which Traefik reads after it listens."""
    address = f"http://127.0.0.1:{port}"
    with process(command, folder, port):
        await_true(lambda: httpx.get(f"{address}/v1/models").status_code != 404, "the peer has its routes")
        yield address


@pytest.mark.parametrize("peer", PEERS)
def test_a_peer_passes_marks_and_refuses_as_the_guard_says(peer: Peer, tmp_path: Path) -> None:
    stand, upstream = Stand(DECISIONS, trusted_hops=1), Upstream()
    with (
        running(upstream) as models,
        peer.answering(stand) as guard,
        serving(*peer.before(tmp_path, models, guard)) as address,
    ):
        forged = {"x-forwarded-for": "6.6.6.6", "x-hydrometer-withhold": "forged"}
        assert ask(address, "honest", **forged).choices[0].message.content == "Hello"
        told = stand.told.asked[-1]
        assert (told.account_id, told.prompt) == ("honest", "Hello?" if peer.hands_over else "")
        assert told.client_ip not in ("", "6.6.6.6") if peer.outside else told.client_ip == "127.0.0.1"
        # An empty header stands for what the guard did not say.
        assert not dict(upstream.scopes[-1]["headers"]).get(b"x-hydrometer-withhold")
        assert orjson.loads(upstream.bodies[-1])["messages"][0]["content"] == "Hello?"
        assert ask(address, "plain").choices
        assert dict(upstream.scopes[-1]["headers"])[b"x-hydrometer-withhold"] == b"reasoning"
        reached, asked = len(upstream.bodies), len(stand.told.asked)
        with pytest.raises(openai.PermissionDeniedError, match="case c4se") as blocked:
            ask(address, "blocked")
        assert blocked.value.response.headers["x-hydrometer-case"] == "c4se"
        with pytest.raises(openai.RateLimitError) as throttled:
            ask(address, "throttled")
        assert throttled.value.response.headers["retry-after"] == "7"
        with (
            anthropic.Anthropic(api_key="k", base_url=address, default_headers={"x-account-id": "blocked"}) as client,
            pytest.raises(anthropic.PermissionDeniedError) as refused,
        ):
            client.messages.create(model="m", max_tokens=5, messages=[{"role": "user", "content": "Hello?"}])
        assert refused.value.body["type"] == "error"  # type: ignore[index]
        assert (len(upstream.bodies), len(stand.told.asked)) == (reached, asked + 3)


@pytest.mark.parametrize("peer", [ENVOYS, TRAEFIKS])
def test_a_body_beyond_the_limit_reaches_nobody(peer: Peer, tmp_path: Path) -> None:
    stand, upstream = Stand(trusted_hops=1), Upstream()
    with (
        running(upstream) as models,
        peer.answering(stand) as guard,
        serving(*peer.before(tmp_path, models, guard)) as address,
    ):
        reached = len(upstream.bodies)
        body = b'{"model": "m", "messages": "' + b"x" * (33 << 20) + b'"}'
        answer = httpx.post(f"{address}/v1/chat/completions", content=body, timeout=60)
    assert answer.status_code in (401, 413)
    assert len(upstream.bodies) == reached


@pytest.mark.parametrize("peer", PEERS)
def test_a_guard_that_is_gone_fails_as_the_example_says(peer: Peer, tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        upstream = Upstream()
        with running(upstream) as models, serving(*peer.before(tmp_path, models, gone)) as address:
            reached = len(upstream.bodies)
            if peer.passes_alone:
                assert ask(address, "blocked", **{"x-hydrometer-withhold": "forged"}).choices
            else:
                with pytest.raises(openai.InternalServerError):
                    ask(address, "honest")
        assert (len(upstream.bodies) > reached) == peer.passes_alone
        if peer.keeps_marks_off:
            assert b"x-hydrometer-withhold" not in dict(upstream.scopes[-1]["headers"])
