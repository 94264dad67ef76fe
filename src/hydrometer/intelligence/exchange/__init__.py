"""Dossiers in and out: the store of what is known, what may leave, and the formats of partners."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.intelligence.exchange.campaign_release import CampaignRelease as CampaignRelease
    from hydrometer.intelligence.exchange.campaign_sharing import ShareRequest as ShareRequest
    from hydrometer.intelligence.exchange.campaign_sharing import share_campaign as share_campaign
    from hydrometer.intelligence.exchange.intel_additions import SentFiles as SentFiles
    from hydrometer.intelligence.exchange.intel_additions import add_actor as add_actor
    from hydrometer.intelligence.exchange.intel_additions import add_campaign as add_campaign
    from hydrometer.intelligence.exchange.intel_additions import import_files as import_files
    from hydrometer.intelligence.exchange.intel_upkeep import expire_intel as expire_intel
    from hydrometer.intelligence.exchange.intel_upkeep import lint_intel as lint_intel
    from hydrometer.intelligence.exchange.intel_upkeep import read_intel as read_intel
    from hydrometer.intelligence.exchange.intel_upkeep import restore_statement as restore_statement
    from hydrometer.intelligence.exchange.intel_upkeep import retract_statement as retract_statement
    from hydrometer.intelligence.exchange.intel_upkeep import state_opinion as state_opinion
    from hydrometer.intelligence.exchange.intel_upkeep import write_revocation as write_revocation
    from hydrometer.intelligence.exchange.release_format import ReleaseFormat as ReleaseFormat
else:
    from hydrometer.exports import export_lazily

    __getattr__, __dir__, __all__ = export_lazily(__name__, __file__)
