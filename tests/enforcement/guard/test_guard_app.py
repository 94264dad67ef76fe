"""The guard's own server: forward authentication, AuthZEN, health, metrics, limits of size, tokens."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from fixtures.gateway_parts import BLOCK, NOW, THROTTLE, Stand
from hydrometer.contract.decisions import Decision
from hydrometer.enforcement.guard.guard_app import GuardApp


def ask(app: Any, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Put one request to an ASGI application, in two pieces; return status, headers and body."""
    given = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    half = len(body) // 2
    pieces = [
        {"type": "http.request", "body": body[:half], "more_body": True},
        {"type": "http.request", "body": body[half:], "more_body": False},
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return pieces.pop(0) if pieces else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": given, "client": ("127.0.0.1", 5)}
    asyncio.run(app(scope, receive, send))
    if not sent:
        return 0, {}, b""
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}, sent[1]["body"]


CHAT = orjson.dumps({"model": "m", "messages": [{"role": "user", "content": "Hello?"}]})


def test_forward_auth_passes_or_answers_as_the_client_is_to_be_answered() -> None:
    stand = Stand({"bad": BLOCK, "fast": THROTTLE}, trusted_hops=1)
    app = GuardApp(stand.gate)
    assert ask(app, "GET", "/forward-auth", x_account_id="good")[0] == 200
    forwarded = {"x_forwarded_for": "6.6.6.6, 198.51.100.9", "x_forwarded_uri": "/v1/messages?beta=true"}
    status, headers, body = ask(app, "POST", "/forward-auth", CHAT, x_account_id="bad", **forwarded)
    assert (status, headers["content-type"]) == (403, "application/json")
    assert orjson.loads(body)["type"] == "error"
    assert stand.told.asked[-1].client_ip == "198.51.100.9"
    assert stand.told.asked[-1].prompt == "Hello?"
    status, headers, body = ask(app, "GET", "/forward-auth", x_account_id="fast")
    assert (status, headers["retry-after"], headers["x-should-retry"]) == (429, "7", "false")
    assert orjson.loads(body)["error"]["code"] == "rate_limited"


def test_nginx_gets_200_or_403_and_the_rest_in_headers() -> None:
    wide = Decision(action="block", reason="Geprüft 🜁 \r\nset-cookie: x", case="c1")
    app = GuardApp(Stand({"bad": wide, "fast": THROTTLE}).gate)
    assert ask(app, "GET", "/forward-auth/nginx", x_account_id="good")[0] == 200
    status, headers, body = ask(app, "GET", "/forward-auth/nginx", x_account_id="fast")
    assert (status, headers["x-hydrometer-status"], headers["x-hydrometer-retry-after"], body) == (403, "429", "7", b"")
    status, headers, _ = ask(app, "GET", "/forward-auth/nginx", x_account_id="bad")
    assert (status, headers["x-hydrometer-status"], headers["x-hydrometer-case"]) == (403, "403", "c1")
    assert all(value.isascii() and value.isprintable() for value in headers.values())
    assert orjson.loads(headers["x-hydrometer-body"])["error"]["message"].startswith("Geprüft 🜁 \r\nset-cookie: x")


def evaluation(account: str, **more: Any) -> dict[str, Any]:
    return {
        "subject": {"type": "account", "id": account, "properties": {"organisation": "org"}},
        "action": {"name": "infer"},
        "resource": {"type": "model", "id": "m"},
        **more,
    }


def test_authzen_answers_a_decision_with_its_reason() -> None:
    stand = Stand({"bad": BLOCK, "fast": THROTTLE})
    app = GuardApp(stand.gate)
    context = {
        "ip_address": "::ffff:198.51.100.9",
        "asn": 64500,
        "request": {"model": "m", "messages": [{"content": "Hello?"}]},
    }
    path = "/access/v1/evaluation"
    status, headers, body = ask(app, "POST", path, orjson.dumps(evaluation("good", context=context)), x_request_id="r1")
    assert (status, headers["x-request-id"], orjson.loads(body)) == (200, "r1", {"decision": True})
    request = stand.told.asked[-1]
    assert (request.account_id, request.organisation, request.model) == ("good", "org", "m")
    assert (request.client_ip, request.asn, request.prompt) == ("198.51.100.9", 64500, "Hello?")
    answer = orjson.loads(ask(app, "POST", path, orjson.dumps(evaluation("fast")))[2])
    assert answer["decision"] is False
    assert (answer["context"]["status"], answer["context"]["retry_after"], answer["context"]["case"]) == (
        429,
        7,
        "c4se",
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        orjson.dumps(evaluation("a", subject={"type": "account"})),
        orjson.dumps(evaluation("a", subject=[], resource=7)),
        orjson.dumps(evaluation("a", action={"name": 5})),
        orjson.dumps(evaluation("a", context=[])),
        b'{"subject":' + b"[" * 100_000,
    ],
)
def test_authzen_says_what_is_wrong_with_a_question(body: bytes) -> None:
    stand = Stand()
    status, _, said = ask(GuardApp(stand.gate), "POST", "/access/v1/evaluation", body)
    assert status == 400
    assert orjson.loads(said)["error"]
    assert not stand.told.asked


def test_authzen_reads_what_is_of_another_type_as_not_known() -> None:
    stand = Stand()
    context = {"ip_address": 7, "asn": -1, "user_agent": ["x"], "ja4": None, "channel": "c" * 9000}
    path = "/access/v1/evaluation"
    assert ask(GuardApp(stand.gate), "POST", path, orjson.dumps(evaluation("a", context=context)))[0] == 200
    request = stand.told.asked[-1]
    assert (request.client_ip, request.asn, request.user_agent, request.ja4, request.channel) == ("", 0, "", "", "")
    deep = orjson.dumps(evaluation("a"))[:-1] + b',"context":{"request":{"a":' + b"[" * 900 + b"]" * 900 + b"}}}"
    assert ask(GuardApp(stand.gate), "POST", path, deep)[0] == 200


def test_health_and_readiness_are_two_things() -> None:
    stand = Stand()
    app = GuardApp(stand.gate, token="t0ken")  # noqa: S106 -- of this test
    assert ask(app, "GET", "/healthz")[0] == 200
    assert ask(app, "GET", "/readyz")[0] == 200
    stand.held.expires_at = NOW
    assert orjson.loads(ask(app, "GET", "/readyz")[2]) == {"ready": False, "why": "stale snapshot"}
    stand.held.decider = None
    assert ask(app, "GET", "/readyz")[0] == 503
    assert ask(app, "GET", "/healthz")[0] == 200


@pytest.mark.parametrize(("failing", "status"), [("open", 200), ("closed", 503)])
@pytest.mark.parametrize("broken", ["no snapshot", "stale snapshot", "defect"])
def test_each_way_to_fail_is_open_or_closed_as_set_and_counted(failing: str, status: int, broken: str) -> None:
    stand = Stand({"a": ZeroDivisionError()}, failing_by={"forward_auth": failing})
    if broken == "no snapshot":
        stand.held.decider = None
    elif broken == "stale snapshot":
        stand.held.expires_at = NOW - 1
    assert ask(GuardApp(stand.gate), "GET", "/forward-auth", x_account_id="a")[0] == status
    assert f'failures_total{{done="{failing}",gateway="forward_auth",why="{broken}"}} 1.0' in stand.page()
    assert [line["why"] for line in stand.lines] == [broken]


def test_without_the_token_nothing_is_decided() -> None:
    stand = Stand()
    app = GuardApp(stand.gate, token="t0ken")  # noqa: S106 -- of this test
    assert ask(app, "GET", "/forward-auth")[0] == 401
    assert ask(app, "GET", "/forward-auth", x_hydrometer_token="wrong")[0] == 401  # noqa: S106
    assert ask(app, "POST", "/access/v1/evaluation", b"{}", authorization="Bearer t0ke")[0] == 401
    assert ask(app, "GET", "/forward-auth", x_hydrometer_token="t0ken")[0] == 200  # noqa: S106
    assert ask(app, "POST", "/access/v1/evaluation", b"{}", authorization="Bearer t0ken")[0] == 400
    assert len(stand.told.asked) == 1


def test_a_body_beyond_the_limit_is_not_held() -> None:
    stand = Stand(max_body=1024)
    app = GuardApp(stand.gate)
    assert ask(app, "POST", "/forward-auth", b"x" * 1025)[0] == 413
    assert ask(app, "POST", "/forward-auth", b"x" * 1024)[0] == 200
    assert stand.metrics.bodies["http", "request_too_large"] == 1
    assert stand.metrics.bodies["forward_auth", "malformed"] == 1


def test_unknown_addresses_and_methods() -> None:
    app = GuardApp(Stand().gate)
    assert ask(app, "GET", "/")[0] == 404
    assert ask(app, "GET", "/access/v1/evaluation")[0] == 405
    assert ask(app, "HEAD", "/healthz")[2] == b""


def test_the_log_and_the_metrics_hold_neither_prompt_nor_key() -> None:
    secret = "sk-live-0123456789 and a most private question \u202e\r\n"  # noqa: S105 -- none of anybody
    stand = Stand({"bad": BLOCK, "broken": ValueError(secret)}, max_body=2048)
    app = GuardApp(stand.gate)
    hostile = orjson.dumps({"model": secret, "messages": [{"role": "user", "content": secret}]})
    latin = secret.encode("utf-8").decode("latin-1")
    for account in ("bad", "broken", "good"):
        ask(app, "POST", "/forward-auth", hostile, x_account_id=account, authorization=latin, user_agent=latin)
        ask(app, "POST", "/forward-auth", hostile[:-9], x_account_id=account, x_forwarded_uri=latin)
        ask(app, "POST", "/forward-auth", hostile * 99, x_account_id=account)
        ask(app, "POST", "/access/v1/evaluation", orjson.dumps(evaluation(account, context={"request": {"x": secret}})))
        ask(app, "POST", "/beta/litellm_basic_guardrail_api", orjson.dumps({"texts": [secret], "request_headers": {}}))
    shown = stand.log.getvalue() + stand.page().encode()
    assert b"decision" in shown
    for part in (b"sk-live", b"private", b"question", b"\r"):
        assert part not in shown


def test_what_is_not_allow_is_in_the_audit_with_account_and_case() -> None:
    stand = Stand({"bad": BLOCK})
    ask(GuardApp(stand.gate), "POST", "/forward-auth", CHAT, x_account_id="bad")
    ask(GuardApp(stand.gate), "POST", "/forward-auth", CHAT, x_account_id="good")
    [(kind, record)] = stand.sink.records
    assert kind == "decision"
    assert (record["account"], record["case"], record["action"], record["status"]) == ("bad", "c4se", "block", 403)
    assert "Hello?" not in str(record)
