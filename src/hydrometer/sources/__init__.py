"""A telemetry format → exchanges and accounts."""

from __future__ import annotations

from hydrometer.sources.rejects import Rejects
from hydrometer.sources.traffic import Traffic, open_traffic

__all__ = ["Rejects", "Traffic", "open_traffic"]
