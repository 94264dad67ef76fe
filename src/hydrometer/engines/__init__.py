"""What runs named SQL steps: DuckDB and Spark."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.engines.duckdb_engine import DuckEngine as DuckEngine
    from hydrometer.engines.spark_dialect import translate_to_spark as translate_to_spark
    from hydrometer.engines.spark_engine import SparkEngine as SparkEngine
    from hydrometer.engines.spark_source import FILE as FILE
    from hydrometer.engines.spark_source import ROW as ROW
    from hydrometer.engines.spark_source import SparkSource as SparkSource
    from hydrometer.engines.spark_source import escape_globs as escape_globs
    from hydrometer.engines.spark_source import split_location as split_location
else:
    from hydrometer.exports import export_lazily

    __getattr__, __dir__, __all__ = export_lazily(__name__, __file__)
