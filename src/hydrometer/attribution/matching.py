"""Which indicators of the dossiers a campaign shows."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from hydrometer.attribution.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from hydrometer.attribution.case import Case, Shown
    from hydrometer.attribution.standing import Claim, Standing
    from hydrometer.contract.intel import TemplateSketch

LEAST_HASHES = 5
"""Hashes that two wordings must have in common."""
LEAST_CONTAINED = 0.6
"""Share of the smaller one's hashes that they must have in common."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An indicator that the campaign shows."""

    claim: Claim
    value: str
    accounts: int
    """Members that show it, at least."""
    elsewhere: float
    """Accounts of no campaign that show it, at most."""
    first_seen: datetime
    last_seen: datetime


def hits(case: Case, standing: Standing) -> tuple[list[Hit], dict[str, int]]:
    """Return the indicators that the campaign shows, in the order of their ids, and what could not be compared."""
    found: list[Hit] = []
    left: Counter[str] = Counter()
    ranges = _Ranges(case)
    for claim in standing.claims:
        kind, value = claim.indicator.kind, claim.indicator.value
        if kind == "template":
            sketch = standing.sketches.get(value)
            if sketch is None:
                left["indicators: a wording that the dossiers do not hold"] += 1
                continue
            found += _wording(claim, sketch, case)
        elif kind in ("network", "signup_network"):
            try:
                found += ranges.of(claim, ip_network(value.strip(), strict=False))
            except ValueError:
                left["indicators: no range of addresses"] += 1
        else:
            shown = case.shown.get(kind, {}).get(spelt(kind, value))
            if shown is not None:
                found.append(_hit(claim, shown, case))
    return found, dict(left)


def spelt(kind: str, value: str) -> str:
    """Return a value as results spell it: addresses in their shortest form, systems as numbers, domains in small letters."""
    value = value.strip()
    if kind == "address":
        try:
            return str(ip_address(value))
        except ValueError:
            return value
    if kind == "asn":
        return value.upper().removeprefix("AS").strip()
    return value.lower() if kind in ("email_domain", "domain") else value


def _hit(claim: Claim, shown: Shown, case: Case) -> Hit:
    elsewhere: float = shown.elsewhere
    if shown.kind == "asn":
        elsewhere = max(elsewhere, case.network.systems.get(shown.value, 0) - shown.accounts)
    return Hit(claim, shown.value, shown.accounts, elsewhere, shown.first_seen, shown.last_seen)


def _wording(claim: Claim, sketch: TemplateSketch, case: Case) -> Iterator[Hit]:
    """Compare hashes; those under keys of different names never meet, so that the names need not be compared."""
    theirs = frozenset(sketch.hashes)
    for wording in case.wordings:
        common = len(theirs & wording.hashes)
        smaller = min(len(theirs), len(wording.hashes))
        if common >= LEAST_HASHES and common >= LEAST_CONTAINED * smaller:
            campaign = case.campaign
            yield Hit(
                claim,
                wording.id,
                wording.accounts,
                wording.background * case.strangers,
                campaign.first_seen,
                campaign.last_seen,
            )


class _Ranges:
    """The campaign's addresses and networks by the ranges that they lie in."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._by_length: dict[tuple[str, int, int], dict[int, list[Shown]]] = {}

    def of(self, claim: Claim, cidr: IPv4Network | IPv6Network) -> Iterator[Hit]:
        """Yield the hit of a range, if there is one."""
        kind = claim.indicator.kind
        fine = cidr.prefixlen > (24 if cidr.version == 4 else 48)
        inside = self._in(cidr, "address" if fine and kind == "network" else kind)
        if not inside and kind == "network":
            inside = [] if fine else self._in(cidr, "signup_network")
        if not inside:
            return
        # Ranges of one campaign may be shown by the same members: the largest is what is sure.
        accounts = max(shown.accounts for shown in inside)
        elsewhere: float = sum(shown.elsewhere for shown in inside)
        if len(inside) > 1 or cidr.prefixlen < (24 if cidr.version == 4 else 48):
            known = self._case.network.within(cidr)
            elsewhere = max(elsewhere, (known or 0) - self._case.campaign.accounts)
        yield Hit(
            claim,
            str(cidr),
            accounts,
            elsewhere,
            min(shown.first_seen for shown in inside),
            max(shown.last_seen for shown in inside),
        )

    def _in(self, cidr: IPv4Network | IPv6Network, kind: str) -> list[Shown]:
        key = (kind, cidr.version, cidr.prefixlen)
        if key not in self._by_length:
            self._by_length[key] = _masked(self._case.shown.get(kind, {}), cidr.version, cidr.prefixlen)
        return self._by_length[key].get(int(cidr.network_address), [])


def _masked(values: Mapping[str, Shown], version: int, length: int) -> dict[int, list[Shown]]:
    """Return the values of an IP version by the first `length` bits of theirs; ranges that are wider are left out."""
    found: dict[int, list[Shown]] = defaultdict(list)
    bits = 32 if version == 4 else 128
    mask = ((1 << length) - 1) << (bits - length)
    for text, shown in values.items():
        try:
            network = ip_network(text, strict=False)
        except ValueError:
            # A log's own spelling of no address: it lies in no range.
            continue
        if network.version == version and network.prefixlen >= length:
            found[int(network.network_address) & mask].append(shown)
    return found


def kinds_shown(case: Case) -> frozenset[str]:
    """Kinds of indicator that the campaign shows any value of."""
    return frozenset(kind for kind in KINDS if case.shown.get(kind)) | (
        frozenset({"template"}) if case.wordings else frozenset()
    )
