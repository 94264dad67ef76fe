"""Forward authentication: a proxy asks about each request before it passes it on (nginx, Traefik, APISIX, Caddy).

`/forward-auth` answers 200, or the refusal as the client is to see it; Traefik, APISIX and Caddy hand it on.
`/forward-auth/nginx` answers 200 or 403 only, since `auth_request` makes a 500 of everything else, and tells the real
status and body in headers, from which nginx answers by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from hydrometer.guard.gateways.http import JSON, Answered, Asked, RawHeaders, Route, raw
from hydrometer.guard.refusals import Refusal, body_of, encoded, headers_of, marks_of, shape_of
from hydrometer.guard.senders import sender_reader

if TYPE_CHECKING:
    from hydrometer.contract.gateway import Shape
    from hydrometer.guard.gate import Gate, Outcome

NAME = "forward_auth"
_ADDRESSES = (b"x-original-uri", b"x-forwarded-uri")
"""Headers in which proxies tell the path of the request they ask about: nginx by its example, Traefik, Caddy and APISIX."""


def routes(gate: Gate) -> list[Route]:
    """Return the addresses that proxies ask at."""
    read_sender = sender_reader(gate.settings)
    methods = frozenset({"GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"})

    def decided(asked: Asked) -> Outcome:
        sender, fault = read_sender(asked.headers, asked.peer)
        if fault:
            gate.metrics.senders[NAME, fault] += 1
        return gate.ask_body(NAME, asked.body, sender)

    def plain(asked: Asked) -> Answered:
        outcome = decided(asked)
        return _passed(outcome) if outcome.refusal is None else _plainly(outcome.refusal, _shape(asked))

    def nginx(asked: Asked) -> Answered:
        outcome = decided(asked)
        return _passed_by_nginx(outcome) if outcome.refusal is None else _for_nginx(outcome.refusal, _shape(asked))

    return [
        Route(path="/forward-auth", answer=plain, methods=methods),
        Route(path="/forward-auth/nginx", answer=nginx, methods=methods),
    ]


_MARKS = (b"x-hydrometer-withhold", b"x-hydrometer-limits", b"x-hydrometer-case")
_PASSED = Answered(200, b"", [(name, b"") for name in _MARKS])
"""Names every mark, without a value: some proxies that copy a header which is not there (Caddy 2.6) put the text of
their own placeholder in its place."""
_PLAINLY_PASSED = Answered(200)


def _shape(asked: Asked) -> Shape:
    path, versioned = "", False
    for name, value in asked.headers:
        if name in _ADDRESSES:
            path = value.decode("latin-1").partition("?")[0]
        elif name == b"anthropic-version":
            versioned = True
    return shape_of(path, anthropic_version=versioned)


def _passed(outcome: Outcome) -> Answered:
    marks = dict(_marks(outcome))
    return Answered(200, b"", [(name, marks.get(name, b"")) for name in _MARKS]) if marks else _PASSED


def _passed_by_nginx(outcome: Outcome) -> Answered:
    # To nginx a header that is not there is an empty one, and an empty one takes away what the client wrote.
    marks = _marks(outcome)
    return Answered(200, b"", marks) if marks else _PLAINLY_PASSED


def _marks(outcome: Outcome) -> RawHeaders:
    return [] if outcome.decision.action == "allow" else raw(marks_of(outcome.decision))


def _plainly(refusal: Refusal, shape: Shape) -> Answered:
    return Answered(refusal.status, encoded(refusal, shape), [*JSON, *raw(headers_of(refusal))])


def _for_nginx(refusal: Refusal, shape: Shape) -> Answered:
    # A header holds ASCII on one line; JSON can spell everything else out.
    text = orjson.dumps(body_of(refusal, shape)).decode()
    escaped = "".join(character if " " <= character <= "~" else _escape(character) for character in text)
    headers = [
        ("x-hydrometer-status", str(refusal.status)),
        ("x-hydrometer-body", escaped),
        ("x-hydrometer-retry-after", "" if refusal.retry_after is None else str(refusal.retry_after)),
    ]
    headers += [pair for pair in headers_of(refusal) if pair[0].startswith("x-hydrometer-")]
    return Answered(403, b"", raw(headers))


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
