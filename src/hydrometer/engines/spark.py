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

from hydrometer.contract.errors import InputError
from hydrometer.engines.dialect import spark_query, tables_of
from hydrometer.engines.spark_session import Configured, open_session
from hydrometer.engines.spark_source import (
    FILE,
    REFUSALS,
    ROW,
    SparkSource,
    first_line,
    local_glob,
    open_files,
    open_table,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

    from pyspark.sql import Column, DataFrame, SparkSession

    from hydrometer.contract.progress import Progress
    from hydrometer.contract.settings import Settings
    from hydrometer.contract.step import Step
    from hydrometer.engines.dialect import SparkQuery

    Mapper = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]

BELOW = 33
"""monotonically_increasing_id() is the partition's number above so many bits of the row's number in it."""
UNREADABLE = ("FAILED_READ_FILE", "CANNOT_READ", "PATH_NOT_FOUND")
"""Conditions of Spark that say that the input, not the run, is at fault."""


class SparkEngine:
    """Holds the tables of one run in a session; use it as a context manager."""

    def __init__(self, folder: Path, settings: Settings, session: SparkSession | None = None) -> None:
        """Use `session`, or the active one, or start one; `folder` is the work folder of a session on this machine.

        Raises:
            InputError: Spark does not start, or no work folder is named that all nodes see.
        """
        self.session, self._own = (session, False) if session is not None else open_session(settings)
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
        self._most = settings.spark.collect_rows
        self._views: dict[str, str] = {}
        more = {"spark.sql.execution.arrow.maxRecordsPerBatch": str(settings.read.batch_rows)}
        if settings.spark.partitions:
            more["spark.sql.shuffle.partitions"] = str(settings.spark.partitions)
        self._configured = Configured(self.session, more)

    def __enter__(self) -> SparkEngine:
        self._configured.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            for view in self._views.values():
                self.session.catalog.dropTempView(view)
            self._remove_work()
        finally:
            self._configured.__exit__()
            self.close()

    def close(self) -> None:
        """Stop the session where this run started it."""
        if self._own:
            self.session.stop()

    def view(self, name: str, parquet: Path) -> None:
        """Name the Parquet files that match a path, of which the last part may hold `*`."""
        self._name(name, self.session.read.parquet(f"{local_glob(parquet.parent)}/{parquet.name}"))

    def put(self, name: str, table: pa.Table) -> None:
        """Copy an Arrow table in."""
        self._name(name, self.session.createDataFrame(table))

    def run(self, steps: list[Step], progress: Progress) -> None:
        """Run steps in order; each makes a table of its name."""
        for step in steps:
            self._name(step.name, self._made(spark_query(step.sql, self._known)))
            progress.advance(1)

    @property
    def versions(self) -> dict[str, str]:
        """Of Spark as it runs, and of what translates the steps."""
        return {"spark": self.session.version, "sqlglot": version("sqlglot")}

    def table(self, place: str) -> SparkSource:
        """Open `table:NAME`, `parquet:PLACE`, `delta:PLACE` or `iceberg:PLACE`; raises InputError."""
        return open_table(self.session, place)

    def files(self, paths: Sequence[str], *, merge: bool) -> SparkSource | None:
        """Open Parquet files by patterns, which may have different columns with `merge`; None where there are none."""
        return open_files(self.session, paths, merge=merge)

    def text(self, place: str) -> str | None:
        """The content of a small text file (or of a folder of one); None where there is none."""
        try:
            rows = self.session.read.text(place, wholetext=True).toArrow()
        except AnalysisException:
            return None
        return "".join(rows["value"].to_pylist())

    def write_text(self, place: str, text: str) -> None:
        """Write a small text as a folder of one file."""
        lines = pa.table({"value": text.splitlines()})
        self.session.createDataFrame(lines).coalesce(1).write.mode("errorifexists").text(place)

    def rows(self, source: SparkSource) -> pa.Table:
        """All of a source; raises InputError where that is more than `spark.collect_rows`."""
        return self._collected(source.frame.drop(FILE, ROW), source.place)

    def name(self, name: str, sql: str) -> None:
        """Give a query a name, without running it."""
        self._name(name, self.session.sql(spark_query(sql, self._known).sql))

    def arrow(self, sql: str) -> pa.Table:
        """The rows of a query.

        Raises:
            InputError: they are more than `spark.collect_rows`.
        """
        return self._collected(self.session.sql(spark_query(sql, self._known).sql), " and ".join(tables_of(sql)))

    def count(self, table: str) -> int:
        """Rows of a table."""
        return self.session.table(self._known(table)).count()

    def mapped(self, name: str, sources: Sequence[SparkSource], each: Mapper, schema: pa.Schema) -> None:
        """Send the batches of `sources` through `each`, where they lie, and keep what it makes as a table.

        `each` gets all batches of a task, with the columns `FILE` and `ROW` (see `spark_source`) behind those of the
        source, and yields batches of `schema`. It is sent to the workers with all that it holds.

        Raises:
            InputError: a source cannot be read.
        """
        try:
            self._name(name, self._written(self._through(sources, each, schema)))
        except PySparkException as error:
            raise _of_input(error, sources) from error

    def gathered(self, sources: Sequence[SparkSource], each: Mapper, schema: pa.Schema) -> pa.Table:
        """Like `mapped`, but bring what `each` makes to the driver.

        Raises:
            InputError: a source cannot be read, or the rows are more than `spark.collect_rows`.
        """
        try:
            return self._collected(self._through(sources, each, schema), " and ".join(s.place for s in sources))
        except PySparkException as error:
            raise _of_input(error, sources) from error

    def saved(self, name: str, place: str) -> int:
        """Write a table to a folder or, for `table:NAME`, `delta:PLACE` and `iceberg:PLACE`, as such a table; its rows.

        Raises:
            InputError: Spark cannot write there, or there is something already.
        """
        kind, _, target = (
            place.rpartition(":") if place.startswith(("table:", "delta:", "iceberg:")) else ("", "", place)
        )
        writer = self.session.table(self._known(name)).write.mode("errorifexists")
        try:
            if kind == "table":
                writer.saveAsTable(target)
            elif kind:
                writer.format(kind).save(target)
            else:
                writer.option("compression", "zstd").parquet(target)
        except REFUSALS as error:
            raise InputError(
                f"Spark cannot write it: {first_line(error)}", file=place, mend="Name a new place of a known kind."
            ) from None
        return self.count(name)

    def _through(self, sources: Sequence[SparkSource], each: Mapper, schema: pa.Schema) -> DataFrame:
        spark_schema = self.session.createDataFrame(schema.empty_table()).schema
        with warnings.catch_warnings():
            # mapInArrow looks for pandas, and warns of its version 3, but hands over Arrow batches only.
            warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
            frames = [source.frame.mapInArrow(each, spark_schema) for source in sources]
        together = frames[0]
        for frame in frames[1:]:
            together = together.union(frame)
        return together

    def _known(self, table: str) -> str:
        return self._views[table]

    def _name(self, name: str, frame: DataFrame) -> None:
        view = f"hydrometer_{self._token}_{name}"
        frame.createOrReplaceTempView(view)
        self._views[name] = view

    def _written(self, frame: DataFrame) -> DataFrame:
        """The frame, made once and kept in the work folder."""
        place = f"{self.work}/{uuid.uuid4().hex}"
        frame.write.parquet(place)
        return self.session.read.schema(frame.schema).parquet(_escaped(place))

    def _made(self, query: SparkQuery) -> DataFrame:
        """A step's rows, numbered, in the work folder."""
        frame = self.session.sql(query.sql)
        # Numbering the rows writes them; it comes last, so that nothing is written twice.
        for numbering in sorted(query.numberings, key=lambda numbering: not numbering.dense):
            number = self._dense if numbering.dense else self._numbered
            frame = number(frame, numbering.keys, numbering.column)
        frame = frame.drop(*(key for numbering in query.numberings for key in numbering.keys))
        return frame if any(not numbering.dense for numbering in query.numberings) else self._written(frame)

    def _numbered(self, frame: DataFrame, keys: Sequence[str], column: str) -> DataFrame:
        """Set `column` to the number of each row in the order of `keys`, which are unique.

        Sorted by ranges over all tasks; a row's number is its place in its partition, after the rows of those before.
        """
        order = [F.col(key).asc_nulls_last() for key in keys]
        placed = self._written(frame.orderBy(*order).withColumn("_place", F.monotonically_increasing_id()))
        partition = F.shiftright("_place", BELOW)
        sizes = placed.groupBy(partition.alias("at")).count().toArrow().sort_by("at").to_pylist()
        offsets, before = [0] * (sizes[-1]["at"] + 1 if sizes else 1), 0
        for size in sizes:
            offsets[size["at"]] = before
            before += size["count"]
        offset = F.array(*(F.lit(value).cast("bigint") for value in offsets))[partition.cast("int")]
        number: Column = offset + F.col("_place").bitwiseAND(F.lit(2**BELOW - 1))
        return placed.withColumn(column, number).drop("_place")

    def _dense(self, frame: DataFrame, keys: Sequence[str], column: str) -> DataFrame:
        """Set `column` to the number of each row's `keys` among the distinct ones."""
        distinct = frame.select(*keys).distinct().withColumn("_number", F.lit(None).cast("bigint"))
        numbers = self._numbered(distinct, keys, "_number").toDF(*(f"_of{key}" for key in keys), "_number")
        same = [frame[key].eqNullSafe(numbers[f"_of{key}"]) for key in keys]
        joined = frame.join(numbers, same, "left").withColumn(column, F.col("_number"))
        return joined.drop("_number", *(f"_of{key}" for key in keys))

    def _collected(self, frame: DataFrame, what: str) -> pa.Table:
        rows = frame.count()
        if rows > self._most:
            raise InputError(
                f"{rows:,} rows of {what} must come to one place, more than {self._most:,}",
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


def _escaped(place: str) -> str:
    return local_glob(Path(place)) if place.startswith("/") else place


def _of_input(error: PySparkException, sources: Sequence[SparkSource]) -> Exception:
    """The error as one that a user can mend, where it is one."""
    condition = error.getCondition() or ""
    if not condition.startswith(UNREADABLE):
        return error
    places = ", ".join(source.place for source in sources)
    return InputError(f"Spark cannot read it: {first_line(error)}", file=places, mend="Write the files again.")
