"""The one spelling of an indicator's value, so that equal things are equal texts."""

from __future__ import annotations

import ipaddress
import unicodedata

from hydrometer.contract import ENTITY_KINDS, EntityKind

LONGEST = 4_096
"""Characters of a value; a user agent has some hundred."""
_HIDDEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
_MAPPED = 96
"""Bits before the IPv4 address in an IPv6 address that maps one."""


def canonicalise_value(kind: EntityKind, value: str) -> str:
    """Return the value as it is compared.

    Addresses and ranges in their shortest spelling, host bits cleared, a mapped IPv4 address as IPv4; numbers of
    autonomous systems in digits; domains in small letters without the last dot; everything else as it stands.

    Raises:
        ValueError: the value is none of that kind.
    """
    value = value.strip()
    if not value or len(value) > LONGEST:
        raise ValueError(f"a value has 1 to {LONGEST} characters")
    if not value.isprintable() and any(unicodedata.category(letter) in _HIDDEN for letter in value):
        raise ValueError("a value has no control characters")
    if kind == EntityKind.ADDRESS:
        if "/" in value:
            network = ipaddress.ip_network(value)
            if network.num_addresses != 1:
                raise ValueError("a range is no address")
            value = str(network.network_address)
        return _canonicalise_address(value)
    if kind in (EntityKind.NETWORK, EntityKind.SIGNUP_NETWORK):
        return str(_unmap_network(ipaddress.ip_network(value, strict=False)))
    if kind == EntityKind.ASN:
        return _parse_asn(value)
    if kind in (EntityKind.DOMAIN, EntityKind.EMAIL_DOMAIN):
        return ENTITY_KINDS[kind].form.canonicalise(unicodedata.normalize("NFC", value)).removesuffix(".")
    return value


def _canonicalise_address(value: str) -> str:
    if "%" in value:
        raise ValueError("an address of one link only means nothing elsewhere")
    address = ipaddress.ip_address(value)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def _unmap_network(
    network: ipaddress.IPv4Network | ipaddress.IPv6Network,
) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    first = network.network_address
    if isinstance(first, ipaddress.IPv6Address) and first.ipv4_mapped and network.prefixlen >= _MAPPED:
        return ipaddress.IPv4Network((first.ipv4_mapped, network.prefixlen - _MAPPED))
    return network


def _parse_asn(value: str) -> str:
    digits = value[2:] if value[:2].upper() == "AS" else value
    if not (digits.isascii() and digits.isdigit()) or int(digits) > 0xFFFFFFFF:
        raise ValueError("the number of an autonomous system has 32 bits")
    return str(int(digits))
