"""Says who may be behind the campaigns of a result, of dossiers that are read from STIX."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hydrometer.attribution import attribute, cases
from hydrometer.contract.results import CampaignFile
from hydrometer.flow.sharing import comparable, fingerprinted_with, sharing_secret
from hydrometer.report.html import render
from hydrometer.sharing.stix import read_dossiers
from hydrometer.store.result import ResultFolder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import pyarrow as pa

    from hydrometer.contract.intel import Dossiers
    from hydrometer.contract.results import Campaign
    from hydrometer.contract.settings import AttributionSettings

INTEL = "intel"
"""Folder beside the logs whose dossiers `detect` reads."""


def dossiers_beside(traffic: Path | str, intel: Sequence[Path]) -> Dossiers | None:
    """Read the dossiers in `intel` and in the folder `intel` of the traffic; None where there are none.

    Raises:
        InputError: a dossier cannot be read.
    """
    folder = Path(traffic) / INTEL
    places = [*intel, *([folder] if folder.is_dir() else [])]
    return read_dossiers(places) if places else None


def attribute_result(
    result: Path, intel: Sequence[Path], settings: AttributionSettings, *, sharing_key: Path | None = None
) -> CampaignFile:
    """Weigh the dossiers in `intel` for every campaign of a result, and write campaigns.json and the report again.

    All other files of the result stay as they are. With the key that partners share, their digests and sketches are
    compared too.

    Raises:
        InputError: no result there, a dossier that cannot be read, or an unusable key.
    """
    dossiers = read_dossiers(list(intel))
    found = ResultFolder.read(result)
    indicators, templates = found.indicators, found.templates
    if sharing_key is not None:
        secret = sharing_secret(sharing_key)
        indicators, templates = comparable(found.campaigns, indicators, templates, fingerprinted_with(found), secret)
    campaigns = attributed(
        found.campaigns,
        dossiers,
        settings,
        accounts=found.run.rows.get("accounts", 0),
        span=(found.run.first_exchange, found.run.last_exchange),
        tables=(indicators, templates, found.blocks),
    )
    known = replace(found, campaigns=campaigns)
    known.rewrite_campaigns(result, render(known))
    return CampaignFile(campaigns=campaigns, run=found.run)


def attributed(
    campaigns: Sequence[Campaign],
    dossiers: Dossiers,
    settings: AttributionSettings,
    *,
    accounts: int,
    span: tuple[datetime | None, datetime | None],
    tables: tuple[pa.Table, pa.Table, pa.Table],
) -> list[Campaign]:
    """Return the campaigns with their attributions; `tables` are `indicators`, `templates` and `blocks` of the result."""
    return [
        msgspec.structs.replace(case.campaign, attribution=attribute(case, dossiers, settings))
        for case in cases(campaigns, *tables, accounts=accounts, span=span)
    ]
