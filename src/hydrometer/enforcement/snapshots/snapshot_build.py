"""From a result to the content of the snapshot that guards decide by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from hydrometer.contract import (
    FingerprintSettings,
    InputError,
    RecognitionThresholds,
    SnapshotAccount,
    SnapshotCampaign,
    SnapshotContent,
    SnapshotEntity,
    SnapshotTemplate,
    Verdict,
)
from hydrometer.enforcement.snapshots.ban_evasion import find_creation_starts, suspect_accounts, suspect_organisations
from hydrometer.enforcement.snapshots.sketch_settings import compute_key_check
from hydrometer.enforcement.snapshots.successor_recognition import GROUPS, SuccessorRecogniser
from hydrometer.files import read_text

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import pyarrow as pa

    from hydrometer.contract import Campaign, Policy
    from hydrometer.fingerprint import SiteKey
    from hydrometer.result import ResultFolder

ACTIVE_DAYS = 14
"""A campaign is active when its last exchange was so shortly before its traffic ended."""
MOST_ENTITIES, MOST_TEMPLATES = 100_000, 5_000
"""The most that is kept of what campaigns are recognised by; the commonest stays."""


@dataclass(frozen=True)
class SnapshotOptions:
    """The choice of what of a result goes into a snapshot."""

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
    """Accounts to which no verdict ever applies."""


@dataclass(frozen=True)
class SnapshotTally:
    """Numbers of what a snapshot holds, by kind, and of what was left out, by reason."""

    holds: dict[str, int]
    left_out: dict[str, int]


def build_verdicts(
    result_folder: ResultFolder,
    policy: Policy,
    *,
    now: datetime,
    accounts: pa.Table | None = None,
    site_key: SiteKey | None = None,
    options: SnapshotOptions,
) -> tuple[SnapshotContent, SnapshotTally]:
    """Return the content of a snapshot of a result, and how much of each kind is in it.

    Raises:
        InputError: the result was sketched with settings that this version does not know.
    """
    kept = [campaign for campaign in result_folder.campaigns if campaign.probability >= options.campaign]
    campaign_index = {campaign.id: number for number, campaign in enumerate(kept)}
    left_out: dict[str, int] = {"campaigns below the least probability": len(result_folder.campaigns) - len(kept)}
    campaigns = [_describe_campaign(campaign, result_folder.run.last_exchange) for campaign in kept]
    population = result_folder.run.rows.get("accounts", 0)
    members = _select_members(result_folder.members, campaign_index, options, left_out)
    entities = _select_entities(result_folder.indicators, campaign_index, options, left_out)
    templates = _select_templates(result_folder.templates, campaign_index, left_out)
    recognition = RecognitionThresholds()
    members_or_cleared = {verdict.subject for verdict in members} | options.cleared
    suspicions: list[Verdict] = []
    if accounts is not None:
        recogniser = SuccessorRecogniser(campaigns, entities, templates, population, recognition)
        considered = set(result_folder.considered["account_id"].to_pylist())
        since = find_creation_starts(accounts, members, [campaign.first_seen for campaign in kept])
        suspicions = suspect_organisations(accounts, members, recognition.most_probability)
        suspicions += suspect_accounts(accounts, recogniser, since, members_or_cleared | considered)
    verdicts = SnapshotContent(
        version=now.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ"),
        created_at=now.timestamp(),
        expires_at=now.timestamp() + 3600 * options.hours,
        policy=policy,
        campaigns=campaigns,
        verdicts=members + suspicions,
        templates=templates,
        entities=entities,
        accounts=_list_accounts(accounts) if accounts is not None else [],
        cleared=sorted(options.cleared),
        population=population,
        recognition=recognition,
        sketch=_describe_sketch(result_folder, site_key),
    )
    holds = {
        "campaigns": len(campaigns),
        "members": len(members),
        "successors": len(suspicions),
        "templates": len(templates),
        "entities": len(entities),
        "accounts": len(verdicts.accounts),
        "cleared": len(verdicts.cleared),
        "rules": len(policy.rules),
        "budgets": len(policy.budgets),
    }
    return verdicts, SnapshotTally(holds, {reason: count for reason, count in left_out.items() if count})


def _describe_campaign(campaign: Campaign, last: datetime | None) -> SnapshotCampaign:
    active = last is None or campaign.last_seen >= last - timedelta(days=ACTIVE_DAYS)
    names = [a.conclusion for a in campaign.attribution.answers if a.conclusion != "not attributed"]
    return SnapshotCampaign(
        id=campaign.id,
        probability=campaign.probability,
        accounts=campaign.accounts,
        harvested=campaign.harvested,
        active=active,
        actor=names[0] if names else "",
    )


def _select_members(
    members: pa.Table, campaign_index: dict[str, int], options: SnapshotOptions, left_out: dict[str, int]
) -> list[Verdict]:
    verdicts, below_least, of_other_campaigns = [], 0, 0
    columns = (members[name].to_pylist() for name in ("campaign_id", "account_id", "probability"))
    for campaign, account, probability in zip(*columns, strict=True):
        upheld = (account, campaign) in options.upheld_accounts
        if campaign not in campaign_index:
            of_other_campaigns += 1
        elif probability < options.member and not upheld:
            below_least += 1
        elif account not in options.cleared:
            verdicts.append(
                Verdict(
                    subject=account,
                    scope="account",
                    campaign=campaign_index[campaign],
                    probability=probability,
                    reviewed=upheld or campaign in options.upheld,
                )
            )
    left_out["members below the least probability"], left_out["members of campaigns left out"] = (
        below_least,
        of_other_campaigns,
    )
    return verdicts


def _select_entities(
    table: pa.Table, campaign_index: dict[str, int], options: SnapshotOptions, left_out: dict[str, int]
) -> list[SnapshotEntity]:
    entities, common = [], 0
    columns = (table[name].to_pylist() for name in ("campaign_id", "kind", "value", "accounts", "population"))
    for campaign, kind, value, accounts, population in zip(*columns, strict=True):
        if campaign not in campaign_index or kind not in GROUPS:
            continue
        if accounts < 2 or accounts < options.rare * population:
            common += 1
            continue
        entities.append(
            SnapshotEntity(
                kind=kind, value=value, campaign=campaign_index[campaign], accounts=accounts, population=population
            )
        )
    left_out["values that others show too, or one account alone"] = common
    left_out["values beyond the most that are kept"] = max(0, len(entities) - MOST_ENTITIES)
    entities.sort(key=lambda entity: (-entity.accounts, entity.kind, entity.value))
    return entities[:MOST_ENTITIES]


def _select_templates(
    table: pa.Table, campaign_index: dict[str, int], left_out: dict[str, int]
) -> list[SnapshotTemplate]:
    order = np.argsort(-table["exchanges"].to_numpy(), kind="stable")
    templates = [
        SnapshotTemplate(
            id=row["template_id"],
            campaign=campaign_index[row["campaign_id"]],
            hashes=tuple(row["hashes"]),
            background=row["background"],
        )
        for row in table.take(order).to_pylist()
        if row["campaign_id"] in campaign_index
    ]
    left_out["templates beyond the most that are kept"] = max(0, len(templates) - MOST_TEMPLATES)
    return templates[:MOST_TEMPLATES]


def _list_accounts(table: pa.Table) -> list[SnapshotAccount]:
    names = ("account_id", "org_id", "plan", "verification", "country", "agreements")
    columns = [table[name].to_pylist() for name in names]
    created = table["created_at"].cast("int64").fill_null(0).to_numpy() // 1_000_000
    return [
        SnapshotAccount(
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


def _describe_sketch(result_folder: ResultFolder, site_key: SiteKey | None) -> dict[str, int]:
    stored_settings = result_folder.run.settings.get("fingerprint", {})
    try:
        settings = msgspec.convert(stored_settings, FingerprintSettings)
    except msgspec.ValidationError as error:
        raise InputError(
            f"was sketched with settings that are not known here: {error}", file="run.json", mend="Detect again."
        ) from None
    values = msgspec.to_builtins(settings)
    sketch = {name: value for name, value in values.items() if isinstance(value, int)}
    fold = result_folder.run.versions.get("fold of texts", "")
    sketch["fold"] = int(fold) if fold.isdecimal() else 0
    return {**sketch, "check": compute_key_check(settings, site_key)} if site_key is not None else sketch


def read_account_list(file: Path | None) -> frozenset[str]:
    """Return the accounts of a list, one a line; raises InputError where it cannot be read."""
    if file is None:
        return frozenset()
    lines = read_text(file, mend="Name a file with one account a line.").splitlines()
    return frozenset(line.strip() for line in lines if line.strip())
