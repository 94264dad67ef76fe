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

from hydrometer.guard.bodies import Sender

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hydrometer.contract.gateway import GatewaySettings

MOST = 512
"""Characters of an id or a user agent that are read."""
MOST_ADDRESS = 64
REMEMBERED = 16_384
"""Ends of X-Forwarded-For whose addresses are remembered."""
HEADERS_READ = 256
"""Headers of a request that are looked at."""

Fault = str
"""What was unusable: `address`, `asn`, `too many headers`."""


def sender_reader(settings: GatewaySettings) -> Callable[[Iterable[tuple[bytes, bytes]], str], tuple[Sender, Fault]]:
    """Return what makes a sender of headers (names in lower case) and the address that connected.

    It returns the sender and what of it could not be used, empty when all could. It never raises.
    """
    names = settings.headers
    account, organisation, conversation, channel, ja4, asn = [
        name.lower().encode("latin-1", "replace") if name else _NOBODYS
        for name in (
            names.account if settings.account_from == "header" else "",
            names.organisation,
            names.conversation,
            names.channel,
            names.ja4,
            names.asn,
        )
    ]
    hops = settings.trusted_hops
    by_key = settings.account_from == "key"

    def read(headers: Iterable[tuple[bytes, bytes]], peer: str) -> tuple[Sender, Fault]:
        given = headers if isinstance(headers, list) else list(headers)
        fault = ""
        if len(given) > HEADERS_READ:
            fault = "too many headers"
            given = given[:HEADERS_READ]
        found = dict(given)  # of a name that came twice the last
        get = found.get
        once = len(found) == len(given)
        forwarded = get(_FORWARDED)
        if forwarded is None or once:
            client_ip = client_address((forwarded,) if forwarded is not None else (), peer, hops)
        else:
            client_ip = client_address([value for name, value in given if name == _FORWARDED], peer, hops)
        if not client_ip and (peer or forwarded is not None):
            fault = fault or "address"
        number = 0
        if said := get(asn):
            digits = _text(said).upper().removeprefix("AS")
            if digits.isascii() and digits.isdigit() and len(digits) <= 10 and int(digits) < 2**32:
                number = int(digits)
            else:
                fault = fault or "asn"
        return Sender(
            account_id=_last_key(given) if by_key else _text(get(account, b"")),
            organisation=_text(value) if (value := get(organisation)) else "",
            channel=_text(value) if (value := get(channel)) else "",
            client_ip=client_ip,
            asn=number,
            user_agent=_text(value) if (value := get(b"user-agent")) else "",
            ja4=_text(value) if (value := get(ja4)) else "",
            conversation=_text(value) if (value := get(conversation)) else "",
        ), fault

    return read


def _text(value: bytes) -> str:
    return value[:MOST].decode("latin-1")


def _last_key(headers: Iterable[tuple[bytes, bytes]]) -> str:
    account = ""
    for name, value in headers:
        if name in _KEYS:
            account = account_of_key(value)
    return account


_NOBODYS = b"\n"
"""Stands for a header that is not read: no header can be called so."""
_FORWARDED = b"x-forwarded-for"
_KEYS = frozenset({b"authorization", b"x-api-key"})


def account_of_key(value: bytes) -> str:
    """Return the account of an API key: its SHA-256 in hexadecimal, as LiteLLM logs it; empty for no key."""
    key = value.strip()
    if key[:6].lower() == b"bearer" and not key[6:7].strip():
        key = key[6:].strip()
    return hashlib.sha256(key).hexdigest() if key else ""


def client_address(forwarded: Sequence[bytes], peer: str, hops: int) -> str:
    """Return the client's address, empty where it cannot be told.

    `forwarded` holds the values of all X-Forwarded-For headers in their order, `peer` is who connected, `hops` how many
    proxies are trusted. With fewer entries than proxies the request came by another way than was said: no entry can be
    trusted, and none is taken.
    """
    if hops == 0:
        return address_of(peer)
    # Only the end is looked at: what a client wrote before it may be as long as it likes.
    if len(forwarded) == 1:
        return _entry(forwarded[0][-MOST_ADDRESS * (hops + 1) :], hops)
    return _entry(b",".join(value[-MOST_ADDRESS * (hops + 1) :] for value in forwarded[-hops - 1 :]), hops)


@lru_cache(REMEMBERED)
def _entry(tail: bytes, hops: int) -> str:
    """Return the address that is so many entries from the right, empty where there are fewer."""
    entries = tail.rsplit(b",", hops)
    return address_of(entries[-hops].decode("latin-1")) if len(entries) >= hops else ""


def address_of(text: str) -> str:
    """Return an address in its one canonical spelling, empty for what is none; a port and brackets are left out."""
    text = text.strip()
    try:
        # By far the most are plain IPv4, which has one spelling; ten times as fast as to make an object of it.
        inet_pton(AF_INET, text)
    except (OSError, ValueError):
        return _unusual(text)
    return text


def _unusual(text: str) -> str:
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
