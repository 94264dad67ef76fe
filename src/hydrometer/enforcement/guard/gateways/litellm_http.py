"""LiteLLM's generic guardrail: the proxy asks over HTTP, so no code of ours runs in it.

`POST /beta/litellm_basic_guardrail_api`. The proxy makes a 400 of every block, and hands over no address of the client
and the values of those headers only that its `extra_headers` name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from hydrometer.enforcement.guard.client_identity import ClientIdentity, truncate_value
from hydrometer.enforcement.guard.gateway_routes import GatewayAnswer, GatewayRequest, GatewayRoute, make_json_answer

if TYPE_CHECKING:
    from hydrometer.enforcement.guard.enforcement_point import EnforcementPoint

NAME = "litellm_http"
PATH = "/beta/litellm_basic_guardrail_api"
PRESENT = "[present]"
"""In place of the value of a header that the proxy is not set to hand over."""
_PARAMETERS = ("model", "tools")


def routes(enforcement_point: EnforcementPoint) -> list[GatewayRoute]:
    """Return the address that the proxy asks at."""
    names = enforcement_point.settings.headers

    def answer(request: GatewayRequest) -> GatewayAnswer:
        try:
            question = orjson.loads(request.body)
        except orjson.JSONDecodeError:
            question = None
        if not isinstance(question, dict):
            enforcement_point.metrics.bodies[NAME, "malformed"] += 1
            return make_json_answer(400, {"error": "not a JSON object"})
        if question.get("input_type") == "response":
            return _NONE  # decided on before the model was asked
        identity = _parse_identity(question, names.ja4.lower(), names.conversation.lower())
        try:
            body = _build_body(question)
        except orjson.JSONEncodeError:
            # Deeper than can be written again: decided on by its sender.
            enforcement_point.metrics.bodies[NAME, "nested too deeply"] += 1
            body = b"{}"
        outcome = enforcement_point.ask_body(NAME, body, identity)
        if outcome.refusal is None:
            return _NONE
        return make_json_answer(200, {"action": "BLOCKED", "blocked_reason": outcome.refusal.message})

    return [GatewayRoute(path=PATH, answer=answer, methods=frozenset({"POST"}), token_header=b"x-api-key")]


_NONE = make_json_answer(200, {"action": "NONE"})


def _parse_identity(question: dict[str, Any], ja4: str, conversation: str) -> ClientIdentity:
    keyed = question.get("request_data")
    keyed = keyed if isinstance(keyed, dict) else {}
    given = question.get("request_headers")
    headers = {str(name).lower(): value for name, value in given.items()} if isinstance(given, dict) else {}
    # The same order as the reader of LiteLLM's logs takes, or verdicts would be of other ids.
    account = next(
        (
            value
            for name in ("user_api_key_hash", "user_api_key_user_id", "user_api_key_alias", "user_api_key_team_id")
            if (value := _read_text(keyed, name))
        ),
        "",
    )
    return ClientIdentity(
        account_id=account,
        organisation=_read_text(keyed, "user_api_key_org_id"),
        user_agent=_read_text(headers, "user-agent"),
        ja4=_read_text(headers, ja4),
        conversation=_read_text(headers, conversation) or _read_text(question, "litellm_trace_id"),
    )


def _build_body(question: dict[str, Any]) -> bytes:
    """Return the body of a chat request with what the proxy hands over."""
    body: dict[str, Any] = {name: question[name] for name in _PARAMETERS if name in question}
    messages = question.get("structured_messages")
    if not isinstance(messages, list) or not messages:
        texts = question.get("texts")
        messages = [{"role": "user", "content": text} for text in texts] if isinstance(texts, list) else []
    body["messages"] = messages
    return orjson.dumps(body)


def _read_text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    return "" if value == PRESENT else truncate_value(value)
