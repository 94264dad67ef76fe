"""Who sends a request, read from the headers that a trusted proxy set.

Everything in a header can be forged but what the own proxies wrote. X-Forwarded-For is read from the right: each proxy
appends the address that connected to it, so with so many trusted proxies the entry so many from the right is the first that
none of the client's making can be. Frameworks that take the leftmost entry, or trust loopback, take the client's word.
"""

from __future__ import annotations

import hashlib
import ipaddress
from functools import lru_cache
from socket import AF_INET, inet_pton
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hydrometer.contract import GatewaySettings

MOST_LETTERS = 512
"""Letters of an id or a user agent that are read."""
MOST_ADDRESS = 64
MOST_IDENTITIES, MOST_HEADER_BYTES = 16_384, 1_024
"""Senders that are remembered by their headers, and bytes of the headers of each."""
HEADERS_READ = 256
"""Headers of a request that are looked at."""


class ClientIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """The sender of a request: what a gateway knows of it beside its body."""

    account_id: str
    organisation: str = ""
    channel: str = ""
    client_ip: str = ""
    """In its canonical spelling, from a hop that is trusted."""
    asn: int = 0
    user_agent: str = ""
    ja4: str = ""
    conversation: str = ""


Fault = str
"""What was unusable: `address`, `asn`, `too many headers`."""


def make_identity_reader(
    settings: GatewaySettings,
) -> Callable[[Iterable[tuple[bytes, bytes]], str], tuple[ClientIdentity, Fault]]:
    """Return a function from headers (names in lower case) and the address that connected to the identity of a sender.

    It returns the identity and what of it could not be used, empty when all could. It never raises.
    """
    header_names = settings.headers
    by_key = settings.account_from == "key"
    names = [
        _KEY_ACCOUNT if by_key else _encode_header_name(header_names.account),
        *map(
            _encode_header_name,
            (
                header_names.organisation,
                header_names.channel,
                header_names.asn,
                "user-agent",
                header_names.ja4,
                header_names.conversation,
            ),
        ),
        _FORWARDED,
    ]
    hops = settings.trusted_hops
    blanks = [b""] * len(names)

    def read(headers: Iterable[tuple[bytes, bytes]], peer: str) -> tuple[ClientIdentity, Fault]:
        given = headers if isinstance(headers, list) else list(headers)
        if len(given) > HEADERS_READ:
            identity, _ = read(given[:HEADERS_READ], peer)
            return identity, "too many headers"
        by_name = dict(given)  # of a name that came twice the last
        if len(by_name) != len(given):
            by_name[_FORWARDED] = b",".join([value for name, value in given if name == _FORWARDED])
        if by_key:
            by_name[_KEY_ACCOUNT] = _find_key_account(given)
        values = tuple(map(by_name.get, names, blanks))
        # Most senders come again soon. What is long is no usual sender's, and not worth the room.
        parse = _parse_identity if len(b"".join(values)) <= MOST_HEADER_BYTES else _parse_identity.__wrapped__
        return parse(values, peer, hops)

    return read


_FORWARDED = b"x-forwarded-for"
_KEYS = frozenset({b"authorization", b"x-api-key"})
_NOBODYS, _KEY_ACCOUNT = b"\n", b"\naccount of a key"
"""Stand for a header that is not read, and for what is made of a key: no header can be called so."""


def _encode_header_name(name: str) -> bytes:
    return name.lower().encode("latin-1", "replace") if name else _NOBODYS


@lru_cache(MOST_IDENTITIES)
def _parse_identity(values: tuple[bytes, ...], peer: str, hops: int) -> tuple[ClientIdentity, Fault]:
    account, organisation, channel, asn, user_agent, ja4, conversation = [
        value[:MOST_LETTERS].decode("latin-1") for value in values[:-1]
    ]
    client_ip = resolve_client_address(values[-1], peer, hops)
    fault = "address" if not client_ip and (peer or values[-1]) else ""
    number = 0
    if asn:
        digits = asn.upper().removeprefix("AS")
        if digits.isascii() and digits.isdigit() and len(digits) <= 10 and int(digits) < 2**32:
            number = int(digits)
        else:
            fault = fault or "asn"
    identity = ClientIdentity(
        account_id=account,
        organisation=organisation,
        channel=channel,
        client_ip=client_ip,
        asn=number,
        user_agent=user_agent,
        ja4=ja4,
        conversation=conversation,
    )
    return identity, fault


def _find_key_account(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    account = ""
    for name, value in headers:
        if name in _KEYS:
            account = hash_api_key(value)
    return account.encode()


def truncate_value(value: object) -> str:
    """Return a text, no longer than is read of one; empty for what is no text."""
    return value[:MOST_LETTERS] if isinstance(value, str) else ""


def hash_api_key(value: bytes) -> str:
    """Return the account of an API key: its SHA-256 in hexadecimal, as LiteLLM logs it; empty for no key."""
    key = value.strip()
    if key[:6].lower() == b"bearer" and not key[6:7].strip():
        key = key[6:].strip()
    return hashlib.sha256(key).hexdigest() if key else ""


def resolve_client_address(forwarded: bytes, peer: str, hops: int) -> str:
    """Return the client's address, empty where it cannot be determined.

    `forwarded` holds the values of all X-Forwarded-For headers in their order, joined by commas, `peer` is who connected,
    `hops` how many proxies are trusted. With fewer entries than proxies the request came by another way than was said: no
    entry can be trusted, and none is used.
    """
    if hops == 0:
        return canonicalise_address(peer)
    # Only the end is split: what a client wrote before it may be as long as it likes.
    entries = forwarded[-MOST_ADDRESS * (hops + 1) :].rsplit(b",", hops)
    return canonicalise_address(entries[-hops].decode("latin-1")) if len(entries) >= hops else ""


def canonicalise_address(text: str) -> str:
    """Return an address in its one canonical spelling, empty for what is none; a port and brackets are left out."""
    text = text.strip()
    try:
        # By far the most are plain IPv4, which has one spelling; ten times as fast as to make an object of it.
        inet_pton(AF_INET, text)
    except (OSError, ValueError):
        return _canonicalise_unusual(text)
    return text


def _canonicalise_unusual(text: str) -> str:
    if len(text) > MOST_ADDRESS:
        return ""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
