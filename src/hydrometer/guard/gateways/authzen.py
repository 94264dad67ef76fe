"""AuthZEN 1.0: `POST /access/v1/evaluation`, for gateways that ask a decision point.

The subject is the account (`subject.id`, `subject.properties.organisation`), the resource the model (`resource.id`). The
context may hold `ip_address`, `user_agent`, `ja4`, `asn`, `channel`, `conversation`, and in `request` the body that the
model is asked with, `path` the path it came to; without that body the guard knows accounts but recognises nobody new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from hydrometer.contract.gateway import Sender
from hydrometer.guard.gateways.http import Answered, Asked, Route, json_answer
from hydrometer.guard.refusals import marks_of
from hydrometer.guard.senders import MOST, address_of

if TYPE_CHECKING:
    from hydrometer.guard.gate import Gate

NAME = "authzen"
EVALUATION = "/access/v1/evaluation"
CONFIGURATION = "/.well-known/authzen-configuration"


def routes(gate: Gate) -> list[Route]:
    """Return the evaluation endpoint."""

    def evaluate(asked: Asked) -> Answered:
        question = _question(asked.body)
        if isinstance(question, str):
            gate.metrics.bodies[NAME, "malformed"] += 1
            return _with_id(asked, json_answer(400, {"error": question}))
        sender, path, body = question
        outcome = gate.ask_body(NAME, body, sender, path)
        refusal = outcome.refusal
        context: dict[str, object] = {}
        if refusal is not None:
            context = {
                "code": refusal.code,
                "status": refusal.status,
                "reason_user": {"en": refusal.message},
                "case": refusal.case,
                "appeal_url": refusal.appeal,
            }
            if refusal.retry_after is not None:
                context["retry_after"] = refusal.retry_after
        elif marks := marks_of(outcome.decision):
            context = {"headers": dict(marks)}
        answer: dict[str, object] = {"decision": refusal is None}
        if context:
            answer["context"] = context
        return _with_id(asked, json_answer(200, answer))

    return [
        Route(path=EVALUATION, answer=evaluate, methods=frozenset({"POST"}), token_header=b"authorization"),
    ]


def _question(body: bytes) -> tuple[Sender, str, bytes] | str:
    """Return sender, path and body of an evaluation, or what is wrong with it."""
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        return "not JSON"
    if not isinstance(asked, dict):
        return "not an object"
    subject, action, resource = (asked.get(name) for name in ("subject", "action", "resource"))
    for name, entity in (("subject", subject), ("resource", resource)):
        if not isinstance(entity, dict) or not all(isinstance(entity.get(key), str) for key in ("type", "id")):
            return f"{name} needs a type and an id, both strings"
    if not isinstance(action, dict) or not isinstance(action.get("name"), str):
        return "action needs a name, a string"
    context = asked.get("context")
    context = context if isinstance(context, dict) else {}
    properties = subject.get("properties") if isinstance(subject, dict) else None
    properties = properties if isinstance(properties, dict) else {}
    asn = context.get("asn")
    sender = Sender(
        account_id=subject["id"][:MOST],  # type: ignore[index]  # a dictionary, as checked above
        organisation=_text(properties, "organisation"),
        client_ip=address_of(_text(context, "ip_address")),
        user_agent=_text(context, "user_agent"),
        ja4=_text(context, "ja4"),
        channel=_text(context, "channel"),
        conversation=_text(context, "conversation"),
        asn=asn if isinstance(asn, int) and 0 <= asn < 2**32 else 0,
    )
    request = context.get("request")
    if not isinstance(request, dict):
        request = {}
    request.setdefault("model", resource["id"])  # type: ignore[index]  # a dictionary, as checked above
    try:
        return sender, _text(context, "path"), orjson.dumps(request)
    except orjson.JSONEncodeError:
        return "nested too deeply"


def _text(held: dict[str, Any], name: str) -> str:
    value = held.get(name)
    return value[:MOST] if isinstance(value, str) else ""


def _with_id(asked: Asked, answer: Answered) -> Answered:
    """Return the answer with the id of the question, as the standard asks."""
    for name, value in asked.headers:
        if name == b"x-request-id" and len(value) <= MOST:
            return Answered(answer.status, answer.body, [*answer.headers, (name, value)])
    return answer
