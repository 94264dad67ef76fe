"""AuthZEN 1.0: `POST /access/v1/evaluation`, for gateways that ask a decision point.

The subject is the account (`subject.id`, `subject.properties.organisation`), the resource the model (`resource.id`). The
context may hold `ip_address`, `user_agent`, `ja4`, `asn`, `channel`, `conversation`, and in `request` the body that the
model is asked with; without it the guard knows accounts but recognises nobody new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hydrometer.contract import ModelRequest
from hydrometer.enforcement.guard.client_identity import (
    MOST_LETTERS,
    ClientIdentity,
    canonicalise_address,
    truncate_value,
)
from hydrometer.enforcement.guard.error_responses import build_marks
from hydrometer.enforcement.guard.gateway_routes import GatewayAnswer, GatewayRequest, GatewayRoute, make_json_answer

if TYPE_CHECKING:
    from hydrometer.enforcement.guard.enforcement_point import EnforcementPoint

NAME = "authzen"
MOST_RAW = 8 * MOST_LETTERS
"""Bytes of a value in the context that are read."""
EVALUATION = "/access/v1/evaluation"


def routes(enforcement_point: EnforcementPoint) -> list[GatewayRoute]:
    """Return the evaluation endpoint."""

    def evaluate(request: GatewayRequest) -> GatewayAnswer:
        try:
            evaluation = _DECODER.decode(request.body)
            identity = evaluation.identity()
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            enforcement_point.metrics.bodies[NAME, "malformed"] += 1
            return _add_request_id(request, make_json_answer(400, {"error": str(error)}))
        body = evaluation.context.get("request")
        if body is None:
            model = evaluation.resource.id[:MOST_LETTERS]
            outcome = enforcement_point.ask(NAME, ModelRequest(**msgspec.structs.asdict(identity), model=model))
        else:
            outcome = enforcement_point.ask_body(NAME, bytes(body), identity)
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
        elif marks := build_marks(outcome.decision):
            context = {"headers": dict(marks)}
        answer: dict[str, object] = {"decision": refusal is None}
        if context:
            answer["context"] = context
        return _add_request_id(request, make_json_answer(200, answer))

    return [
        GatewayRoute(path=EVALUATION, answer=evaluate, methods=frozenset({"POST"}), token_header=b"authorization"),
    ]


class _EvaluationEntity(msgspec.Struct, frozen=True):
    """A subject or resource of a question."""

    type: str
    id: str
    properties: dict[str, msgspec.Raw] = {}


class _EvaluationAction(msgspec.Struct, frozen=True):
    """What the subject wants to do."""

    name: str


class _EvaluationRequest(msgspec.Struct, frozen=True):
    """A question of a policy enforcement point: whether a subject may do something to a resource."""

    subject: _EvaluationEntity
    action: _EvaluationAction
    resource: _EvaluationEntity
    context: dict[str, msgspec.Raw] = {}

    def identity(self) -> ClientIdentity:
        """Return the sender that the question names; what of it has another type is not known."""
        context = self.context
        asn = _read_value(context, "asn")
        return ClientIdentity(
            account_id=self.subject.id[:MOST_LETTERS],
            organisation=_read_text(self.subject.properties, "organisation"),
            client_ip=canonicalise_address(_read_text(context, "ip_address")),
            user_agent=_read_text(context, "user_agent"),
            ja4=_read_text(context, "ja4"),
            channel=_read_text(context, "channel"),
            conversation=_read_text(context, "conversation"),
            asn=asn if isinstance(asn, int) and 0 <= asn < 2**32 else 0,
        )


_DECODER = msgspec.json.Decoder(_EvaluationRequest)


def _read_text(fields: dict[str, msgspec.Raw], name: str) -> str:
    return truncate_value(_read_value(fields, name))


def _read_value(fields: dict[str, msgspec.Raw], name: str) -> object:
    raw = fields.get(name)
    return None if raw is None or len(raw) > MOST_RAW else msgspec.json.decode(raw)


def _add_request_id(request: GatewayRequest, answer: GatewayAnswer) -> GatewayAnswer:
    """Return the answer with the id of the question, as the standard asks."""
    for name, value in request.headers:
        if name == b"x-request-id" and len(value) <= MOST_LETTERS:
            return GatewayAnswer(answer.status, answer.body, [*answer.headers, (name, value)])
    return answer
