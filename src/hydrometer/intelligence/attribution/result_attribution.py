"""Says who may be behind the campaigns of a result, of dossiers that are read from STIX."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hydrometer.contract import CampaignFile, InputError
from hydrometer.intelligence.attribution import attribute_campaign, build_campaign_profiles
from hydrometer.intelligence.exchange.campaign_sharing import (
    add_partner_values,
    load_sharing_secret,
)
from hydrometer.intelligence.exchange.dossier_files import read_dossiers
from hydrometer.intelligence.exchange.release_material import read_fingerprint_settings
from hydrometer.report import render_result_page
from hydrometer.result import ResultFolder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.contract import AttributionSettings, Campaign, Dossiers
    from hydrometer.fingerprint import SiteKey

INTEL = "intel"
"""Folder beside the logs whose dossiers `detect` reads."""


def load_dossiers(traffic: Path | str | None, intel: Sequence[Path]) -> Dossiers | None:
    """Read the dossiers in `intel` and in the folder `intel` of the traffic, if it has one; None where there are none.

    Raises:
        InputError: a dossier cannot be read.
    """
    folder = Path(traffic) / INTEL if traffic is not None else None
    paths = [*intel, *([folder] if folder is not None and folder.is_dir() else [])]
    return read_dossiers(paths) if paths else None


@dataclass(frozen=True)
class DossierAttributor:
    """Weighs dossiers of known actors for every campaign of a result."""

    dossiers: Dossiers
    settings: AttributionSettings
    sharing_secret: SiteKey | None = None
    """The key that partners share, by which their digests and sketches are compared too."""
    inputs: list[str] = field(default_factory=list)
    """Where the dossiers were named, beside those in the traffic."""

    def attribute(self, result: ResultFolder) -> list[Campaign]:
        """Return the campaigns of a result with their attributions."""
        indicators, templates, run = result.indicators, result.templates, result.run
        if self.sharing_secret is not None:
            indicators, templates = add_partner_values(
                result.campaigns, indicators, templates, read_fingerprint_settings(result), self.sharing_secret
            )
        profiles = build_campaign_profiles(
            result.campaigns,
            indicators,
            templates,
            result.blocks,
            accounts=run.rows.get("accounts", 0),
            span=(run.first_exchange, run.last_exchange),
        )
        return [
            msgspec.structs.replace(
                profile.campaign, attribution=attribute_campaign(profile, self.dossiers, self.settings)
            )
            for profile in profiles
        ]


def make_attributor(
    traffic: Path | str | None, intel: Sequence[Path], settings: AttributionSettings, *, sharing_key: Path | None = None
) -> DossierAttributor | None:
    """Return what weighs the dossiers in `intel` and in the folder `intel` of the traffic; None where there are none.

    Raises:
        InputError: a dossier or the key cannot be read; a key without dossiers.
    """
    secret = load_sharing_secret(sharing_key) if sharing_key is not None else None
    dossiers = load_dossiers(traffic, intel)
    if dossiers is None:
        if secret is not None:
            raise InputError("no dossiers are named that the sharing key is for", mend="Name them with --intel.")
        return None
    return DossierAttributor(dossiers, settings, secret, [str(path) for path in intel])


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
    result_folder = ResultFolder.read(result)
    secret = load_sharing_secret(sharing_key) if sharing_key is not None else None
    campaigns = DossierAttributor(dossiers, settings, secret).attribute(result_folder)
    updated_folder = replace(result_folder, campaigns=campaigns)
    updated_folder.rewrite_campaigns(result, render_result_page(updated_folder))
    return CampaignFile(campaigns=campaigns, run=result_folder.run)
