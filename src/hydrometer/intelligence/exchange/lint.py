"""What is wrong with what is known: invalid, past its validity, leading nowhere, too broad, unmarked, twice there."""

from __future__ import annotations

import importlib
import importlib.util
import ipaddress
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import stix2
import stix2.exceptions

from hydrometer.contract import EntityKind
from hydrometer.intelligence.exchange.tlp import OF_MARKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from hydrometer.contract import Dossiers, Indicator
    from hydrometer.intelligence.exchange.bundle_files import BundledObject
    from hydrometer.intelligence.exchange.intel_store import IntelStore

Severity = Literal["error", "warning"]
BROAD = {4: 20, 6: 44}
"""By version of IP: prefixes shorter than this hold thousands of customers of somebody else."""
HUB = 5
"""An indicator that points to so many actors and campaigns tells none of them."""
COMMON = 0.01
"""A value that so large a share of all accounts shows tells nothing, whoever sends it."""
MAILBOXES = frozenset(
    {"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "aol.com"}
    | {"proton.me", "protonmail.com", "gmx.com", "gmx.net", "mail.com", "qq.com", "163.com", "126.com", "yandex.ru"}
    | {"mail.ru", "naver.com", "zoho.com"}
)
"""Domains at which anybody has an address."""
REFERENCES = ("created_by_ref", "source_ref", "target_ref", "sighting_of_ref")
LISTS = ("object_refs", "object_marking_refs", "where_sighted_refs")
UNADDED = "its objects count as of an unknown source; `hydrometer intel add` says who sent them"
MOST_VALIDATED = 2_000
"""Objects that go through a validator, which takes up to 20 ms each."""


class IntelFault(NamedTuple):
    """Something to mend."""

    severity: Severity
    problem: str
    """The kind of fault, the same words for all of a kind."""
    id: str
    detail: str = ""


def find_faults(
    folder: IntelStore,
    at: datetime,
    population: Mapping[tuple[str, str], int] | None = None,
    accounts: int = 0,
    most: int = MOST_VALIDATED,
) -> list[IntelFault]:
    """Return what is wrong, errors first; `population` is how many strangers among `accounts` show a kind and value."""
    dossiers = folder.dossiers()
    objects = folder.bundles.objects
    problems = [
        *_find_invalid([objects[name] for name in sorted(objects)][:most]),
        *_find_dangling(objects),
        *_find_unmarked(objects),
        *(IntelFault("warning", "file that was not added", name, UNADDED) for name in folder.bundles.unassigned_files),
        *(fault for one in dossiers.indicators for fault in _check_indicator(one, at, population or {}, accounts)),
        *_find_duplicates(dossiers),
        *(
            IntelFault("warning", "actor past its validity", actor.id, str(actor.valid_until))
            for actor in dossiers.actors
            if actor.valid_until is not None and actor.valid_until <= at
        ),
    ]
    if len(objects) > most:
        problems.append(
            IntelFault("warning", "objects not validated", "", f"{len(objects) - most:,} of {len(objects):,}")
        )
    return sorted(problems)


def name_validator() -> str:
    """Return the name of what validates here: OASIS's validator where it is installed, else the library stix2."""
    return "stix2-validator" if importlib.util.find_spec("stix2validator") else "stix2"


def _find_invalid(objects: Iterable[BundledObject]) -> Iterator[IntelFault]:
    if name_validator() == "stix2":
        for one in objects:
            try:
                stix2.parse(one.raw, allow_custom=True)
            except (stix2.exceptions.STIXError, ValueError, TypeError, KeyError) as error:
                yield IntelFault("error", "invalid", str(one.raw["id"]), str(error)[:200])
        return
    # By its name, since it is a tool of development and no dependency.
    oasis: Any = importlib.import_module("stix2validator")
    options = oasis.ValidationOptions(version="2.1", disabled="uuid-check,extref-hashes,types-strict")
    for one in objects:
        result = oasis.validate_instance(one.raw, options)
        for problem in result.errors:
            yield IntelFault("error", "invalid", str(one.raw["id"]), str(problem)[:200])


def _find_dangling(objects: Mapping[str, BundledObject]) -> Iterator[IntelFault]:
    for name, one in objects.items():
        named = [one.raw.get(key) for key in REFERENCES]
        for key in LISTS:
            value = one.raw.get(key)
            named += value if isinstance(value, list) else []
        for other in named:
            if isinstance(other, str) and other not in objects and other not in OF_MARKING:
                yield IntelFault("error", "refers to what is not here", name, other)


def _find_unmarked(objects: Mapping[str, BundledObject]) -> Iterator[IntelFault]:
    for name, one in objects.items():
        if one.raw["type"] in ("indicator", "intrusion-set", "threat-actor", "campaign"):
            marked = one.raw.get("object_marking_refs")
            if not isinstance(marked, list) or not set(marked) & OF_MARKING.keys():
                yield IntelFault("warning", "no TLP marking", name)
            if not one.source:
                yield IntelFault("warning", "no source", name)


def _check_indicator(
    one: Indicator, at: datetime, population: Mapping[tuple[str, str], int], accounts: int
) -> Iterator[IntelFault]:
    if one.valid_until is None:
        yield IntelFault("warning", "no end of validity", one.id)
    elif one.valid_until <= at:
        yield IntelFault("warning", "past its validity", one.id, one.valid_until.isoformat())
    if len(one.indicates) >= HUB:
        yield IntelFault("warning", "points to too many", one.id, f"{len(one.indicates)} actors and campaigns")
    shown = population.get((one.kind, one.value), 0)
    if accounts and shown >= COMMON * accounts:
        yield IntelFault(
            "error",
            "too broad",
            one.id,
            f"{one.value}: {shown:,} of {accounts:,} accounts outside the campaign show it",
        )
    if one.kind in (EntityKind.NETWORK, EntityKind.SIGNUP_NETWORK):
        network = ipaddress.ip_network(one.value)
        if network.prefixlen < BROAD[network.version]:
            yield IntelFault("error", "too broad", one.id, f"{one.value}: {network.num_addresses:,} addresses")
    if one.kind in (EntityKind.EMAIL_DOMAIN, EntityKind.DOMAIN) and one.value in MAILBOXES:
        yield IntelFault("error", "too broad", one.id, f"{one.value}: anybody has an address there")
    if one.kind == EntityKind.ADDRESS and not _is_public(one.value):
        yield IntelFault("error", "an address of no public network", one.id, one.value)


def _is_public(value: str) -> bool:
    address = ipaddress.ip_address(value)
    return not (
        address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast
    ) and not any(address in network for network in _PRIVATE if network.version == address.version)


_PRIVATE = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)
"""Inside somebody's network or behind a carrier's: the same address in thousands of places."""


def _find_duplicates(dossiers: Dossiers) -> Iterator[IntelFault]:
    same: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for one in dossiers.indicators:
        if not one.revoked:
            same[one.source, one.kind, one.value].append(one.id)
    for (_, kind, value), ids in sorted(same.items()):
        for name in ids[1:]:
            yield IntelFault("warning", "twice there", name, f"{kind} {value[:80]}, as {ids[0]}")
