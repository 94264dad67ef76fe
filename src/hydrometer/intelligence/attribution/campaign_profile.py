"""What is known of a campaign when dossiers are held against it: its record, its values, and base rates."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from ipaddress import ip_network
from typing import TYPE_CHECKING

from hydrometer.contract import EntityKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from ipaddress import IPv4Network, IPv6Network

    import pyarrow as pa

    from hydrometer.contract import Campaign


@dataclass(frozen=True, slots=True)
class ShownValue:
    """A value that members show."""

    kind: str
    value: str
    accounts: int
    """Members that show it."""
    outside_accounts: int
    """Accounts of no campaign that show it."""
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class ShownTemplate:
    """A template of the campaign, as hashes under the site key."""

    id: str
    accounts: int
    hashes: frozenset[int]
    background: float
    """Share of strangers' exchanges that carry most of it."""


@dataclass(frozen=True)
class NetworkPopulation:
    """How many accounts of the whole population each part of the network holds."""

    blocks: Mapping[IPv4Network | IPv6Network, int]
    systems: Mapping[str, int]

    @classmethod
    def from_table(cls, blocks: pa.Table) -> NetworkPopulation:
        """Read the table `blocks`; it may be empty."""
        ranges: dict[IPv4Network | IPv6Network, int] = {}
        systems: dict[str, int] = {}
        for row in blocks.to_pylist():
            if row["kind"] == EntityKind.ASN:
                systems[row["value"]] = row["accounts"]
            else:
                ranges[ip_network(row["value"])] = row["accounts"]
        return cls(ranges, systems)

    def count_accounts(self, cidr: IPv4Network | IPv6Network) -> int | None:
        """Return the most accounts that a range can have; None where nothing is known of it."""
        inside = [
            accounts for block, accounts in self.blocks.items() if _is_subnet(block, cidr) or _is_subnet(cidr, block)
        ]
        return sum(inside) if inside else None


@dataclass(frozen=True)
class CampaignProfile:
    """One campaign before its dossiers."""

    campaign: Campaign
    shown_values: Mapping[str, Mapping[str, ShownValue]]
    """By kind, then by value."""
    templates: Sequence[ShownTemplate]
    strangers: int
    """Accounts of no campaign."""
    network: NetworkPopulation
    span: tuple[datetime, datetime]
    """First and last exchange of the traffic."""


def build_campaign_profiles(
    campaigns: Sequence[Campaign],
    indicators: pa.Table,
    templates: pa.Table,
    blocks: pa.Table,
    *,
    accounts: int,
    span: tuple[datetime | None, datetime | None],
) -> Iterator[CampaignProfile]:
    """Yield the profile of each campaign.

    Args:
        campaigns: those of a result.
        indicators, templates, blocks: the tables of the result (`result.ResultFolder`).
        accounts: accounts of the whole population.
        span: first and last exchange of the traffic, where they are known.
    """
    rows = indicators.to_pylist()
    of_campaigns: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        of_campaigns[row["kind"], row["value"]] += row["accounts"]
    values: dict[str, dict[str, dict[str, ShownValue]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        kind, value = row["kind"], row["value"]
        values[row["campaign_id"]][kind][value] = ShownValue(
            kind,
            value,
            row["accounts"],
            max(0, row["population"] - of_campaigns[kind, value]),
            row["first_seen"],
            row["last_seen"],
        )
    shown_templates: dict[str, list[ShownTemplate]] = defaultdict(list)
    for row in templates.to_pylist():
        shown_templates[row["campaign_id"]].append(
            ShownTemplate(row["template_id"], row["accounts"], frozenset(row["hashes"]), row["background"])
        )
    network = NetworkPopulation.from_table(blocks)
    strangers = max(1, accounts - sum(campaign.accounts for campaign in campaigns))
    for campaign in campaigns:
        whole = (span[0] or campaign.first_seen, span[1] or campaign.last_seen)
        yield CampaignProfile(
            campaign, values.get(campaign.id, {}), shown_templates.get(campaign.id, []), strangers, network, whole
        )


def _is_subnet(inner: IPv4Network | IPv6Network, outer: IPv4Network | IPv6Network) -> bool:
    if inner.version == 4 and outer.version == 4:
        return inner.subnet_of(outer)
    return inner.version == 6 and outer.version == 6 and inner.subnet_of(outer)
