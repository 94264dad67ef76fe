"""Envoy's external authorisation, asked by a real gRPC client as Envoy asks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from fixtures.gateway_parts import BLOCK, THROTTLE, Stand
from hydrometer.contract.decisions import Decision

if TYPE_CHECKING:
    from collections.abc import Callable

grpc = pytest.importorskip("grpc")
auth = pytest.importorskip("envoy.service.auth.v3.external_auth_pb2")
stubs = pytest.importorskip("envoy.service.auth.v3.external_auth_pb2_grpc")

CHAT = orjson.dumps({"model": "m", "messages": [{"role": "user", "content": "Hello?"}]})


def check(account: str, body: bytes = CHAT, path: str = "/v1/chat/completions?x=1", **headers: str) -> Any:
    """Return the question that Envoy asks of a request."""
    request = auth.CheckRequest()
    http = request.attributes.request.http
    http.method, http.path, http.raw_body = "POST", path, body
    http.headers["x-account-id"] = account
    for name, value in headers.items():
        http.headers[name.replace("_", "-")] = value
    request.attributes.source.address.socket_address.address = "10.0.0.9"
    return request


def answers(stand: Stand, *questions: Any) -> list[Any]:
    """Return what the server says to each question, over loopback."""
    from hydrometer.enforcement.guard.gateways.envoy import start_envoy_server

    async def ask() -> list[Any]:
        server, port = await start_envoy_server(stand.gate, "127.0.0.1", 0)
        try:
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                stub = stubs.AuthorizationStub(channel)
                return list(await asyncio.gather(*(stub.Check(question) for question in questions)))
        finally:
            await server.stop(None)

    return asyncio.run(ask())


def headers_of(options: Any) -> dict[str, str]:
    return {option.header.key: option.header.value for option in options}


def test_what_is_allowed_passes_and_forged_marks_are_removed() -> None:
    stand = Stand(trusted_hops=1)
    question = check("honest", x_forwarded_for="6.6.6.6,198.51.100.7", x_hydrometer_withhold="forged")
    [answer] = answers(stand, question)
    assert answer.status.code == 0
    assert list(answer.ok_response.headers_to_remove) == ["x-hydrometer-withhold"]
    request = stand.told.asked[0]
    assert (request.account_id, request.client_ip, request.prompt) == ("honest", "198.51.100.7", "Hello?")


def test_headers_that_come_raw_are_read_and_forged_ones_among_them_removed() -> None:
    stand, question = Stand({"bad": BLOCK}), auth.CheckRequest()
    question.attributes.request.http.path = "/v1/messages"
    for name, value in ((b"x-account-id", b"honest"), (b"x-hydrometer-withhold", b"forged")):
        question.attributes.request.http.header_map.headers.add(key=name.decode(), raw_value=value)
    [answer] = answers(stand, question)
    assert stand.told.asked[0].account_id == "honest"
    assert list(answer.ok_response.headers_to_remove) == ["x-hydrometer-withhold"]


def test_without_trusted_proxies_the_address_is_who_connected() -> None:
    stand = Stand(trusted_hops=0)
    answers(stand, check("honest", x_forwarded_for="6.6.6.6"))
    assert stand.told.asked[0].client_ip == "10.0.0.9"


def test_a_refusal_has_status_headers_and_the_clients_shape() -> None:
    stand = Stand({"bad": BLOCK, "fast": THROTTLE})
    blocked, throttled = answers(stand, check("bad"), check("fast", path="/v1/messages"))
    assert (blocked.status.code, blocked.denied_response.status.code) == (7, 403)
    assert orjson.loads(blocked.denied_response.body)["error"]["code"] == "blocked"
    assert headers_of(blocked.denied_response.headers)["x-hydrometer-case"] == "c4se"
    assert dict(blocked.dynamic_metadata.items())["case"] == "c4se"
    assert throttled.denied_response.status.code == 429
    assert headers_of(throttled.denied_response.headers)["retry-after"] == "7"
    assert orjson.loads(throttled.denied_response.body)["type"] == "error"


def test_a_mark_goes_to_the_model_server_and_a_shadow_to_the_access_log_only() -> None:
    decisions: dict[str, Decision | Exception] = {
        "plain": Decision(action="withhold_reasoning", case="w1"),
        "shadow": Decision(action="block", case="s1", shadow=True),
    }
    plain, shadow = answers(Stand(decisions), check("plain"), check("shadow"))
    assert headers_of(plain.ok_response.headers) == {"x-hydrometer-withhold": "reasoning", "x-hydrometer-case": "w1"}
    assert shadow.status.code == 0
    assert not shadow.ok_response.headers
    assert dict(shadow.dynamic_metadata.items()) == {"action": "block", "shadow": True, "rule": "", "case": "s1"}


def test_a_body_that_was_cut_off_is_counted() -> None:
    stand = Stand()
    [answer] = answers(stand, check("honest", CHAT[:20], x_envoy_auth_partial_body="true"))
    assert answer.status.code == 0
    assert stand.metrics.bodies["envoy", "partial"] == 1
    assert stand.metrics.bodies["envoy", "malformed"] == 1


def none(stand: Stand) -> None:
    stand.held.decider = None


def stale(stand: Stand) -> None:
    stand.held.expires_at = 0.0


@pytest.mark.parametrize("break_it", [none, stale, lambda stand: stand.told.by_account.update(a=ValueError())])
def test_failing_open_and_closed(break_it: Callable[[Stand], None]) -> None:
    for failing, code, status in (("open", 0, 0), ("closed", 7, 503)):
        stand = Stand(failing_by={"envoy": failing})
        break_it(stand)
        [answer] = answers(stand, check("a"))
        assert (answer.status.code, answer.denied_response.status.code) == (code, status)


def test_questions_without_anything_are_answered() -> None:
    assert answers(Stand(), auth.CheckRequest())[0].status.code == 0
