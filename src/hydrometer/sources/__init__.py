"""A telemetry format → exchanges and accounts."""

from __future__ import annotations

from hydrometer.sources.file_traffic import FileTraffic, open_traffic
from hydrometer.sources.parquet_chunks import ParquetChunk, cut_into_chunks
from hydrometer.sources.rejects import MOST_LISTED, UNLISTED, Rejects, RejectSummary
from hydrometer.sources.schema_cast import SchemaCast, find_filled_columns
from hydrometer.sources.table_traffic import ForeignTable, TableTraffic

__all__ = [
    "MOST_LISTED",
    "UNLISTED",
    "FileTraffic",
    "ForeignTable",
    "ParquetChunk",
    "RejectSummary",
    "Rejects",
    "SchemaCast",
    "TableTraffic",
    "cut_into_chunks",
    "find_filled_columns",
    "open_traffic",
]
