"""Envoy's external authorisation over gRPC: `envoy.service.auth.v3.Authorization/Check`.

Needs the extra `envoy`. Envoy must be set to hand over the body (`with_request_body`), or the guard knows accounts but
recognises nobody new. What is decided is in the dynamic metadata of the request too, so that Envoy's access log has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc.aio
from envoy.config.core.v3.base_pb2 import HeaderValue, HeaderValueOption
from envoy.service.auth.v3.external_auth_pb2 import CheckResponse, DeniedHttpResponse, OkHttpResponse
from envoy.service.auth.v3.external_auth_pb2_grpc import AuthorizationServicer, add_AuthorizationServicer_to_server
from envoy.type.v3.http_status_pb2 import HttpStatus

from hydrometer.contract import InputError
from hydrometer.enforcement.guard.client_identity import make_identity_reader
from hydrometer.enforcement.guard.error_responses import (
    build_error_headers,
    build_marks,
    choose_error_shape,
    encode_error_body,
)

if TYPE_CHECKING:
    from envoy.service.auth.v3.external_auth_pb2 import CheckRequest

    from hydrometer.enforcement.guard.client_identity import ClientIdentity
    from hydrometer.enforcement.guard.enforcement_point import EnforcementOutcome, EnforcementPoint
    from hydrometer.enforcement.guard.error_responses import Pairs

NAME = "envoy"
MESSAGE_BYTES = 1 << 20
"""What a message may hold beside the body."""
OK, PERMISSION_DENIED = 0, 7
"""Of `google.rpc.Code`."""


class EnvoyAuthorization(AuthorizationServicer):  # type: ignore[misc]  # generated without types
    """A service that answers Envoy's checks through an enforcement point."""

    def __init__(self, enforcement_point: EnforcementPoint) -> None:
        self._enforcement_point = enforcement_point
        self._read_identity = make_identity_reader(enforcement_point.settings)

    async def Check(self, request: CheckRequest, context: grpc.aio.ServicerContext) -> CheckResponse:  # noqa: ARG002, N802 -- gRPC's
        """Decide on one request."""
        http = request.attributes.request.http
        outcome = self._enforcement_point.parse_and_ask(NAME, lambda: self._parse_request(request))
        if outcome.refusal is None:
            return _allow_request(outcome, request)
        shape = choose_error_shape(http.path.partition("?")[0], anthropic_version="anthropic-version" in http.headers)
        denied = DeniedHttpResponse(
            status=HttpStatus(code=outcome.refusal.status),
            headers=_make_header_options([("content-type", "application/json"), *build_error_headers(outcome.refusal)]),
            body=encode_error_body(outcome.refusal, shape).decode(),
        )
        answer = CheckResponse(denied_response=denied)
        answer.status.code = PERMISSION_DENIED
        _add_decision_metadata(answer, outcome)
        return answer

    def _parse_request(self, request: CheckRequest) -> tuple[bytes, ClientIdentity]:
        attributes = request.attributes
        http = attributes.request.http
        if http.header_map.headers:
            pairs = [
                (header.key.lower().encode(), header.raw_value or header.value.encode())
                for header in http.header_map.headers
            ]
        else:
            pairs = [(name.lower().encode(), value.encode()) for name, value in http.headers.items()]
        if any(name == b"x-envoy-auth-partial-body" and value == b"true" for name, value in pairs):
            self._enforcement_point.metrics.bodies[NAME, "partial"] += 1
        identity, fault = self._read_identity(pairs, attributes.source.address.socket_address.address)
        if fault:
            self._enforcement_point.metrics.sender_faults[NAME, fault] += 1
        return http.raw_body or http.body.encode(), identity


async def start_envoy_server(enforcement_point: EnforcementPoint, host: str, port: int) -> tuple[grpc.aio.Server, int]:
    """Return a server that listens, and its port; 0 asks for any.

    Raises:
        InputError: the address cannot be had.
    """
    # Checks are short: one process has one loop, and a larger message than a body can be is refused by gRPC itself.
    server = grpc.aio.server(
        options=[("grpc.max_receive_message_length", enforcement_point.settings.max_body + MESSAGE_BYTES)]
    )
    add_AuthorizationServicer_to_server(EnvoyAuthorization(enforcement_point), server)
    bracketed_host = f"[{host}]" if ":" in host else host
    try:
        bound = server.add_insecure_port(f"{bracketed_host}:{port}")
    except RuntimeError:
        raise InputError(
            f"{host}:{port} cannot be listened on", mend="Name another --envoy-port, or stop what has it."
        ) from None
    await server.start()
    return server, bound


def _allow_request(outcome: EnforcementOutcome, request: CheckRequest) -> CheckResponse:
    marks = build_marks(outcome.decision)
    names = {name for name, _ in marks}
    # What a client calls a mark of ours is not one.
    http = request.attributes.request.http
    header_names = [*http.headers, *(header.key.lower() for header in http.header_map.headers)]
    forged = [name for name in header_names if name.startswith("x-hydrometer-") and name not in names]
    answer = CheckResponse(ok_response=OkHttpResponse(headers=_make_header_options(marks), headers_to_remove=forged))
    answer.status.code = OK
    _add_decision_metadata(answer, outcome)
    return answer


def _make_header_options(pairs: Pairs) -> list[HeaderValueOption]:
    overwrite = HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD
    return [
        HeaderValueOption(header=HeaderValue(key=name, value=value), append_action=overwrite) for name, value in pairs
    ]


def _add_decision_metadata(answer: CheckResponse, outcome: EnforcementOutcome) -> None:
    """Put what was decided into the dynamic metadata, where it was not simply allowed."""
    decision = outcome.decision
    if decision.action == "allow" and not decision.why:
        return
    answer.dynamic_metadata.update(
        {"action": decision.action, "shadow": decision.shadow, "rule": decision.rule, "case": decision.case}
    )
