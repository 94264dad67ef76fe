"""A telemetry format → exchanges and accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.sources.account_search import search_account as search_account
    from hydrometer.sources.file_traffic import FileTraffic as FileTraffic
    from hydrometer.sources.file_traffic import open_traffic as open_traffic
    from hydrometer.sources.format_reader import FormatReader as FormatReader
    from hydrometer.sources.format_reader import RawExchange as RawExchange
    from hydrometer.sources.format_reader import make_account_facts as make_account_facts
    from hydrometer.sources.parquet_chunks import ParquetChunk as ParquetChunk
    from hydrometer.sources.parquet_chunks import cut_into_chunks as cut_into_chunks
    from hydrometer.sources.record_readers import RawRecord as RawRecord
    from hydrometer.sources.rejects import MOST_LISTED as MOST_LISTED
    from hydrometer.sources.rejects import UNLISTED as UNLISTED
    from hydrometer.sources.rejects import Rejects as Rejects
    from hydrometer.sources.rejects import RejectSummary as RejectSummary
    from hydrometer.sources.schema_cast import SchemaCast as SchemaCast
    from hydrometer.sources.schema_cast import find_filled_columns as find_filled_columns
    from hydrometer.sources.table_traffic import ForeignTable as ForeignTable
    from hydrometer.sources.table_traffic import TableTraffic as TableTraffic
    from hydrometer.sources.traffic_tables import TrafficTables as TrafficTables
    from hydrometer.sources.traffic_tables import is_table as is_table
    from hydrometer.sources.traffic_tables import open_tables as open_tables
else:
    from hydrometer.exports import export_lazily

    __getattr__, __dir__, __all__ = export_lazily(__name__, __file__)
