"""What a TAXII client asks for: filters and pages, read from the query of an address."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Literal

import msgspec

from hydrometer.intelligence.taxii.offered_objects import SPEC, parse_microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable

PAGE = 100
"""Objects of a page when the client does not say."""
LARGEST_PAGE = 1_000
"""Objects of the largest page; a client that asks for more gets so many and `more`."""
MOST_VALUES = 100
"""Values of one filter."""
_KINDS: dict[str, VersionKind] = {"first": "first", "last": "last", "all": "all"}
_CURSOR = re.compile(r"[A-Za-z0-9_-]{1,44}", re.ASCII)

Filter = Literal["added_after", "limit", "next", "match[id]", "match[type]", "match[version]", "match[spec_version]"]
VersionKind = Literal["first", "last", "all"]
OF_LISTS: frozenset[Filter] = frozenset(
    {"added_after", "limit", "next", "match[id]", "match[type]", "match[version]", "match[spec_version]"}
)
OF_ONE = OF_LISTS - {"match[id]", "match[type]"}
OF_VERSIONS = OF_ONE - {"match[version]"}
OF_REMOVING: frozenset[Filter] = frozenset({"match[version]", "match[spec_version]"})


class QueryError(ValueError):
    """The query cannot be understood; the message tells the client why."""


class ObjectQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Filters and the place in the order; objects are in the order in which they were added."""

    after: int = -1
    """Microseconds since 1970: only what was added later, from `added_after` or the page before."""
    limit: int = PAGE
    ids: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    kinds: frozenset[VersionKind] = frozenset({"last"})
    moments: tuple[int, ...] = ()
    """Versions that are asked for by their time, in microseconds since 1970."""
    spec: bool = True
    """Whether objects of STIX 2.1 are asked for; there are no others."""


def parse_query(
    items: Iterable[tuple[str, str]], filters: frozenset[Filter], kinds: Literal["last", "all"] = "last"
) -> ObjectQuery:
    """Read the query of an address; `filters` are those of this endpoint, `kinds` the versions without a filter.

    A filter that the endpoint does not know is refused: to leave it out would answer another question. Other parameters are
    nobody's business and pass.

    Raises:
        QueryError: a filter is unknown, doubled or unreadable.
    """
    given: dict[str, str] = {}
    for name, value in items:
        if name in OF_LISTS or name.startswith("match["):
            if name not in filters:
                raise QueryError(f"{name[:60]} is no filter here")
            if name in given:
                raise QueryError(f"{name} is there twice")
            given[name] = value
    after = -1
    if "added_after" in given:
        try:
            after = parse_microseconds(given["added_after"])[0]
        except ValueError:
            raise QueryError("added_after is no UTC timestamp such as 2026-03-01T00:00:00Z") from None
    if "next" in given:
        after = max(after, _decode_cursor(given["next"]))
    versions, moments = _parse_versions(given.get("match[version]", kinds))
    specs = _split_values(given, "match[spec_version]")
    return ObjectQuery(
        after=after,
        limit=_parse_limit(given.get("limit")),
        ids=_split_values(given, "match[id]"),
        types=_split_values(given, "match[type]"),
        kinds=versions,
        moments=moments,
        spec=not specs or SPEC in specs,
    )


def encode_cursor(added: int) -> str:
    """Return the `next` of a page whose last object was added then."""
    return base64.urlsafe_b64encode(str(added).encode()).decode().rstrip("=")


def _decode_cursor(text: str) -> int:
    try:
        if not _CURSOR.fullmatch(text):
            raise ValueError(text)
        digits = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if not re.fullmatch(rb"[0-9]{1,18}", digits):
            raise ValueError(text)
        return int(digits)
    except (ValueError, binascii.Error):
        raise QueryError("next is none that this server gave") from None


def _parse_limit(text: str | None) -> int:
    if text is None:
        return PAGE
    if not re.fullmatch(r"[0-9]{1,18}", text, re.ASCII) or int(text) < 1:
        raise QueryError("limit is no whole number above 0")
    return min(int(text), LARGEST_PAGE)


def _split_values(given: dict[str, str], name: Filter) -> tuple[str, ...]:
    if name not in given:
        return ()
    values = tuple(dict.fromkeys(part.strip() for part in given[name].split(",")))
    if not all(values):
        raise QueryError(f"{name} has an empty value")
    if len(values) > MOST_VALUES:
        raise QueryError(f"{name} has more than {MOST_VALUES} values")
    return values


def _parse_versions(text: str) -> tuple[frozenset[VersionKind], tuple[int, ...]]:
    kinds: set[VersionKind] = set()
    moments = []
    for value in _split_values({"match[version]": text}, "match[version]"):
        if value in _KINDS:
            kinds.add(_KINDS[value])
            continue
        try:
            moment, exact = parse_microseconds(value)
        except ValueError:
            raise QueryError("match[version] is neither first, last, all nor a timestamp") from None
        if exact:  # finer than any version that is stored: it matches none
            moments.append(moment)
    return frozenset(kinds), tuple(moments)
