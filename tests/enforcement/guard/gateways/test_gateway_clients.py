"""What the real client libraries make of refusals, behind the middleware."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anthropic
import openai
import orjson
import pytest

from fixtures.gateway_parts import BLOCK, THROTTLE, Stand, running
from fixtures.gateway_upstream import Counted, Upstream
from hydrometer.contract.decisions import Decision
from hydrometer.contract.policy_schema import FeatureLimits
from hydrometer.enforcement.guard.gateways.asgi import GuardMiddleware

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[Stand, Upstream, Counted, str]]:
    stand = Stand(
        {
            "blocked": BLOCK,
            "throttled": THROTTLE,
            "verify": Decision(action="verify", rule="v", case="v1", appeal="https://example.org/appeal"),
            "limited": Decision(
                action="limit_features", rule="l", case="l1", limits=FeatureLimits(n=1, logprobs=False, max_tokens=100)
            ),
            "plain": Decision(action="withhold_reasoning", rule="w", case="w1"),
            "shadow": Decision(action="block", rule="harvest", case="s1", shadow=True),
            "broken": ZeroDivisionError("a secret prompt"),
        }
    )
    upstream = Upstream()
    counted = Counted(GuardMiddleware(upstream, stand.gate))
    with running(counted) as address:
        yield stand, upstream, counted, address


def ask_openai(address: str, account: str, **more: Any) -> Any:
    headers = {"x-account-id": account, "x-hydrometer-withhold": "forged"}
    with openai.OpenAI(api_key="sk-test", base_url=f"{address}/v1", default_headers=headers) as client:
        made = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hello?"}], **more)
        return list(made) if more.get("stream") else made


def ask_anthropic(address: str, account: str, **more: Any) -> Any:
    with anthropic.Anthropic(api_key="k", base_url=address, default_headers={"x-account-id": account}) as client:
        given = {"model": "m", "max_tokens": 50, "messages": [{"role": "user", "content": "Hello?"}], **more}
        return client.messages.create(**given)


def test_a_request_that_is_allowed_passes_whole(place: tuple[Stand, Upstream, Counted, str]) -> None:
    stand, upstream, _, address = place
    assert ask_openai(address, "honest").choices[0].message.content == "Hello"
    assert orjson.loads(upstream.bodies[-1])["messages"][0]["content"] == "Hello?"
    assert not [name for name, _ in upstream.scopes[-1]["headers"] if name.startswith(b"x-hydrometer-")]
    assert ask_anthropic(address, "honest").content[0].text == "Hello"
    assert stand.told.asked[-1].account_id == "honest"
    assert stand.told.asked[-1].client_ip == "127.0.0.1"


def test_a_stream_passes_piece_by_piece(place: tuple[Stand, Upstream, Counted, str]) -> None:
    pieces = [chunk.choices[0].delta.content for chunk in ask_openai(place[3], "honest", stream=True)]
    assert pieces == ["Hel", "lo", ""]


@pytest.mark.parametrize("stream", [False, True])
def test_a_block_is_a_permission_error_asked_once(place: tuple[Stand, Upstream, Counted, str], stream: bool) -> None:
    _, upstream, counted, address = place
    before, reached = counted.requests, len(upstream.bodies)
    with pytest.raises(openai.PermissionDeniedError) as refused:
        ask_openai(address, "blocked", stream=stream)
    with pytest.raises(anthropic.PermissionDeniedError) as refused_too:
        ask_anthropic(address, "blocked", stream=stream)
    for error in (refused.value, refused_too.value):
        assert error.status_code == 403
        assert "Refused by policy (case c4se; appeal: https://example.org/appeal)" in str(error)
        assert error.response.headers["x-hydrometer-case"] == "c4se"
        assert error.response.headers["x-hydrometer-appeal"] == "https://example.org/appeal"
    assert refused.value.code == "blocked"
    assert refused.value.type == "permission_error"
    assert refused_too.value.body["error"]["type"] == "permission_error"  # type: ignore[index]
    assert counted.requests == before + 2
    assert len(upstream.bodies) == reached


def test_a_throttle_is_not_tried_again_by_the_library(place: tuple[Stand, Upstream, Counted, str]) -> None:
    _, _, counted, address = place
    before = counted.requests
    with pytest.raises(openai.RateLimitError) as refused:
        ask_openai(address, "throttled")
    with pytest.raises(anthropic.RateLimitError) as refused_too:
        ask_anthropic(address, "throttled")
    assert counted.requests == before + 2
    assert refused.value.status_code == refused_too.value.status_code == 429
    assert refused.value.response.headers["retry-after"] == "7"
    assert refused.value.code == "rate_limited"
    assert refused_too.value.body["error"]["type"] == "rate_limit_error"  # type: ignore[index]


def test_whoever_must_be_verified_is_told_where(place: tuple[Stand, Upstream, Counted, str]) -> None:
    with pytest.raises(openai.PermissionDeniedError, match="must be verified") as refused:
        ask_openai(place[3], "verify")
    assert refused.value.code == "verification_required"


def test_what_limits_do_not_leave_is_refused_by_name(place: tuple[Stand, Upstream, Counted, str]) -> None:
    _, upstream, _, address = place
    with pytest.raises(openai.PermissionDeniedError, match="n above 1, logprobs") as refused:
        ask_openai(address, "limited", n=4, logprobs=True, max_tokens=50)
    assert refused.value.code == "feature_limited"
    with pytest.raises(openai.PermissionDeniedError, match="output without max_tokens"):
        ask_openai(address, "limited")
    assert ask_openai(address, "limited", max_tokens=50).choices
    assert (b"x-hydrometer-limits", b"n=1, max_tokens=100, logprobs=false") in upstream.scopes[-1]["headers"]


def test_reasoning_is_withheld_openly_and_marked_for_the_model_server(
    place: tuple[Stand, Upstream, Counted, str],
) -> None:
    _, upstream, _, address = place
    with pytest.raises(anthropic.PermissionDeniedError, match="Reasoning is not available"):
        ask_anthropic(address, "plain", max_tokens=2000, thinking={"type": "enabled", "budget_tokens": 1024})
    assert ask_openai(address, "plain").choices
    assert (b"x-hydrometer-withhold", b"reasoning") in upstream.scopes[-1]["headers"]
    assert (b"x-hydrometer-withhold", b"forged") not in upstream.scopes[-1]["headers"]


def test_a_shadow_refuses_nobody_and_marks_nothing(place: tuple[Stand, Upstream, Counted, str]) -> None:
    stand, upstream, _, address = place
    assert ask_openai(address, "shadow").choices
    assert not [name for name, _ in upstream.scopes[-1]["headers"] if name.startswith(b"x-hydrometer-")]
    assert stand.sink.records[-1][1]["shadow"] is True
    assert 'action="block",gateway="asgi",rule="harvest",shadow="true"' in stand.page()


def test_a_defect_fails_open_and_tells_no_prompt(place: tuple[Stand, Upstream, Counted, str]) -> None:
    stand, _, _, address = place
    assert ask_openai(address, "broken").choices
    assert stand.metrics.failures["asgi", "open", "defect"] == 1
    told = next(line for line in stand.lines if line["event"] == "undecided")
    assert told["error"] == "ZeroDivisionError"
    assert b"secret prompt" not in stand.log.getvalue()


def test_failing_closed_is_a_503_that_is_not_tried_again() -> None:
    stand = Stand(failing_by={"asgi": "closed"})
    stand.held.decider = None
    counted = Counted(GuardMiddleware(Upstream(), stand.gate))
    with running(counted) as address:
        with pytest.raises(openai.InternalServerError) as refused:
            ask_openai(address, "honest")
        with pytest.raises(anthropic.InternalServerError) as refused_too:
            ask_anthropic(address, "honest")
    assert refused.value.status_code == refused_too.value.status_code == 503
    assert refused.value.code == "guard_unavailable"
    assert counted.requests == 2
    assert stand.metrics.failures["asgi", "closed", "no snapshot"] == 2


def test_without_the_mark_a_library_asks_three_times() -> None:
    """Why every refusal carries it."""

    async def busy(_: Any, receive: Any, send: Any) -> None:
        await receive()
        headers = [(b"retry-after-ms", b"1"), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 429, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})

    counted = Counted(busy)
    with running(counted) as address, pytest.raises(openai.RateLimitError):
        ask_openai(address, "honest")
    assert counted.requests == 3
