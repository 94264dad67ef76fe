"""How a campaign is found: population measured, signals tested, groups scored."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.detection.detect import DetectionRequest as DetectionRequest
    from hydrometer.detection.detect import detect_campaigns as detect_campaigns
    from hydrometer.detection.detect import list_steps as list_steps
    from hydrometer.detection.detect import write_fingerprints as write_fingerprints
else:
    from hydrometer.exports import export_lazily

    __getattr__, __dir__, __all__ = export_lazily(__name__, __file__)
