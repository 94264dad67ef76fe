"""The Spark session of a run: the one that is there, or a local one of its own that listens on loopback only."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

from pyspark.errors import PySparkRuntimeError
from pyspark.sql import SparkSession

from hydrometer.contract import InputError
from hydrometer.engines.size_errors import make_size_error

if TYPE_CHECKING:
    from hydrometer.contract import Settings

SUBMITTED = ("PYSPARK_GATEWAY_PORT", "SPARK_REMOTE")
"""Variables that say: spark-submit, or a Spark Connect server, decides where this runs."""
CONFIGURATION = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    # As 96-bit numbers, Spark's habit, other readers take times for nanoseconds without a zone.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # Times in nanoseconds are read as numbers, of which `sources` tells the unit; Spark would refuse the file.
    "spark.sql.legacy.parquet.nanosAsLong": "true",
}
"""What the steps and the reading rely on; an existing session gets its own values back."""


def open_session(settings: Settings) -> tuple[SparkSession, bool]:
    """Return the active session, or a new one; and whether it is new, so that it is stopped after the run.

    Raises:
        InputError: Java is missing, or Spark does not start.
    """
    active = SparkSession.getActiveSession()
    if active is not None:
        return active, False
    builder = SparkSession.builder.appName("hydrometer")
    if not any(name in os.environ for name in SUBMITTED):
        builder = builder.config(map=_build_configuration(settings))
        # Spark would start whatever `python3` is first on the path.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    try:
        return builder.getOrCreate(), True
    except PySparkRuntimeError as error:
        raise InputError(
            f"Spark does not start: {str(error).splitlines()[0]}",
            file="spark",
            mend="Install Java 17 or newer and set JAVA_HOME, or run with --engine embedded.",
        ) from None


def _build_configuration(settings: Settings) -> dict[str, bool | float | int | str | None]:
    master = settings.spark.master or f"local[{settings.cores}]"
    chosen: dict[str, bool | float | int | str | None] = {
        "spark.master": master,
        "spark.driver.memory": format_spark_size(settings.memory),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        # What may come to the driver is bounded in rows, by spark.collect_rows.
        "spark.driver.maxResultSize": "0",
    }
    if master.startswith("local"):
        chosen |= {
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.sql.shuffle.partitions": str(2 * settings.cores),
        }
    return chosen


def format_spark_size(memory: str) -> str:
    """Return a size such as 4GB or 1.5GiB as Spark writes it, in whole MiB; raises InputError."""
    parsed = re.fullmatch(r"([0-9.]+) ?([KMGT])(i?)B", memory)
    if parsed is None:
        raise make_size_error(memory)
    power = "KMGT".index(parsed[2]) + 1
    return f"{max(1, int(float(parsed[1]) * (1024 if parsed[3] else 1000) ** power / 2**20))}m"


class SessionConfiguration:
    """A context in which a session has the configuration that the steps rely on, and `more`."""

    def __init__(self, session: SparkSession, more: dict[str, str]) -> None:
        self._session = session
        self._wanted = CONFIGURATION | more
        self._earlier_values: dict[str, str | None] = {}

    def __enter__(self) -> SessionConfiguration:
        for name, value in self._wanted.items():
            self._earlier_values[name] = self._session.conf.get(name, None)
            self._session.conf.set(name, value)
        return self

    def __exit__(self, *_: object) -> None:
        for name, value in self._earlier_values.items():
            if value is None:
                self._session.conf.unset(name)
            else:
                self._session.conf.set(name, value)
