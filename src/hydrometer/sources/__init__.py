"""A telemetry format → exchanges and accounts."""

from __future__ import annotations

from hydrometer.sources.chunks import ParquetChunk, chunked
from hydrometer.sources.conforming import Conforming, seen_in
from hydrometer.sources.rejects import MOST_LISTED, UNLISTED, Counted, Rejects
from hydrometer.sources.table_traffic import ForeignTable, TableTraffic
from hydrometer.sources.traffic import Traffic, open_traffic

__all__ = [
    "MOST_LISTED",
    "UNLISTED",
    "Conforming",
    "Counted",
    "ForeignTable",
    "ParquetChunk",
    "Rejects",
    "TableTraffic",
    "Traffic",
    "chunked",
    "open_traffic",
    "seen_in",
]
