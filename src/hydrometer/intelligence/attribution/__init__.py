"""Who is behind a campaign, and how sure that is: dossiers weighed as competing hypotheses."""

from __future__ import annotations

from hydrometer.intelligence.attribution.campaign_attribution import attribute_campaign
from hydrometer.intelligence.attribution.campaign_profile import (
    CampaignProfile,
    NetworkPopulation,
    build_campaign_profiles,
)

__all__ = ["CampaignProfile", "NetworkPopulation", "attribute_campaign", "build_campaign_profiles"]
