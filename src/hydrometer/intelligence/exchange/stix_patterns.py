"""STIX patterns of single values: the part of the pattern language that an indicator of ours needs.

Read: one comparison, or several joined by OR, of the paths below. Everything else (AND of two values, NOT, FOLLOWEDBY, time
windows) is a statement that no single value holds; it is not guessed at.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from hydrometer.contract import EntityKind
from hydrometer.intelligence.exchange.canonicalisation import canonicalise_value
from hydrometer.intelligence.exchange.stix_ids import TEMPLATE


class PatternValue(NamedTuple):
    """One value that a pattern looks for."""

    kind: EntityKind
    value: str


ACCOUNT, CLIENT = "x-hydrometer-account", "x-hydrometer-client"
"""Observables that STIX lacks, beside templates: what an account shows, and the software that it uses."""
USER_AGENT = "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'"
EQUAL: dict[EntityKind, str] = {
    EntityKind.ASN: "autonomous-system:number",
    EntityKind.DOMAIN: "domain-name:value",
    EntityKind.EMAIL_SHAPE: f"{ACCOUNT}:email_shape",
    EntityKind.PAYMENT: f"{ACCOUNT}:payment",
    EntityKind.BIN: f"{ACCOUNT}:bin",
    EntityKind.DEVICE: f"{ACCOUNT}:device",
    EntityKind.PHONE: f"{ACCOUNT}:phone",
    EntityKind.JA4: f"{CLIENT}:ja4",
    EntityKind.USER_AGENT: USER_AGENT,
    EntityKind.TOOLS: f"{CLIENT}:tools",
    EntityKind.TEMPLATE: f"{TEMPLATE}:template_id",
}
"""Kinds that are compared by `=`, with the path that is written."""
_OF_PATH: dict[str, EntityKind] = {
    **{path: kind for kind, path in EQUAL.items()},
    f"{ACCOUNT}:email_domain": EntityKind.EMAIL_DOMAIN,
    f"{ACCOUNT}:signup_network": EntityKind.SIGNUP_NETWORK,
    "x-llm-client:ja4": EntityKind.JA4,
}
_ADDRESSES = frozenset({"ipv4-addr:value", "ipv6-addr:value"})
_EMAIL = "email-addr:value"
_ENDS = frozenset({"network-traffic:src_ref", "network-traffic:dst_ref"})
"""Ends of a connection: MISP writes an address as `[network-traffic:src_ref.type = 'ipv4-addr' AND …src_ref.value = '…']`."""

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>'(?:[^'\\]|\\.)*')
    | (?P<number>-?\d+)(?![\w.-])
    | (?P<path>[a-z0-9-]+:[A-Za-z0-9_.\[\]*-]+(?:\.?'(?:[^'\\]|\\.)*'(?:\.[A-Za-z0-9_-]+)*)*)
    | (?P<word>=|ISSUBSET|LIKE|IN|OR|AND|[\[\](),])
    )\s*""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
LONGEST = 65_536
"""Characters of a pattern that is looked at."""


def write_pattern(kind: EntityKind, value: str) -> str:
    """Return the STIX pattern that looks for a value, which is made canonical.

    Raises:
        ValueError: the value is none of that kind.
    """
    value = canonicalise_value(kind, value)
    if kind in (EntityKind.ADDRESS, EntityKind.NETWORK):
        version = "ipv6-addr" if ":" in value else "ipv4-addr"
        return f"[{version}:value {'=' if kind == EntityKind.ADDRESS else 'ISSUBSET'} {_quote_text(value)}]"
    if kind == EntityKind.EMAIL_DOMAIN:
        # LIKE knows no escape for its own wildcards, so that a domain with one in it is compared another way.
        if set("%_") & set(value):
            return f"[{ACCOUNT}:email_domain = {_quote_text(value)}]"
        return f"[{_EMAIL} LIKE {_quote_text('%@' + value)}]"
    if kind == EntityKind.SIGNUP_NETWORK:
        return f"[{ACCOUNT}:signup_network = {_quote_text(value)}]"
    return f"[{EQUAL[kind]} = {value if kind == EntityKind.ASN else _quote_text(value)}]"


def read_pattern(text: str) -> list[PatternValue] | None:
    """Return the values that a pattern looks for, each once and in its order; None when it says anything else."""
    tokens = _split_tokens(text)
    if tokens is None:
        return None
    pattern_values: list[PatternValue] = []
    at = 0
    while True:
        read = _parse_observation(tokens, at)
        if read is None:
            return None
        pattern_values += read[0]
        at = read[1]
        if at == len(tokens):
            return list(dict.fromkeys(pattern_values))
        if tokens[at] != ("word", "OR"):
            return None
        at += 1


def _parse_observation(tokens: list[tuple[str, str]], at: int) -> tuple[list[PatternValue], int] | None:
    """Read `[a OR b …]`, or `[a AND b …]` where all but one only say of what type the other's object is."""
    if tokens[at : at + 1] != [("word", "[")]:
        return None
    parts: list[list[PatternValue]] = []
    joined: set[str] = set()
    while True:
        read = _parse_comparison(tokens, at + 1)
        if read is None:
            return None
        parts.append(read[0])
        at = read[1]
        if tokens[at : at + 1] not in ([("word", "OR")], [("word", "AND")]):
            break
        joined.add(tokens[at][1])
    said = [part for part in parts if part]
    whole = len(said) == 1 if joined == {"AND"} else len(said) == len(parts) and "AND" not in joined
    if not whole or tokens[at : at + 1] != [("word", "]")]:
        return None
    return [meant for part in said for meant in part], at + 1


def _split_tokens(text: str) -> list[tuple[str, str]] | None:
    tokens = []
    at = 0
    while at < len(text) <= LONGEST:
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        kind = match.lastgroup or ""
        tokens.append((kind, match[kind]))
        at = match.end()
    return tokens or None


def _parse_comparison(tokens: list[tuple[str, str]], at: int) -> tuple[list[PatternValue], int] | None:
    """Read `path = literal`, `path LIKE literal`, `path ISSUBSET literal` or `path IN (literal, …)`; what only says of what
    type the end of a connection is means nothing by itself.
    """
    if [kind for kind, _ in tokens[at : at + 2]] != ["path", "word"]:
        return None
    path, operator = tokens[at][1], tokens[at + 1][1]
    at += 2
    literals = []
    if operator == "IN":
        operator, mark = "=", "("
        while tokens[at : at + 1] == [("word", mark)]:
            literals += tokens[at + 1 : at + 2]
            at, mark = at + 2, ","
        if tokens[at : at + 1] != [("word", ")")]:
            return None
        at += 1
    else:
        literals, at = tokens[at : at + 1], at + 1
    if not literals or any(kind not in ("text", "number") for kind, _ in literals):
        return None
    values = [_ESCAPED.sub(r"\1", text[1:-1]) if kind == "text" else text for kind, text in literals]
    end, _, part = path.rpartition(".")
    if end in _ENDS and part == "type" and operator == "=":
        return [], at
    if end in _ENDS and part == "value":
        path = "ipv4-addr:value"
    interpretations = [_interpret_comparison(path, operator, value) for value in values]
    pattern_values = [one for one in interpretations if one is not None]
    return (pattern_values, at) if len(pattern_values) == len(interpretations) else None


def _interpret_comparison(path: str, operator: str, value: str) -> PatternValue | None:
    try:
        if path in _ADDRESSES and operator in ("=", "ISSUBSET"):
            network = canonicalise_value(EntityKind.NETWORK, value)
            alone = operator == "=" and network.endswith("/128" if ":" in network else "/32")
            return (
                PatternValue(EntityKind.ADDRESS, canonicalise_value(EntityKind.ADDRESS, network))
                if alone
                else PatternValue(EntityKind.NETWORK, network)
            )
        if path == _EMAIL and operator == "LIKE" and value.startswith("%@") and not set("%_") & set(value[2:]):
            return PatternValue(EntityKind.EMAIL_DOMAIN, canonicalise_value(EntityKind.EMAIL_DOMAIN, value[2:]))
        kind = _OF_PATH.get(path)
        return PatternValue(kind, canonicalise_value(kind, value)) if kind is not None and operator == "=" else None
    except ValueError:
        return None


def _quote_text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
