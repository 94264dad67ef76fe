"""The real Caddy before a model server, asking the guard about each request."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
from gateway_stand import BLOCK, THROTTLE, Stand, free_port, process, running
from gateway_upstream import Upstream

from hydrometer.contract.decisions import Decision
from hydrometer.guard.app import GuardApp

CADDY = shutil.which("caddy")
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "caddy" / "Caddyfile"

pytestmark = pytest.mark.skipif(CADDY is None, reason="no caddy")


def caddy_before(folder: Path, upstream: str, guard: str) -> tuple[list[str], int]:
    """Return the command for Caddy with the example's configuration, moved to ports of the test."""
    assert CADDY is not None
    port, text = free_port(), EXAMPLE.read_text()
    for was, becomes in (
        (":8080 {", f"http://127.0.0.1:{port} {{"),
        ("127.0.0.1:8000", upstream),
        ("127.0.0.1:8787", guard),
    ):
        assert was in text
        text = text.replace(was, becomes.removeprefix("http://") if was.startswith("127") else becomes)
    (folder / "Caddyfile").write_text(text)
    home = f"HOME={folder}"
    return ["env", home, CADDY, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"], port


def ask(address: str, account: str, **headers: str) -> Any:
    given = {"x-account-id": account, **headers}
    with openai.OpenAI(api_key="sk-test", base_url=f"{address}/v1", default_headers=given) as client:
        return client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hello?"}])


def test_caddy_passes_marks_and_refuses_as_the_guard_says(tmp_path: Path) -> None:
    stand = Stand(
        {"blocked": BLOCK, "throttled": THROTTLE, "plain": Decision(action="withhold_reasoning", case="w1")},
        trusted_hops=1,
    )
    upstream = Upstream()
    with running(upstream) as models, running(GuardApp(stand.gate)) as guard:
        command, port = caddy_before(tmp_path, models, guard)
        address = f"http://127.0.0.1:{port}"
        with process(command, tmp_path, port):
            forged = {"x-forwarded-for": "6.6.6.6", "x-hydrometer-withhold": "forged"}
            assert ask(address, "honest", **forged).choices[0].message.content == "Hello"
            assert stand.told.asked[-1].client_ip == "127.0.0.1"
            # An empty header stands for what the guard did not say.
            assert not dict(upstream.scopes[-1]["headers"]).get(b"x-hydrometer-withhold")
            assert ask(address, "plain").choices
            assert dict(upstream.scopes[-1]["headers"])[b"x-hydrometer-withhold"] == b"reasoning"
            reached, asked = len(upstream.bodies), len(stand.told.asked)
            with pytest.raises(openai.PermissionDeniedError, match="case c4se"):
                ask(address, "blocked")
            with pytest.raises(openai.RateLimitError) as throttled:
                ask(address, "throttled")
            assert throttled.value.response.headers["retry-after"] == "7"
            with (
                anthropic.Anthropic(
                    api_key="k", base_url=address, default_headers={"x-account-id": "blocked"}
                ) as client,
                pytest.raises(anthropic.PermissionDeniedError) as refused,
            ):
                client.messages.create(model="m", max_tokens=5, messages=[{"role": "user", "content": "Hello?"}])
            assert refused.value.body["type"] == "error"  # type: ignore[index]
            assert (len(upstream.bodies), len(stand.told.asked)) == (reached, asked + 3)


def test_a_guard_that_is_gone_fails_open_in_caddy(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        upstream = Upstream()
        with running(upstream) as models:
            command, port = caddy_before(tmp_path, models, gone)
            with process(command, tmp_path, port):
                assert ask(f"http://127.0.0.1:{port}", "blocked", **{"x-hydrometer-withhold": "forged"}).choices
        assert b"x-hydrometer-withhold" not in dict(upstream.scopes[-1]["headers"])
