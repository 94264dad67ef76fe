"""A telemetry format → exchanges and accounts."""

from __future__ import annotations

from hydrometer.sources.chunks import ParquetChunk, chunked
from hydrometer.sources.rejects import Rejects
from hydrometer.sources.traffic import Traffic, open_traffic

__all__ = ["ParquetChunk", "Rejects", "Traffic", "chunked", "open_traffic"]
