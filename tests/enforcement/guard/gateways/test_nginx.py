"""The real nginx before a model server, asking the guard about each request."""

from __future__ import annotations

import shutil
import socket
from typing import TYPE_CHECKING

import anthropic
import openai
import pytest

from fixtures.gateway_parts import BLOCK, THROTTLE, Stand, free_port, process, running
from fixtures.gateway_upstream import Upstream, ask
from fixtures.project import ROOT
from hydrometer.contract.decisions import Decision
from hydrometer.enforcement.guard.guard_app import GuardApp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
EXAMPLE = ROOT / "examples" / "nginx" / "nginx.conf"

pytestmark = pytest.mark.skipif(NGINX is None, reason="no nginx")


class Guarded:
    """nginx, what is behind it, and the guard that it asks."""

    def __init__(self, address: str, upstream: Upstream, stand: Stand) -> None:
        self.address, self.upstream, self.stand = address, upstream, stand


def nginx_before(folder: Path, upstream: str, guard: str) -> tuple[list[str], int]:
    """Return the command for nginx with the example's configuration, moved to ports and folders of the test."""
    port = free_port()
    text = EXAMPLE.read_text()
    for was, becomes in (
        ("listen 8080;", f"listen 127.0.0.1:{port};"),
        ("server 127.0.0.1:8000;", f"server {upstream.removeprefix('http://')};"),
        ("server 127.0.0.1:8787;", f"server {guard.removeprefix('http://')};"),
        ("/run/nginx.pid", str(folder / "nginx.pid")),
    ):
        assert was in text
        text = text.replace(was, becomes)
    bodies = "".join(
        f"{kind}_temp_path {folder / kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    text = text.replace("http {\n", f"http {{\n{bodies}", 1)
    (folder / "nginx.conf").write_text(f"daemon off;\nerror_log {folder / 'error.log'};\n{text}")
    assert NGINX is not None
    return [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")], port


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("nginx")
    stand = Stand(
        {"blocked": BLOCK, "throttled": THROTTLE, "plain": Decision(action="withhold_reasoning", case="w1")},
        trusted_hops=1,
    )
    upstream = Upstream()
    with running(upstream) as models, running(GuardApp(stand.gate)) as guard:
        command, port = nginx_before(folder, models, guard)
        with process(command, folder, port):
            yield Guarded(f"http://127.0.0.1:{port}", upstream, stand)


def test_what_is_allowed_passes_with_the_address_that_nginx_saw(guarded: Guarded) -> None:
    forged = {"x-forwarded-for": "6.6.6.6", "x-hydrometer-withhold": "forged"}
    assert ask(guarded.address, "honest", **forged).choices[0].message.content == "Hello"
    assert guarded.stand.told.asked[-1].client_ip == "127.0.0.1"
    headers = dict(guarded.upstream.scopes[-1]["headers"])
    assert b"x-hydrometer-withhold" not in headers


def test_a_mark_reaches_the_model_server(guarded: Guarded) -> None:
    assert ask(guarded.address, "plain").choices
    assert dict(guarded.upstream.scopes[-1]["headers"])[b"x-hydrometer-withhold"] == b"reasoning"


def test_refusals_keep_status_shape_and_headers(guarded: Guarded) -> None:
    asked, reached = len(guarded.stand.told.asked), len(guarded.upstream.bodies)
    with pytest.raises(openai.PermissionDeniedError, match="case c4se") as blocked:
        ask(guarded.address, "blocked")
    assert blocked.value.code == "blocked"
    assert blocked.value.response.headers["x-hydrometer-case"] == "c4se"
    assert blocked.value.response.headers["content-type"] == "application/json"
    with pytest.raises(openai.RateLimitError) as throttled:
        ask(guarded.address, "throttled")
    assert throttled.value.response.headers["retry-after"] == "7"
    headers = {"x-account-id": "throttled"}
    with (
        anthropic.Anthropic(api_key="k", base_url=guarded.address, default_headers=headers) as client,
        pytest.raises(anthropic.RateLimitError) as refused,
    ):
        client.messages.create(model="m", max_tokens=5, messages=[{"role": "user", "content": "Hello?"}])
    assert refused.value.body["error"]["type"] == "rate_limit_error"  # type: ignore[index]
    assert len(guarded.stand.told.asked) == asked + 3  # none was tried again
    assert len(guarded.upstream.bodies) == reached


def test_a_guard_that_is_gone_fails_open_in_nginx(tmp_path: Path) -> None:
    with socket.socket() as nobody:  # bound and not listening: a connection is refused
        nobody.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with running(Upstream()) as models:
            command, port = nginx_before(tmp_path, models, gone)
            with process(command, tmp_path, port):
                assert ask(f"http://127.0.0.1:{port}", "blocked").choices


def test_a_guard_that_is_gone_fails_closed_in_nginx(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        upstream = Upstream()
        with running(upstream) as models:
            command, port = nginx_before(tmp_path, models, gone)
            configured = tmp_path / "nginx.conf"
            text = configured.read_text()
            assert "error_page 500 = @undecided;" in text
            configured.write_text(text.replace("error_page 500 = @undecided;", "error_page 500 = @closed;"))
            with process(command, tmp_path, port), pytest.raises(openai.InternalServerError) as refused:
                ask(f"http://127.0.0.1:{port}", "honest")
        assert refused.value.status_code == 503
        assert refused.value.response.headers["x-should-retry"] == "false"
        assert refused.value.code == "guard_unavailable"
        assert not upstream.bodies
