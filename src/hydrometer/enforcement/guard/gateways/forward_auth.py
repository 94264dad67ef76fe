"""Forward authentication: a proxy asks about each request before it passes it on (nginx, Traefik, APISIX, Caddy).

`/forward-auth` answers 200, or the refusal as the client is to see it; Traefik, APISIX and Caddy hand it on.
`/forward-auth/nginx` answers 200 or 403 only, since `auth_request` makes a 500 of everything else, and has the real
status and body in headers, from which nginx answers by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from hydrometer.enforcement.guard.client_identity import make_identity_reader
from hydrometer.enforcement.guard.error_responses import (
    Refusal,
    build_error_body,
    build_error_headers,
    build_marks,
    choose_error_shape,
    encode_error_body,
)
from hydrometer.enforcement.guard.gateway_routes import (
    JSON,
    GatewayAnswer,
    GatewayRequest,
    GatewayRoute,
    RawHeaders,
    encode_headers,
)

if TYPE_CHECKING:
    from hydrometer.contract import Shape
    from hydrometer.enforcement.guard.enforcement_point import EnforcementOutcome, EnforcementPoint

NAME = "forward_auth"
_ADDRESSES = (b"x-original-uri", b"x-forwarded-uri")
"""Headers in which proxies name the path of the request they ask about: nginx by its example, Traefik, Caddy and APISIX."""


def routes(enforcement_point: EnforcementPoint) -> list[GatewayRoute]:
    """Return the addresses that proxies ask at."""
    read_identity = make_identity_reader(enforcement_point.settings)
    methods = frozenset({"GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"})

    def decide(request: GatewayRequest) -> EnforcementOutcome:
        identity, fault = read_identity(request.headers, request.peer)
        if fault:
            enforcement_point.metrics.sender_faults[NAME, fault] += 1
        return enforcement_point.ask_body(NAME, request.body, identity)

    def plain(request: GatewayRequest) -> GatewayAnswer:
        outcome = decide(request)
        return (
            _pass_request(outcome)
            if outcome.refusal is None
            else _refuse_plainly(outcome.refusal, _choose_shape(request))
        )

    def nginx(request: GatewayRequest) -> GatewayAnswer:
        outcome = decide(request)
        return (
            _pass_for_nginx(outcome)
            if outcome.refusal is None
            else _refuse_for_nginx(outcome.refusal, _choose_shape(request))
        )

    return [
        GatewayRoute(path="/forward-auth", answer=plain, methods=methods),
        GatewayRoute(path="/forward-auth/nginx", answer=nginx, methods=methods),
    ]


_MARKS = (b"x-hydrometer-withhold", b"x-hydrometer-limits", b"x-hydrometer-case")
_PASS_WITHOUT_MARKS = GatewayAnswer(200, b"", [(name, b"") for name in _MARKS])
"""Names every mark, without a value: some proxies that copy a header which is not there (Caddy 2.6) put the text of
their own placeholder in its place."""
_PASS_FOR_NGINX = GatewayAnswer(200)


def _choose_shape(request: GatewayRequest) -> Shape:
    path, versioned = "", False
    for name, value in request.headers:
        if name in _ADDRESSES:
            path = value.decode("latin-1").partition("?")[0]
        elif name == b"anthropic-version":
            versioned = True
    return choose_error_shape(path, anthropic_version=versioned)


def _pass_request(outcome: EnforcementOutcome) -> GatewayAnswer:
    marks = dict(_encode_marks(outcome))
    return GatewayAnswer(200, b"", [(name, marks.get(name, b"")) for name in _MARKS]) if marks else _PASS_WITHOUT_MARKS


def _pass_for_nginx(outcome: EnforcementOutcome) -> GatewayAnswer:
    # To nginx a header that is not there is an empty one, and an empty one takes away what the client wrote.
    marks = _encode_marks(outcome)
    return GatewayAnswer(200, b"", marks) if marks else _PASS_FOR_NGINX


def _encode_marks(outcome: EnforcementOutcome) -> RawHeaders:
    return [] if outcome.decision.action == "allow" else encode_headers(build_marks(outcome.decision))


def _refuse_plainly(refusal: Refusal, shape: Shape) -> GatewayAnswer:
    return GatewayAnswer(
        refusal.status, encode_error_body(refusal, shape), [*JSON, *encode_headers(build_error_headers(refusal))]
    )


def _refuse_for_nginx(refusal: Refusal, shape: Shape) -> GatewayAnswer:
    # A header holds ASCII on one line; JSON can spell everything else out.
    text = orjson.dumps(build_error_body(refusal, shape)).decode()
    escaped = "".join(character if " " <= character <= "~" else _escape_character(character) for character in text)
    headers = [
        ("x-hydrometer-status", str(refusal.status)),
        ("x-hydrometer-body", escaped),
        ("x-hydrometer-retry-after", "" if refusal.retry_after is None else str(refusal.retry_after)),
    ]
    headers += [pair for pair in build_error_headers(refusal) if pair[0].startswith("x-hydrometer-")]
    return GatewayAnswer(403, b"", encode_headers(headers))


def _escape_character(character: str) -> str:
    code = ord(character)
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
