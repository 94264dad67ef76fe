"""How one value of a log is read, whatever the format.

Every function takes what a file held and returns `(value, fault)`. No fault: the value is as it should be, or absent
(None). A fault with a value: the value was mended. A fault with None: it could not be used. Nothing raises.
"""

from __future__ import annotations

import ipaddress
import math
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson

from hydrometer.contract import MOST_HASHES

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = 1_420_070_400_000_000
"""2015-01-01, µs since 1970."""
LATEST = 4_102_444_800_000_000
"""2100-01-01, µs since 1970."""
EXACT = 2.0**53
"""From here on a float does not tell neighbouring whole numbers apart."""
UNITS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
"""Nanoseconds in each unit that a time may be counted in."""

NUL = "NUL characters removed"
SURROGATE = "bytes or surrogates that are no text replaced by U+FFFD"
BOOLEAN = "a boolean"
NOT_TEXT = "not a text"
NOT_TIME = "not a time"
IMPLAUSIBLE = "before 2015 or after 2100"
NOT_NUMBER = "not a number"
NEGATIVE = "negative"
FRACTION = "not a whole number"
TOO_LARGE = "too large"
NOT_ADDRESS = "not an address"
FEW_HOPS = "fewer hops than trusted proxies"
NOT_LIST = "not a list of names"
NOT_HASHES = "not a list of whole numbers"
TOO_MANY_HASHES = "more hashes than a sketch has"

Read = tuple[Any, str | None]

_NUMBER = re.compile(r"[+-]?\d{1,40}(?:\.\d{0,40})?(?:[eE][+-]?\d{1,4})?")
_SPACED_OFFSET = re.compile(r"\s+(?=[+-]\d\d:?\d\d$)")
_ZONE_NAME = re.compile(r"\s*(?:UTC|GMT|Z|z)$")


def parse_text(value: object) -> Read:
    """Return a string: NUL removed, what is no Unicode replaced, numbers spelt out; an empty one is an absent value."""
    if value is None or value == "":
        return None, None
    if isinstance(value, str):
        return _repair_text(value)
    if isinstance(value, bool):
        return None, BOOLEAN
    if isinstance(value, bytes):
        return _repair_text(value.decode("utf-8", "surrogateescape"))
    if isinstance(value, float):
        if math.isnan(value):
            return None, None
        if abs(value) >= EXACT:
            # Whatever number this was before, others are spelt the same.
            return None, TOO_LARGE
        return str(int(value) if value.is_integer() else value), None
    if isinstance(value, int | Decimal):
        return str(value), None
    return None, NOT_TEXT


def parse_identifier(value: object) -> Read:
    """Return a string as `parse_text` reads it, absent when it is blank."""
    read, fault = parse_text(value)
    return (None, fault) if read is None or read.isspace() else (read, fault)


def _repair_text(value: str) -> Read:
    fault = None
    if "\0" in value:
        value, fault = value.replace("\0", ""), NUL
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        # A round trip through UTF-16 joins halves that belong together and replaces only those that stand alone.
        value, fault = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"), SURROGATE
    return value or None, fault


def parse_timestamp(value: object, unit: str | None = None) -> Read:
    """Return a time as µs since 1970, UTC.

    Numbers are counted in `unit` or, without one, in s, ms, µs or ns by their magnitude; a time without a zone is UTC.
    Times before 2015 or from 2100 on are unusable.
    """
    if isinstance(value, str):
        value = value.strip()
        if not value:
            return None, None
        if _NUMBER.fullmatch(value):
            value = float(value) if any(mark in value for mark in ".eE") else int(value)
        else:
            try:
                value = datetime.fromisoformat(_SPACED_OFFSET.sub("", _ZONE_NAME.sub("+00:00", value)))
            except ValueError:
                return None, NOT_TIME
    if value is None:
        return None, None
    if isinstance(value, bool):
        return None, BOOLEAN
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, int | float):
        if isinstance(value, float) and not math.isfinite(value):
            return None, None if math.isnan(value) else NOT_TIME
        micros = _count_micros(value, unit)
    elif isinstance(value, datetime):
        zoned = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        micros = (zoned - EPOCH) // timedelta(microseconds=1)
    elif isinstance(value, date):
        micros = (datetime(value.year, value.month, value.day, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
    else:
        return None, NOT_TIME
    return (micros, None) if EARLIEST <= micros < LATEST else (None, IMPLAUSIBLE)


def _count_micros(value: float, unit: str | None) -> int:
    nanos = UNITS[unit or guess_time_unit(value)]
    if isinstance(value, int):
        return value * nanos // 1_000
    return round(value * (nanos / 1_000))


def guess_time_unit(value: float) -> str:
    """Return the unit in which a number is a time between 1973 and 5138."""
    size = abs(value)
    if size < 1e11:
        return "s"
    if size < 1e14:
        return "ms"
    return "us" if size < 1e17 else "ns"


def parse_count(value: object, most: int = 2**63 - 1) -> Read:
    """Return a whole number of things, not negative."""
    read, fault = parse_integer(value, most)
    return (None, NEGATIVE) if read is not None and read < 0 else (read, fault)


def parse_integer(value: object, most: int = 2**63 - 1) -> Read:
    """Return a whole number of either sign."""
    if isinstance(value, str):
        value = value.strip()
        if not value:
            return None, None
        if not _NUMBER.fullmatch(value):
            return None, NOT_NUMBER
        try:
            value = int(value)
        except ValueError:
            value = float(value)
    if value is None:
        return None, None
    if isinstance(value, bool):
        return None, BOOLEAN
    if isinstance(value, float | Decimal):
        if not math.isfinite(value):
            return None, None if math.isnan(value) else NOT_NUMBER
        if value != int(value):
            return None, FRACTION
        value = int(value)
    if not isinstance(value, int):
        return None, NOT_NUMBER
    return (value, None) if -most - 1 <= value <= most else (None, TOO_LARGE)


def parse_float(value: object) -> Read:
    """Return a real number."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value.strip())
    if value is None or value == "":
        return None, None
    if isinstance(value, bool):
        return None, BOOLEAN
    if isinstance(value, int | float | Decimal):
        try:
            number = float(value)
        except OverflowError:
            return None, TOO_LARGE
        return (None, None) if math.isnan(number) else (number, None)
    return None, NOT_NUMBER


def parse_address(value: object, trusted_proxies: int = 0) -> Read:
    """Return an IP address in its canonical spelling, from a bare address or from an X-Forwarded-For list.

    Each proxy appends the address of the peer it spoke to, so the right-most entry was written by the machine nearest
    to us and everything left of our own proxies' entries can be forged. With `trusted_proxies` = n, the n right-most
    entries are our own proxies and the one left of them is the client: n = 0 takes the right-most entry, the peer of
    the one edge that wrote the header. A list shorter than n + 1 came from within: its left-most entry is taken, with a
    fault. A chosen entry that is no address is left out; no entry further left is tried. A value that is no list is
    taken as it is. Ports, brackets and zone ids are cut off, an IPv4-mapped IPv6 address becomes IPv4.
    """
    if isinstance(value, list | tuple):
        value = ",".join(str(entry) for entry in value)
    if value is None or value == "":
        return None, None
    if not isinstance(value, str):
        return None, NOT_ADDRESS
    fault = None
    if "," in value:
        hops = value.split(",")
        if len(hops) <= trusted_proxies:
            fault = FEW_HOPS
        value = hops[max(0, len(hops) - 1 - trusted_proxies)]
    elif value.isspace():
        return None, None
    canonical = _canonicalise_address(value.strip().strip('"'))
    return (canonical, fault) if canonical is not None else (None, NOT_ADDRESS)


def _canonicalise_address(entry: str) -> str | None:
    if entry.startswith("["):
        entry, _, rest = entry[1:].partition("]")
        if rest and not (rest.startswith(":") and rest[1:].isdecimal()):
            return None
    elif entry.count(":") == 1:
        entry, _, port = entry.partition(":")
        if not port.isdecimal():
            return None
    try:
        parsed = ipaddress.ip_address(entry.partition("%")[0])
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return None if parsed.is_unspecified else str(parsed)


def parse_names(value: object) -> Read:
    """Return a list of strings, from a list, a JSON array, or names parted by commas or semicolons."""
    if isinstance(value, str):
        stripped = value.strip()
        if not stripped:
            return None, None
        if stripped.startswith("["):
            try:
                value = orjson.loads(stripped)
            except orjson.JSONDecodeError:
                return None, NOT_LIST
        else:
            value = [name.strip() for name in re.split(r"[,;]", stripped)]
    if value is None:
        return None, None
    if not isinstance(value, list | tuple):
        return None, NOT_LIST
    read: list[str] = []
    fault = None
    for entry in value:
        name, trouble = parse_identifier(entry)
        fault = fault or trouble
        if name is not None:
            read.append(name)
    return read, fault


def parse_hashes(value: object) -> Read:
    """Return a list of signed 64-bit numbers."""
    if value is None:
        return None, None
    if not isinstance(value, list | tuple):
        return None, NOT_HASHES
    if len(value) > MOST_HASHES:
        return None, TOO_MANY_HASHES
    read = [parse_integer(entry)[0] for entry in value]
    return (None, NOT_HASHES) if None in read else (read, None)
