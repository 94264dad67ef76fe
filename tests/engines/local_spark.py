"""A pytest plugin for the tests of several rooms: one Spark session, started when the first of them asks for it."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """One session on two cores of this machine, which speaks on loopback only."""
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("no Java, neither on the path nor by JAVA_HOME: the tests of the engine spark do not run")
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[2]").appName("hydrometer tests")
    for name, value in (
        ("spark.driver.host", "127.0.0.1"),
        ("spark.driver.bindAddress", "127.0.0.1"),
        ("spark.driver.memory", "1g"),
        # The tests are short: what the second compiler gains, it does not earn. The first alone has room for 48 MB of code,
        # which they fill.
        ("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m"),
        ("spark.log.level", "ERROR"),
        ("spark.sql.shuffle.partitions", "2"),
        ("spark.ui.enabled", "false"),
        ("spark.ui.showConsoleProgress", "false"),
    ):
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()
