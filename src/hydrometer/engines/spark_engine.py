"""The engine of a cluster: runs named steps on PySpark, each written to Parquet in a work folder that all nodes see.

A step is written and read back, not cached: the numbers that it gives to rows then stand, whatever a node that is lost
makes Spark do again. What comes to the driver is counted first and bounded by the setting `spark.collect_rows`.
"""

from __future__ import annotations

import shutil
import uuid
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import functions as F  # noqa: N812 - everybody calls it so

from hydrometer.contract import InputError
from hydrometer.engines.spark_dialect import list_tables, translate_to_spark
from hydrometer.engines.spark_session import SessionConfiguration, open_session
from hydrometer.engines.spark_source import (
    FILE,
    REFUSALS,
    ROW,
    SparkSource,
    escape_glob,
    make_spark_error,
    open_files,
    open_table,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

    from pyspark.sql import Column, DataFrame, SparkSession

    from hydrometer.contract import Progress, Settings, SqlStep
    from hydrometer.engines.spark_dialect import SparkQuery

    Mapper = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]

BELOW = 33
"""monotonically_increasing_id() is the partition's number above so many bits of the row's number in it."""
UNREADABLE = ("FAILED_READ_FILE", "CANNOT_READ", "PATH_NOT_FOUND")
"""Conditions of Spark that say that the input, not the run, is at fault."""


class SparkEngine:
    """The tables of one run in a Spark session; a context manager."""

    def __init__(self, folder: Path, settings: Settings, session: SparkSession | None = None) -> None:
        """Use `session`, or the active one, or start one; `folder` is the work folder of a session on this machine.

        Raises:
            InputError: Spark does not start, or no work folder is named that all nodes see.
        """
        self.session, self._owns_session = (session, False) if session is not None else open_session(settings)
        self.local = str(self.session.conf.get("spark.master", "")).startswith("local")
        """Whether all of Spark runs on this machine."""
        if not self.local and not settings.spark.work:
            self.close()
            raise InputError(
                "is not set, and this session runs on several machines",
                file="settings",
                column="spark.work",
                mend="Name a folder that all of them read and write, such as s3://bucket/scratch or dbfs:/tmp.",
            )
        self._token = uuid.uuid4().hex[:12]
        base = settings.spark.work or str(folder.absolute())
        self.work = f"{base.rstrip('/')}/hydrometer-{self._token}"
        self.left_over = ""
        self._most_rows = settings.spark.collect_rows
        self._views: dict[str, str] = {}
        more = {"spark.sql.execution.arrow.maxRecordsPerBatch": str(settings.read.batch_rows)}
        if settings.spark.partitions:
            more["spark.sql.shuffle.partitions"] = str(settings.spark.partitions)
        self._configuration = SessionConfiguration(self.session, more)

    def __enter__(self) -> SparkEngine:
        self._configuration.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            for view in self._views.values():
                self.session.catalog.dropTempView(view)
            self._remove_work()
        finally:
            self._configuration.__exit__()
            self.close()

    def close(self) -> None:
        """Stop the session where this run started it."""
        if self._owns_session:
            self.session.stop()

    def view(self, name: str, parquet: Path) -> None:
        """Name the Parquet files that match a path, of which the last part may hold `*`."""
        self._register_view(name, self.session.read.parquet(f"{escape_glob(parquet.parent)}/{parquet.name}"))

    def add_table(self, name: str, table: pa.Table) -> None:
        """Copy an Arrow table in."""
        self._register_view(name, self.session.createDataFrame(table))

    def run(self, steps: list[SqlStep], progress: Progress) -> None:
        """Run steps in order; each makes a table of its name."""
        for step in steps:
            self._register_view(step.name, self._run_query(translate_to_spark(step.sql, self._view_name)))
            progress.advance(1)

    @property
    def versions(self) -> dict[str, str]:
        """Of Spark as it runs, and of what translates the steps."""
        return {"spark": self.session.version, "sqlglot": version("sqlglot")}

    def table(self, location: str) -> SparkSource:
        """Open `table:NAME`, `parquet:PLACE`, `delta:PLACE` or `iceberg:PLACE`; raises InputError."""
        return open_table(self.session, location)

    def files(self, paths: Sequence[str], *, merge: bool) -> SparkSource | None:
        """Open Parquet files by patterns, which may have different columns with `merge`; None where there are none."""
        return open_files(self.session, paths, merge=merge)

    def text(self, location: str) -> str | None:
        """Return the content of a small text file (or of a folder of one); None where there is none."""
        try:
            rows = self.session.read.text(location, wholetext=True).toArrow()
        except AnalysisException:
            return None
        return "".join(rows["value"].to_pylist())

    def write_text(self, location: str, text: str) -> None:
        """Write a small text as a folder of one file."""
        lines = pa.table({"value": text.splitlines()})
        self.session.createDataFrame(lines).coalesce(1).write.mode("errorifexists").text(location)

    def rows(self, source: SparkSource) -> pa.Table:
        """Return all rows of a source; raises InputError where that is more than `spark.collect_rows`."""
        return self._collect(source.frame.drop(FILE, ROW), source.location)

    def name_query(self, name: str, sql: str) -> None:
        """Give a query a name, without running it."""
        self._register_view(name, self.session.sql(translate_to_spark(sql, self._view_name).sql))

    def arrow(self, sql: str) -> pa.Table:
        """Return the rows of a query.

        Raises:
            InputError: they are more than `spark.collect_rows`.
        """
        return self._collect(
            self.session.sql(translate_to_spark(sql, self._view_name).sql), " and ".join(list_tables(sql))
        )

    def count(self, table: str) -> int:
        """Return the number of rows of a table."""
        return self.session.table(self._view_name(table)).count()

    def map_batches(self, name: str, sources: Sequence[SparkSource], each: Mapper, schema: pa.Schema) -> None:
        """Send the batches of `sources` through `each`, where they lie, and keep what it makes as a table.

        `each` gets all batches of a task, with the columns `FILE` and `ROW` (see `spark_source`) behind those of the
        source, and yields batches of `schema`. It is sent to the workers with all that it holds.

        Raises:
            InputError: a source cannot be read.
        """
        try:
            self._register_view(name, self._materialise(self._map_sources(sources, each, schema)))
        except PySparkException as error:
            raise _explain_input_error(error, sources) from error

    def collect_batches(self, sources: Sequence[SparkSource], each: Mapper, schema: pa.Schema) -> pa.Table:
        """Map batches as `map_batches` does, but bring what `each` makes to the driver.

        Raises:
            InputError: a source cannot be read, or the rows are more than `spark.collect_rows`.
        """
        try:
            return self._collect(self._map_sources(sources, each, schema), " and ".join(s.location for s in sources))
        except PySparkException as error:
            raise _explain_input_error(error, sources) from error

    def save_table(self, name: str, location: str) -> int:
        """Write a table to a folder or, for `table:NAME`, `delta:PLACE` and `iceberg:PLACE`, as such a table; return its number of rows.

        Raises:
            InputError: Spark cannot write there, or there is something already.
        """
        kind, _, target = (
            location.rpartition(":") if location.startswith(("table:", "delta:", "iceberg:")) else ("", "", location)
        )
        writer = self.session.table(self._view_name(name)).write.mode("errorifexists")
        try:
            if kind == "table":
                writer.saveAsTable(target)
            elif kind:
                writer.format(kind).save(target)
            else:
                writer.option("compression", "zstd").parquet(target)
        except REFUSALS as error:
            raise make_spark_error("write", error, location, mend="Name a new place of a known kind.") from None
        return self.count(name)

    def _map_sources(self, sources: Sequence[SparkSource], each: Mapper, schema: pa.Schema) -> DataFrame:
        spark_schema = self.session.createDataFrame(schema.empty_table()).schema
        with warnings.catch_warnings():
            # mapInArrow looks for pandas, and warns of its version 3, but hands over Arrow batches only.
            warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
            frames = [source.frame.mapInArrow(each, spark_schema) for source in sources]
        together = frames[0]
        for frame in frames[1:]:
            together = together.union(frame)
        return together

    def _view_name(self, table: str) -> str:
        return self._views[table]

    def _register_view(self, name: str, frame: DataFrame) -> None:
        view = f"hydrometer_{self._token}_{name}"
        frame.createOrReplaceTempView(view)
        self._views[name] = view

    def _materialise(self, frame: DataFrame) -> DataFrame:
        """Return a frame, made once and kept in the work folder."""
        path = f"{self.work}/{uuid.uuid4().hex}"
        frame.write.parquet(path)
        return self.session.read.schema(frame.schema).parquet(_escape_path(path))

    def _run_query(self, query: SparkQuery) -> DataFrame:
        """Return a step's rows, numbered, in the work folder."""
        frame = self.session.sql(query.sql)
        # Numbering the rows writes them; it comes last, so that nothing is written twice.
        for numbering in sorted(query.numberings, key=lambda numbering: not numbering.dense):
            number = self._number_keys if numbering.dense else self._number_rows
            frame = number(frame, numbering.keys, numbering.column)
        frame = frame.drop(*(key for numbering in query.numberings for key in numbering.keys))
        return frame if any(not numbering.dense for numbering in query.numberings) else self._materialise(frame)

    def _number_rows(self, frame: DataFrame, keys: Sequence[str], column: str) -> DataFrame:
        """Set `column` to the number of each row in the order of `keys`, which are unique.

        Sorted by ranges over all tasks; a row's number is its position in its partition, after the rows of those before.
        """
        order = [F.col(key).asc_nulls_last() for key in keys]
        placed = self._materialise(frame.orderBy(*order).withColumn("_place", F.monotonically_increasing_id()))
        partition = F.shiftright("_place", BELOW)
        sizes = placed.groupBy(partition.alias("at")).count().toArrow().sort_by("at").to_pylist()
        offsets, before = [0] * (sizes[-1]["at"] + 1 if sizes else 1), 0
        for size in sizes:
            offsets[size["at"]] = before
            before += size["count"]
        offset = F.array(*(F.lit(value).cast("bigint") for value in offsets))[partition.cast("int")]
        number: Column = offset + F.col("_place").bitwiseAND(F.lit(2**BELOW - 1))
        return placed.withColumn(column, number).drop("_place")

    def _number_keys(self, frame: DataFrame, keys: Sequence[str], column: str) -> DataFrame:
        """Set `column` to the number of each row's `keys` among the distinct ones."""
        distinct = frame.select(*keys).distinct().withColumn("_number", F.lit(None).cast("bigint"))
        numbers = self._number_rows(distinct, keys, "_number").toDF(*(f"_of{key}" for key in keys), "_number")
        same = [frame[key].eqNullSafe(numbers[f"_of{key}"]) for key in keys]
        joined = frame.join(numbers, same, "left").withColumn(column, F.col("_number"))
        return joined.drop("_number", *(f"_of{key}" for key in keys))

    def _collect(self, frame: DataFrame, what: str) -> pa.Table:
        rows = frame.count()
        if rows > self._most_rows:
            raise InputError(
                f"{rows:,} rows of {what} must come to one place, more than {self._most_rows:,}",
                file="settings",
                column="spark.collect_rows",
                mend="Raise it as far as the driver's memory goes, or read fewer days.",
            )
        return frame.toArrow().replace_schema_metadata(None)

    def _remove_work(self) -> None:
        """Delete the work folder; where that is not possible from here, `left_over` names it."""
        folder = Path(self.work)
        if self.local and folder.is_absolute():
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                return
        gateway = getattr(self.session, "_jvm", None)
        if gateway is None:
            # Spark Connect gives no way to delete a folder.
            self.left_over = self.work
            return
        path = gateway.org.apache.hadoop.fs.Path(self.work)
        path.getFileSystem(self.session._jsparkSession.sessionState().newHadoopConf()).delete(path, True)  # noqa: SLF001


def _escape_path(path: str) -> str:
    return escape_glob(Path(path)) if path.startswith("/") else path


def _explain_input_error(error: PySparkException, sources: Sequence[SparkSource]) -> Exception:
    """Return an error as one that a user can mend, where it is one."""
    condition = error.getCondition() or ""
    if not condition.startswith(UNREADABLE):
        return error
    locations = ", ".join(source.location for source in sources)
    return make_spark_error("read", error, locations, mend="Write the files again.")
