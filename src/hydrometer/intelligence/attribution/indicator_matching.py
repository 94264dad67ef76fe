"""Which indicators of the dossiers a campaign shows."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from hydrometer.contract import ENTITY_KINDS, EntityKind
from hydrometer.intelligence.attribution.evidence_kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from hydrometer.contract import TemplateSketch
    from hydrometer.intelligence.attribution.admissible_intel import AdmissibleIntel, IndicatorClaim
    from hydrometer.intelligence.attribution.campaign_profile import CampaignProfile, ShownValue

LEAST_HASHES = 5
"""Hashes that two templates must have in common."""
LEAST_CONTAINED = 0.6
"""Share of the smaller one's hashes that they must have in common."""


@dataclass(frozen=True, slots=True)
class IndicatorHit:
    """An indicator that the campaign shows."""

    claim: IndicatorClaim
    value: str
    accounts: int
    """Members that show it, at least."""
    outside_accounts: float
    """Accounts of no campaign that show it, at most."""
    first_seen: datetime
    last_seen: datetime


def match_indicators(profile: CampaignProfile, intel: AdmissibleIntel) -> tuple[list[IndicatorHit], dict[str, int]]:
    """Return the indicators that the campaign shows, in the order of their ids, and what could not be compared."""
    indicator_hits: list[IndicatorHit] = []
    left: Counter[str] = Counter()
    ranges = _RangeIndex(profile)
    for claim in intel.claims:
        kind, value = claim.indicator.kind, claim.indicator.value
        if kind == EntityKind.TEMPLATE:
            sketch = intel.sketches.get(value)
            if sketch is None:
                left["indicators: a wording that the dossiers do not hold"] += 1
                continue
            indicator_hits += _match_template(claim, sketch, profile)
        elif kind in (EntityKind.NETWORK, EntityKind.SIGNUP_NETWORK):
            try:
                indicator_hits += ranges.match_range(claim, ip_network(value.strip(), strict=False))
            except ValueError:
                left["indicators: no range of addresses"] += 1
        else:
            shown = profile.shown_values.get(kind, {}).get(canonicalise_value(kind, value))
            if shown is not None:
                indicator_hits.append(_build_hit(claim, shown, profile))
    return indicator_hits, dict(left)


def canonicalise_value(kind: EntityKind, value: str) -> str:
    """Return a value as results spell it: addresses in their shortest form, systems as numbers, domains in small letters."""
    value = value.strip()
    if kind == EntityKind.ADDRESS:
        try:
            return str(ip_address(value))
        except ValueError:
            return value
    if kind == EntityKind.ASN:
        return value.upper().removeprefix("AS").strip()
    if kind in (EntityKind.EMAIL_DOMAIN, EntityKind.DOMAIN):
        return ENTITY_KINDS[kind].form.canonicalise(value)
    return value


def _build_hit(claim: IndicatorClaim, shown: ShownValue, profile: CampaignProfile) -> IndicatorHit:
    outside_accounts: float = shown.outside_accounts
    if shown.kind == EntityKind.ASN:
        outside_accounts = max(outside_accounts, profile.network.systems.get(shown.value, 0) - shown.accounts)
    return IndicatorHit(claim, shown.value, shown.accounts, outside_accounts, shown.first_seen, shown.last_seen)


def _match_template(claim: IndicatorClaim, sketch: TemplateSketch, profile: CampaignProfile) -> Iterator[IndicatorHit]:
    """Compare hashes; those under keys of different names never meet, so that the names need not be compared."""
    theirs = frozenset(sketch.hashes)
    for template in profile.templates:
        common = len(theirs & template.hashes)
        smaller = min(len(theirs), len(template.hashes))
        if common >= LEAST_HASHES and common >= LEAST_CONTAINED * smaller:
            campaign = profile.campaign
            yield IndicatorHit(
                claim,
                template.id,
                template.accounts,
                template.background * profile.strangers,
                campaign.first_seen,
                campaign.last_seen,
            )


class _RangeIndex:
    """The campaign's addresses and networks by the ranges that they lie in."""

    def __init__(self, profile: CampaignProfile) -> None:
        self._profile = profile
        self._by_length: dict[tuple[str, int, int], dict[int, list[ShownValue]]] = {}

    def match_range(self, claim: IndicatorClaim, cidr: IPv4Network | IPv6Network) -> Iterator[IndicatorHit]:
        """Yield the hit of a range, if there is one."""
        kind = claim.indicator.kind
        fine = cidr.prefixlen > (24 if cidr.version == 4 else 48)
        inside = self._look_up(cidr, EntityKind.ADDRESS if fine and kind == EntityKind.NETWORK else kind)
        if not inside and kind == EntityKind.NETWORK:
            inside = [] if fine else self._look_up(cidr, EntityKind.SIGNUP_NETWORK)
        if not inside:
            return
        # Ranges of one campaign may be shown by the same members: the largest is what is sure.
        accounts = max(shown.accounts for shown in inside)
        outside_accounts: float = sum(shown.outside_accounts for shown in inside)
        if len(inside) > 1 or cidr.prefixlen < (24 if cidr.version == 4 else 48):
            range_accounts = self._profile.network.count_accounts(cidr)
            outside_accounts = max(outside_accounts, (range_accounts or 0) - self._profile.campaign.accounts)
        yield IndicatorHit(
            claim,
            str(cidr),
            accounts,
            outside_accounts,
            min(shown.first_seen for shown in inside),
            max(shown.last_seen for shown in inside),
        )

    def _look_up(self, cidr: IPv4Network | IPv6Network, kind: str) -> list[ShownValue]:
        key = (kind, cidr.version, cidr.prefixlen)
        if key not in self._by_length:
            self._by_length[key] = _group_by_prefix(
                self._profile.shown_values.get(kind, {}), cidr.version, cidr.prefixlen
            )
        return self._by_length[key].get(int(cidr.network_address), [])


def _group_by_prefix(values: Mapping[str, ShownValue], version: int, length: int) -> dict[int, list[ShownValue]]:
    """Return the values of an IP version by the first `length` bits of theirs; ranges that are wider are left out."""
    values_by_range: dict[int, list[ShownValue]] = defaultdict(list)
    bits = 32 if version == 4 else 128
    mask = ((1 << length) - 1) << (bits - length)
    for text, shown in values.items():
        try:
            network = ip_network(text, strict=False)
        except ValueError:
            # A log's own spelling of no address: it lies in no range.
            continue
        if network.version == version and network.prefixlen >= length:
            values_by_range[int(network.network_address) & mask].append(shown)
    return values_by_range


def list_shown_kinds(profile: CampaignProfile) -> frozenset[str]:
    """Return the kinds of indicator that the campaign shows any value of."""
    return frozenset(kind for kind in KINDS if profile.shown_values.get(kind)) | (
        frozenset({EntityKind.TEMPLATE}) if profile.templates else frozenset()
    )
