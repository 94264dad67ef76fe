"""Who sends a request, read from the headers that a trusted proxy set.

Everything in a header can be forged but what the own proxies wrote. X-Forwarded-For is read from the right: each proxy
appends the address that connected to it, so with so many trusted proxies the entry so many from the right is the first that
none of the client's making can be. Frameworks that take the leftmost entry, or trust loopback, take the client's word.
"""

from __future__ import annotations

import hashlib
import ipaddress
from socket import AF_INET, inet_pton
from typing import TYPE_CHECKING

from hydrometer.guard.bodies import Sender

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hydrometer.contract.gateway import GatewaySettings

MOST = 512
"""Characters of an id or a user agent that are read."""
MOST_ADDRESS = 64
HEADERS_READ = 256
"""Headers of a request that are looked at."""

Fault = str
"""What was unusable: `address`, `asn`, `too many headers`."""


def sender_reader(settings: GatewaySettings) -> Callable[[Iterable[tuple[bytes, bytes]], str], tuple[Sender, Fault]]:
    """Return what makes a sender of headers (names in lower case) and the address that connected.

    It returns the sender and what of it could not be used, empty when all could. It never raises.
    """
    names = settings.headers
    fields = {
        name.lower().encode("latin-1", "replace"): field
        for field, name in (
            ("account_id", names.account if settings.account_from == "header" else ""),
            ("organisation", names.organisation),
            ("conversation", names.conversation),
            ("channel", names.channel),
            ("ja4", names.ja4),
            ("asn", names.asn),
            ("user_agent", "user-agent"),
        )
        if name
    }
    hops = settings.trusted_hops
    by_key = settings.account_from == "key"

    def read(headers: Iterable[tuple[bytes, bytes]], peer: str) -> tuple[Sender, Fault]:
        found: dict[str, str] = {}
        forwarded: list[bytes] = []
        fault = ""
        given = list(headers)
        if len(given) > HEADERS_READ:
            fault = "too many headers"
            del given[HEADERS_READ:]
        for name, value in given:
            if name in fields:
                found[fields[name]] = value.decode("latin-1")[:MOST]
            elif name == b"x-forwarded-for":
                forwarded.append(value)
            elif by_key and name in _KEYS:
                found["account_id"] = account_of_key(value)
        client_ip = client_address(forwarded, peer, hops)
        if not client_ip and (peer or forwarded):
            fault = fault or "address"
        asn = 0
        if said := found.pop("asn", ""):
            digits = said.upper().removeprefix("AS")
            if digits.isascii() and digits.isdigit() and len(digits) <= 10 and int(digits) < 2**32:
                asn = int(digits)
            else:
                fault = fault or "asn"
        return Sender(account_id=found.pop("account_id", ""), client_ip=client_ip, asn=asn, **found), fault

    return read


_KEYS = frozenset({b"authorization", b"x-api-key"})


def account_of_key(value: bytes) -> str:
    """Return the account of an API key: its SHA-256 in hexadecimal, as LiteLLM logs it; empty for no key."""
    key = value.strip()
    if key[:6].lower() == b"bearer" and not key[6:7].strip():
        key = key[6:].strip()
    return hashlib.sha256(key).hexdigest() if key else ""


def client_address(forwarded: list[bytes], peer: str, hops: int) -> str:
    """Return the client's address, empty where it cannot be told.

    `forwarded` holds the values of all X-Forwarded-For headers in their order, `peer` is who connected, `hops` how many
    proxies are trusted. With fewer entries than proxies the request came by another way than was said: no entry can be
    trusted, and none is taken.
    """
    if hops == 0:
        return address_of(peer)
    # Only the end is split: what a client wrote before it may be as long as it likes.
    if len(forwarded) == 1:
        tail = forwarded[0][-MOST_ADDRESS * (hops + 1) :]
    else:
        tail = b",".join(value[-MOST_ADDRESS * (hops + 1) :] for value in forwarded[-hops - 1 :])
    entries = tail.rsplit(b",", hops)
    if len(entries) < hops:
        return ""
    return address_of(entries[-hops].decode("latin-1"))


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
