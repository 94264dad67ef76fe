"""Who is behind a campaign, and how sure that is: dossiers weighed as competing hypotheses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.intelligence.attribution.campaign_attribution import attribute_campaign as attribute_campaign
    from hydrometer.intelligence.attribution.campaign_profile import CampaignProfile as CampaignProfile
    from hydrometer.intelligence.attribution.campaign_profile import NetworkPopulation as NetworkPopulation
    from hydrometer.intelligence.attribution.campaign_profile import build_campaign_profiles as build_campaign_profiles
    from hydrometer.intelligence.attribution.result_attribution import attribute_result as attribute_result
    from hydrometer.intelligence.attribution.result_attribution import make_attributor as make_attributor
else:
    from hydrometer.exports import export_lazily

    __getattr__, __dir__, __all__ = export_lazily(__name__, __file__)
