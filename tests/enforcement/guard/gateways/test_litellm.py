"""The guardrail inside LiteLLM and the one that it asks over HTTP.

The first tests call the hook as the proxy does (1.109), without the proxy: they hold its ways as they were found. The last
run the proxy itself, where `HYDROMETER_LITELLM` names an interpreter that has it and what Hydrometer depends on; the
proxy's own pins do not always resolve, and it is never a dependency.
"""

from __future__ import annotations

import asyncio
import os
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import anthropic
import openai
import orjson
import pytest

from fixtures.gateway_parts import BLOCK, THROTTLE, Stand, await_true, free_port, process, running
from fixtures.gateway_upstream import Upstream
from fixtures.project import ROOT
from fixtures.serving_parts import Files
from hydrometer.enforcement.guard.gateway_routes import GatewayRequest, GatewayRoute, collect_routes
from hydrometer.enforcement.guard.gateways.litellm import HttpRefusalError, make_guardrail_class
from hydrometer.enforcement.guard.gateways.litellm_http import PATH
from hydrometer.enforcement.guard.guard_app import GuardApp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "t0ken"  # noqa: S105 -- of this test
INTERPRETER = os.environ.get("HYDROMETER_LITELLM", "")


def call(stand: Stand, key: dict[str, Any], data: Any, call_type: str = "acompletion") -> None:
    """Call the hook with the arguments that the proxy gives it, and one that it may give tomorrow."""
    made = make_guardrail_class(lambda: stand.gate)(guardrail_name="hydrometer", event_hook="pre_call", default_on=True)
    asyncio.run(
        made.async_pre_call_hook(
            user_api_key_dict=SimpleNamespace(**key), cache=None, data=data, call_type=call_type, new="argument"
        )
    )


def body(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}], **more}


def test_the_hook_is_in_the_class_itself() -> None:
    assert "async_pre_call_hook" in vars(make_guardrail_class(lambda: Stand().gate))


def test_account_model_text_and_address_reach_the_guard() -> None:
    stand = Stand(trusted_hops=1)
    asked = {
        "url": "http://proxy/v1/chat/completions?x=1",
        "headers": {"x-forwarded-for": "6.6.6.6, 198.51.100.7", "user-agent": "OpenAI/Python", "x-ja4": "t13d"},
        "body": body("What the client sent"),
    }
    data = body("masked", metadata={"requester_ip_address": "6.6.6.6, 198.51.100.7"}, proxy_server_request=asked)
    call(stand, {"api_key": "hash", "user_id": "u", "org_id": "org"}, data)
    request = stand.told.asked[0]
    assert (request.account_id, request.organisation, request.model) == ("hash", "org", "m")
    assert (request.prompt, request.client_ip) == ("What the client sent", "198.51.100.7")
    assert (request.user_agent, request.ja4) == ("OpenAI/Python", "t13d")


def test_objects_and_keys_of_the_proxy_are_no_part_of_the_body() -> None:
    stand = Stand()
    call(
        stand, {"api_key": None, "user_id": "u"}, body("text", litellm_logging_obj=object(), api_key="sk-x", tools={1})
    )
    assert stand.told.asked[0].account_id == "u"
    assert stand.told.asked[0].prompt == "text"


def test_a_block_is_an_http_exception_with_the_case() -> None:
    with pytest.raises(HttpRefusalError) as raised:
        call(Stand({"hash": BLOCK}), {"api_key": "hash"}, body("text"))
    assert raised.value.status_code == 403
    assert isinstance(raised.value.detail, dict)
    assert raised.value.detail["code"] == "blocked"
    assert raised.value.detail["case"] == "c4se"
    assert raised.value.headers == {
        "x-should-retry": "false",
        "x-hydrometer-case": "c4se",
        "x-hydrometer-appeal": "https://example.org/appeal",
    }


def test_a_throttle_is_a_403_where_the_proxy_drops_headers() -> None:
    stand = Stand({"hash": THROTTLE})
    with pytest.raises(HttpRefusalError) as chat:
        call(stand, {"api_key": "hash"}, body("text"))
    with pytest.raises(HttpRefusalError) as messages:
        call(stand, {"api_key": "hash"}, body("text"), "anthropic_messages")
    assert chat.value.status_code == 429
    assert chat.value.headers is not None
    assert chat.value.headers["retry-after"] == "7"
    assert messages.value.status_code == 403


@pytest.mark.parametrize(
    "data",
    [None, 7, [], {}, {"messages": object()}, {"proxy_server_request": 3}, {"proxy_server_request": {"url": object()}}],
)
def test_whatever_the_proxy_hands_over_nothing_but_a_refusal_is_raised(data: Any) -> None:
    stand = Stand({"hash": ZeroDivisionError()})
    call(stand, {"api_key": "hash"}, data)
    assert sum(stand.metrics.failures.values()) == 1
    closed = Stand({"hash": ZeroDivisionError()}, failing="closed")
    with pytest.raises(HttpRefusalError) as raised:
        call(closed, {"api_key": "hash"}, data)
    assert raised.value.status_code == 503


def test_two_instances_decide_through_one_gate() -> None:
    stand = Stand()
    made = make_guardrail_class(lambda: stand.gate)
    for _ in range(2):
        asyncio.run(made().async_pre_call_hook(SimpleNamespace(api_key="a"), None, body("text"), "acompletion"))
    assert len(stand.told.asked) == 2


def over_http(stand: Stand, question: object) -> tuple[int, dict[str, Any]]:
    routes: list[GatewayRoute] = collect_routes(stand.gate)
    answer = next(route for route in routes if route.path == PATH).answer(
        GatewayRequest(
            "POST", PATH, [], "127.0.0.1", question if isinstance(question, bytes) else orjson.dumps(question)
        )
    )
    return answer.status, orjson.loads(answer.body)


def test_over_http_a_block_names_its_reason() -> None:
    stand = Stand({"hash": BLOCK})
    question = {
        "input_type": "request",
        "model": "m",
        "texts": ["a"],
        "structured_messages": [{"role": "user", "content": "a"}],
        "request_data": {"user_api_key_hash": "hash", "user_api_key_org_id": "org"},
        "request_headers": {"User-Agent": "OpenAI/Python", "x-ja4": "[present]"},
    }
    status, said = over_http(stand, question)
    assert (status, said["action"]) == (200, "BLOCKED")
    assert said["blocked_reason"] == "Refused by policy (case c4se; appeal: https://example.org/appeal)"
    request = stand.told.asked[0]
    assert (request.organisation, request.user_agent, request.ja4, request.prompt) == ("org", "OpenAI/Python", "", "a")
    assert over_http(stand, {**question, "input_type": "response"})[1] == {"action": "NONE"}


@pytest.mark.parametrize("question", [b"", b"[]", b"\xff", b"nul", b"7"])
def test_over_http_what_is_no_question_is_a_400(question: bytes) -> None:
    stand = Stand()
    assert over_http(stand, question)[0] == 400
    assert stand.metrics.bodies["litellm_http", "malformed"] == 1


GUARDRAIL = """
from hydrometer.contract.decisions import Decision
from hydrometer.contract.gateway import GatewaySettings
from hydrometer.enforcement.guard.enforcement_point import EnforcementPoint
from hydrometer.enforcement.guard.event_log import EventLog
from hydrometer.enforcement.guard.gateways.litellm import make_guardrail_class
from hydrometer.enforcement.guard.guard_metrics import GuardMetrics

class ByText:
    expires_at = float("inf")
    def decide(self, request, now):
        if "break" in request.prompt:
            raise ZeroDivisionError
        action = next((name for name in ("block", "throttle") if name in request.prompt), "allow")
        return Decision(action=action, reason="Refused by policy", case="c4se", retry_after=7)
    decider = property(lambda self: self)

GATE = EnforcementPoint(ByText(), GatewaySettings(), GuardMetrics(), EventLog(None, lambda: 0.0))
Guardrail = make_guardrail_class(lambda: GATE)
"""


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Upstream, Stand]]:
    """The real proxy before a model server, with the guardrail inside for model `inside`, over HTTP for `over-http`."""
    if not INTERPRETER:
        pytest.skip("HYDROMETER_LITELLM names no interpreter that has LiteLLM")
    folder = tmp_path_factory.mktemp("litellm")
    upstream, stand = Upstream(), Stand({"litellm_proxy_master_key": BLOCK})
    with running(upstream) as models, running(GuardApp(stand.gate, token=TOKEN)) as guard:
        served = [
            {"model_name": "chat", "litellm_params": {"model": "openai/m", "api_base": f"{models}/v1", "api_key": "k"}},
            {"model_name": "claude", "litellm_params": {"model": "anthropic/m", "api_base": models, "api_key": "k"}},
        ]
        inside = {"guardrail": "standing_guardrail.Guardrail", "mode": "pre_call", "default_on": True}
        asked = {
            "guardrail": "generic_guardrail_api",
            "mode": "pre_call",
            "default_on": False,
            "api_base": guard,
            "api_key": TOKEN,
        }
        config = {
            "model_list": served,
            "litellm_settings": {"num_retries": 0},
            "general_settings": {"master_key": "sk-for-this-test"},
            "guardrails": [
                {"guardrail_name": "inside", "litellm_params": inside},
                {"guardrail_name": "over-http", "litellm_params": asked},
            ],
        }
        (folder / "config.yaml").write_bytes(orjson.dumps(config))  # JSON is YAML
        (folder / "standing_guardrail.py").write_text(GUARDRAIL)
        port = free_port()
        with process(proxy_command(port), folder, port):
            yield f"http://127.0.0.1:{port}", upstream, stand


def proxy_command(port: int, **environment: str) -> list[str]:
    """Return the command of a proxy with the file `config.yaml` of its folder."""
    given = {"PYTHONPATH": str(ROOT / "src"), "LITELLM_LOCAL_MODEL_COST_MAP": "True", **environment}
    start = "import sys, litellm; sys.argv[0] = 'litellm'; litellm.run_server()"
    run = (INTERPRETER, "-c", start, "--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port))
    return ["env", *(f"{name}={value}" for name, value in given.items()), *run]


def chat(address: str, text: str, **more: Any) -> Any:
    with openai.OpenAI(api_key="sk-for-this-test", base_url=f"{address}/v1") as client:
        made = client.chat.completions.create(model="chat", messages=[{"role": "user", "content": text}], **more)
        return list(made) if more.get("stream") else made


def messages(address: str, text: str) -> Any:
    with anthropic.Anthropic(api_key="sk-for-this-test", base_url=address) as client:
        return client.messages.create(model="claude", max_tokens=9, messages=[{"role": "user", "content": text}])


def test_the_real_proxy_passes_what_is_allowed_and_what_cannot_be_decided(
    proxy: tuple[str, Upstream, Stand],
) -> None:
    address, upstream, _ = proxy
    for text in ("hello", "break it"):
        assert chat(address, text).choices[0].message.content == "Hello"
        assert messages(address, text).content[0].text == "Hello"
    assert "".join(piece.choices[0].delta.content or "" for piece in chat(address, "hello", stream=True)) == "Hello"
    assert len(upstream.bodies) >= 5


@pytest.mark.parametrize("stream", [False, True])
def test_the_real_proxy_refuses_before_the_model_is_asked(proxy: tuple[str, Upstream, Stand], stream: bool) -> None:
    address, upstream, _ = proxy
    reached = len(upstream.bodies)
    with pytest.raises(openai.PermissionDeniedError, match="Refused by policy") as blocked:
        chat(address, "block this", stream=stream)
    assert blocked.value.response.headers["x-hydrometer-case"] == "c4se"
    with pytest.raises(openai.RateLimitError) as throttled:
        chat(address, "throttle this", stream=stream)
    assert throttled.value.response.headers["retry-after"] == "7"
    for text in ("block this", "throttle this"):
        with pytest.raises(anthropic.PermissionDeniedError, match="case c4se") as refused:
            messages(address, text)
        assert refused.value.response.request.headers["x-stainless-retry-count"] == "0"
    assert throttled.value.response.request.headers["x-stainless-retry-count"] == "0"
    assert len(upstream.bodies) == reached


def test_the_real_proxy_asks_over_http(proxy: tuple[str, Upstream, Stand]) -> None:
    address, _, stand = proxy
    with pytest.raises(openai.BadRequestError, match="case c4se"):
        chat(address, "hello", extra_body={"guardrails": ["over-http"]})
    assert stand.told.asked[-1].prompt == "hello"
    assert stand.told.asked[-1].account_id == "litellm_proxy_master_key"


def test_the_real_proxy_goes_by_a_snapshot_as_the_example_has_it(tmp_path: Path) -> None:
    if not INTERPRETER:
        pytest.skip("HYDROMETER_LITELLM names no interpreter that has LiteLLM")
    files, upstream, port = Files(tmp_path), Upstream(), free_port()
    files.write(blocked=("litellm_proxy_master_key",))
    text = (ROOT / "examples" / "litellm" / "config.yaml").read_text()
    assert "http://127.0.0.1:8000" in text
    with running(upstream) as models:
        text = text.replace("http://127.0.0.1:8000", models).replace("model_name: large", "model_name: chat")
        (tmp_path / "config.yaml").write_text(f"{text}general_settings: {{master_key: sk-for-this-test}}\n")
        settings = tmp_path / "gateways.toml"
        settings.write_text("reload_seconds = 0.05\n")
        command = proxy_command(
            port,
            HYDROMETER_SNAPSHOT=str(files.snapshot),
            HYDROMETER_PUBLIC_KEY=str(files.public),
            HYDROMETER_GATEWAYS=str(settings),
            HYDROMETER_AUDIT=str(tmp_path / "audit"),
            HYDROMETER_GUARD_LOG=str(tmp_path / "log"),
        )
        with process(command, tmp_path, port):
            with pytest.raises(openai.PermissionDeniedError, match="Refused by policy"):
                chat(f"http://127.0.0.1:{port}", "hello")
            assert not any(upstream.bodies)  # but for a look at what models there are
            files.write("v2", blocked=())
            await_true(lambda: b'"v2"' in (tmp_path / "log").read_bytes(), "the newer snapshot")
            assert chat(f"http://127.0.0.1:{port}", "hello").choices
    lines = b"".join(file.read_bytes() for file in (tmp_path / "audit").glob("*.jsonl"))
    assert lines.count(b'"litellm_proxy_master_key"') == 1
