"""AuthZEN 1.0: `POST /access/v1/evaluation`, for gateways that ask a decision point.

The subject is the account (`subject.id`, `subject.properties.organisation`), the resource the model (`resource.id`). The
context may hold `ip_address`, `user_agent`, `ja4`, `asn`, `channel`, `conversation`, and in `request` the body that the
model is asked with; without it the guard knows accounts but recognises nobody new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hydrometer.contract.decisions import Request
from hydrometer.guard.bodies import Sender
from hydrometer.guard.gateways.http import Answered, Asked, Route, json_answer
from hydrometer.guard.refusals import marks_of
from hydrometer.guard.senders import MOST, address_of

if TYPE_CHECKING:
    from hydrometer.guard.gate import Gate

NAME = "authzen"
MOST_RAW = 8 * MOST
"""Bytes of a value in the context that are read."""
EVALUATION = "/access/v1/evaluation"


def routes(gate: Gate) -> list[Route]:
    """Return the evaluation endpoint."""

    def evaluate(asked: Asked) -> Answered:
        try:
            question = _DECODER.decode(asked.body)
            sender = question.sender()
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            gate.metrics.bodies[NAME, "malformed"] += 1
            return _with_id(asked, json_answer(400, {"error": str(error)}))
        body = question.context.get("request")
        if body is None:
            model = question.resource.id[:MOST]
            outcome = gate.ask(NAME, Request(**msgspec.structs.asdict(sender), model=model))
        else:
            outcome = gate.ask_body(NAME, bytes(body), sender)
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


class _Entity(msgspec.Struct, frozen=True):
    type: str
    id: str
    properties: dict[str, msgspec.Raw] = {}


class _Action(msgspec.Struct, frozen=True):
    name: str


class _Question(msgspec.Struct, frozen=True):
    subject: _Entity
    action: _Action
    resource: _Entity
    context: dict[str, msgspec.Raw] = {}

    def sender(self) -> Sender:
        """What the question tells of the sender; what of it has another type is not known."""
        context = self.context
        asn = _value(context, "asn")
        return Sender(
            account_id=self.subject.id[:MOST],
            organisation=_text(self.subject.properties, "organisation"),
            client_ip=address_of(_text(context, "ip_address")),
            user_agent=_text(context, "user_agent"),
            ja4=_text(context, "ja4"),
            channel=_text(context, "channel"),
            conversation=_text(context, "conversation"),
            asn=asn if isinstance(asn, int) and 0 <= asn < 2**32 else 0,
        )


_DECODER = msgspec.json.Decoder(_Question)


def _text(held: dict[str, msgspec.Raw], name: str) -> str:
    value = _value(held, name)
    return value[:MOST] if isinstance(value, str) else ""


def _value(held: dict[str, msgspec.Raw], name: str) -> object:
    raw = held.get(name)
    return None if raw is None or len(raw) > MOST_RAW else msgspec.json.decode(raw)


def _with_id(asked: Asked, answer: Answered) -> Answered:
    """Return the answer with the id of the question, as the standard asks."""
    for name, value in asked.headers:
        if name == b"x-request-id" and len(value) <= MOST:
            return Answered(answer.status, answer.body, [*answer.headers, (name, value)])
    return answer
