"""What leaves this site of one campaign, whatever the format."""

from __future__ import annotations

from datetime import datetime

import msgspec

from hydrometer.contract import Dossiers, IntelSource, PastCampaign, Tlp


class CampaignVolumes(msgspec.Struct, frozen=True, kw_only=True):
    """How large a campaign is and what it takes; parts that the policy keeps back are empty."""

    probability: float
    accounts: int = 0
    exchanges: int = 0
    harvested: int = 0
    models: dict[str, int] = {}
    capabilities: dict[str, float] = {}
    elicitation: dict[str, float] = {}


class CampaignRelease(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that leaves, whatever the format; a format writes nothing that is not in here."""

    dossiers: Dossiers
    """One source (this site), one campaign, its indicators, sketches and sightings."""
    volumes: CampaignVolumes
    tlp: Tlp
    created: datetime
    modified: datetime
    actors: dict[str, str] = {}
    """Names of the actors that the campaign is attributed to, by id."""
    withheld: dict[str, int] = {}
    """What did not leave, by reason."""

    @property
    def campaign(self) -> PastCampaign:
        """The campaign that the release describes."""
        return self.dossiers.campaigns[0]

    @property
    def site(self) -> IntelSource:
        """The site that speaks."""
        return self.dossiers.sources[0]
