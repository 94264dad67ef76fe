"""Traffic in any format to fingerprinted traffic, in this process or on Spark."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.detection.ingestion.fingerprinted_traffic import FingerprintSummary as FingerprintSummary
    from hydrometer.detection.ingestion.fingerprinted_traffic import ReadRequest as ReadRequest
    from hydrometer.detection.ingestion.fingerprinted_traffic import locate_default_site_key as locate_default_site_key
else:
    from hydrometer.exports import export_lazily

    __getattr__, __dir__, __all__ = export_lazily(__name__, __file__)
