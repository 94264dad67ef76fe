"""What a result says of accounts, as guards go by it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from hydrometer.contract.decisions import (
    Account,
    KnownCampaign,
    KnownEntity,
    KnownTemplate,
    Recognition,
    Verdict,
    Verdicts,
)
from hydrometer.contract.errors import InputError
from hydrometer.contract.settings import FingerprintSettings
from hydrometer.flow.sketching import check
from hydrometer.flow.successors import made_since, organisations, successors
from hydrometer.guard.recognition import GROUPS, Recogniser

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import pyarrow as pa

    from hydrometer.contract.policy import Policy
    from hydrometer.contract.results import Campaign
    from hydrometer.fingerprint import SiteKey
    from hydrometer.store.result import ResultFolder

ACTIVE_DAYS = 14
"""A campaign is active when it was seen so shortly before its traffic ended."""
MOST_ENTITIES, MOST_TEMPLATES = 100_000, 5_000
"""Kept of what campaigns are known by; what tells most stays."""


@dataclass
class Chosen:
    """What of a result goes into a snapshot."""

    member: float = 0.8
    """Least probability of a member."""
    campaign: float = 0.5
    """Least probability of a campaign."""
    rare: float = 0.5
    """Least share of a value's accounts that are the campaign's, for a successor to be recognised by it."""
    hours: float = 48.0
    """Guards refuse the snapshot after so long."""
    upheld: frozenset[str] = frozenset()
    """Campaigns that a person has upheld."""
    upheld_accounts: frozenset[tuple[str, str]] = frozenset()
    """Accounts that a person has upheld, each with its campaign; members whatever their probability."""
    cleared: frozenset[str] = frozenset()
    """Accounts that are never held to anything."""


@dataclass
class Built:
    """What a snapshot holds, and what was left out, by reason."""

    version: str
    expires_at: float
    bytes: int = 0
    signed_by: str = ""
    holds: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)


def verdicts_of(
    found: ResultFolder,
    policy: Policy,
    *,
    now: datetime,
    accounts: pa.Table | None = None,
    site_key: SiteKey | None = None,
    chosen: Chosen,
) -> tuple[Verdicts, Built]:
    """Return what a result says of accounts, as guards go by it.

    Raises:
        InputError: the result was sketched with settings that this version does not know.
    """
    kept = [campaign for campaign in found.campaigns if campaign.probability >= chosen.campaign]
    place = {campaign.id: number for number, campaign in enumerate(kept)}
    left_out: dict[str, int] = {"campaigns below the least probability": len(found.campaigns) - len(kept)}
    campaigns = [_known(campaign, found.run.last_exchange) for campaign in kept]
    population = found.run.rows.get("accounts", 0)
    members = _members(found.members, place, chosen, left_out)
    entities = _entities(found.indicators, place, chosen, left_out)
    templates = _templates(found.templates, place, left_out)
    recognition = Recognition()
    held = {verdict.subject for verdict in members} | chosen.cleared
    expected: list[Verdict] = []
    if accounts is not None:
        recogniser = Recogniser(campaigns, entities, templates, population, recognition)
        considered = set(found.considered["account_id"].to_pylist())
        since = made_since(accounts, members, [campaign.first_seen for campaign in kept])
        expected = organisations(accounts, members, recognition.most_probability)
        expected += successors(accounts, recogniser, since, held | considered)
    verdicts = Verdicts(
        version=now.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ"),
        created_at=now.timestamp(),
        expires_at=now.timestamp() + 3600 * chosen.hours,
        policy=policy,
        campaigns=campaigns,
        verdicts=members + expected,
        templates=templates,
        entities=entities,
        accounts=_accounts(accounts) if accounts is not None else [],
        cleared=sorted(chosen.cleared),
        population=population,
        recognition=recognition,
        sketch=_sketch_settings(found, site_key),
    )
    holds = {
        "campaigns": len(campaigns),
        "members": len(members),
        "successors": len(expected),
        "templates": len(templates),
        "entities": len(entities),
        "accounts": len(verdicts.accounts),
        "cleared": len(verdicts.cleared),
        "rules": len(policy.rules),
        "budgets": len(policy.budgets),
    }
    left_out = {reason: count for reason, count in left_out.items() if count}
    return verdicts, Built(verdicts.version, verdicts.expires_at, holds=holds, left_out=left_out)


def _known(campaign: Campaign, last: datetime | None) -> KnownCampaign:
    active = last is None or campaign.last_seen >= last - timedelta(days=ACTIVE_DAYS)
    names = [a.conclusion for a in campaign.attribution.answers if a.conclusion != "not attributed"]
    return KnownCampaign(
        id=campaign.id,
        probability=campaign.probability,
        accounts=campaign.accounts,
        harvested=campaign.harvested,
        active=active,
        actor=names[0] if names else "",
    )


def _members(members: pa.Table, place: dict[str, int], chosen: Chosen, left_out: dict[str, int]) -> list[Verdict]:
    found, low, other = [], 0, 0
    columns = (members[name].to_pylist() for name in ("campaign_id", "account_id", "probability"))
    for campaign, account, probability in zip(*columns, strict=True):
        upheld = (account, campaign) in chosen.upheld_accounts
        if campaign not in place:
            other += 1
        elif probability < chosen.member and not upheld:
            low += 1
        elif account not in chosen.cleared:
            found.append(
                Verdict(
                    subject=account,
                    scope="account",
                    campaign=place[campaign],
                    probability=probability,
                    reviewed=upheld or campaign in chosen.upheld,
                )
            )
    left_out["members below the least probability"], left_out["members of campaigns left out"] = low, other
    return found


def _entities(table: pa.Table, place: dict[str, int], chosen: Chosen, left_out: dict[str, int]) -> list[KnownEntity]:
    found, common = [], 0
    columns = (table[name].to_pylist() for name in ("campaign_id", "kind", "value", "accounts", "population"))
    for campaign, kind, value, accounts, population in zip(*columns, strict=True):
        if campaign not in place or kind not in GROUPS:
            continue
        if accounts < 2 or accounts < chosen.rare * population:
            common += 1
            continue
        found.append(
            KnownEntity(kind=kind, value=value, campaign=place[campaign], accounts=accounts, population=population)
        )
    left_out["values that others show too, or one account alone"] = common
    left_out["values beyond the most that are kept"] = max(0, len(found) - MOST_ENTITIES)
    found.sort(key=lambda entity: (-entity.accounts, entity.kind, entity.value))
    return found[:MOST_ENTITIES]


def _templates(table: pa.Table, place: dict[str, int], left_out: dict[str, int]) -> list[KnownTemplate]:
    order = np.argsort(-table["exchanges"].to_numpy(), kind="stable")
    found = [
        KnownTemplate(
            id=row["template_id"],
            campaign=place[row["campaign_id"]],
            hashes=tuple(row["hashes"]),
            background=row["background"],
        )
        for row in table.take(order).to_pylist()
        if row["campaign_id"] in place
    ]
    left_out["templates beyond the most that are kept"] = max(0, len(found) - MOST_TEMPLATES)
    return found[:MOST_TEMPLATES]


def _accounts(table: pa.Table) -> list[Account]:
    names = ("account_id", "org_id", "plan", "verification", "country", "agreements")
    columns = [table[name].to_pylist() for name in names]
    created = table["created_at"].cast("int64").fill_null(0).to_numpy() // 1_000_000
    return [
        Account(
            id=account,
            organisation=organisation or "",
            plan=plan or "",
            verification=verification or "",
            country=country or "",
            created=when,
            agreements=tuple(agreements or ()),
        )
        for account, organisation, plan, verification, country, agreements, when in zip(
            *columns, created.tolist(), strict=True
        )
    ]


def _sketch_settings(found: ResultFolder, site_key: SiteKey | None) -> dict[str, int]:
    told = found.run.settings.get("fingerprint", {})
    try:
        settings = msgspec.convert(told, FingerprintSettings)
    except msgspec.ValidationError as error:
        raise InputError(
            f"was sketched with settings that are not known here: {error}", file="run.json", mend="Detect again."
        ) from None
    values = msgspec.to_builtins(settings)
    sketch = {name: value for name, value in values.items() if isinstance(value, int)}
    return {**sketch, "check": check(settings, site_key)} if site_key is not None else sketch


def listed(file: Path | None) -> frozenset[str]:
    """Return the accounts of a list, one a line; raises InputError where it cannot be read."""
    if file is None:
        return frozenset()
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"cannot be read: {error}", file=str(file), mend="Name a file with one account a line."
        ) from None
    return frozenset(line.strip() for line in lines if line.strip())
