"""What Spark reads: Parquet files and folders, and tables of the session, Delta and Iceberg among them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from py4j.protocol import Py4JJavaError
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import functions as F  # noqa: N812 - everybody calls it so

from hydrometer.contract import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession

FILE = "_file"
"""Column behind a source's own: the file (or the table) that a row comes from."""
ROW = "_row"
"""Column behind a source's own: the row of that file, from 1; null where Spark does not tell."""
REFUSALS = (AnalysisException, Py4JJavaError)
"""What Spark raises over a place or a kind that it does not know; of a missing kind the class differs by version."""
KINDS = ("table", "parquet", "delta", "iceberg")


@dataclass(frozen=True, slots=True)
class SparkSource:
    """A table that is not read yet: `frame` holds its columns, then `FILE` and `ROW`."""

    location: str
    columns: frozenset[str]
    frame: DataFrame

    def select(self, wanted: frozenset[str]) -> SparkSource:
        """Return a source of these columns only; a name may hold dots."""
        names = [name for name in self.frame.columns if name in wanted or name in (FILE, ROW)]
        quoted = ["`{}`".format(name.replace("`", "``")) for name in names]
        return SparkSource(self.location, self.columns & wanted, self.frame.select(*quoted))


def split_location(location: str) -> tuple[str, str]:
    """Return `table:NAME`, `delta:PLACE` and the like as (kind, location); a bare location is a folder, of kind ""."""
    kind, _, rest = location.partition(":")
    return (kind, rest) if kind in KINDS else ("", location)


def summarise_error(error: PySparkException | Py4JJavaError) -> str:
    """Return what an error of Spark says, without its stack."""
    text = str(error.java_exception.getMessage()) if isinstance(error, Py4JJavaError) else str(error)
    return text.strip().split("\n", 1)[0]


def make_spark_error(verb: str, error: PySparkException | Py4JJavaError, location: str, *, mend: str) -> InputError:
    """Return the error of what Spark cannot open, read or write, as the verb says."""
    return InputError(f"Spark cannot {verb} it: {summarise_error(error)}", file=location, mend=mend)


def open_table(session: SparkSession, location: str) -> SparkSource:
    """Open `table:NAME`, `parquet:PLACE`, `delta:PLACE` or `iceberg:PLACE`.

    Raises:
        InputError: no such table, or a session that cannot read the kind.
    """
    kind, rest = split_location(location)
    try:
        if kind == "table":
            return _build_source(session.table(rest), location, rows=False)
        return _build_source(session.read.format(kind).load(rest), location, rows=kind == "parquet")
    except REFUSALS as error:
        raise make_spark_error(
            "open",
            error,
            location,
            mend=f"Name a place of one of the kinds that this session reads ({', '.join(KINDS)}).",
        ) from None


def open_files(session: SparkSession, paths: Sequence[str], *, merge: bool) -> SparkSource | None:
    """Open Parquet files or folders of them, in Hadoop's notation with its patterns; None where there are none.

    `merge`: the files may have different columns.

    Raises:
        InputError: Spark cannot read them as one table.
    """
    try:
        frame = session.read.option("mergeSchema", str(merge).lower()).parquet(*paths)
    except AnalysisException as error:
        if (error.getCondition() or "") == "PATH_NOT_FOUND":
            return None
        raise make_spark_error(
            "open", error, paths[0], mend="Write Parquet files with columns of one type each."
        ) from None
    return _build_source(frame, paths[0], rows=True)


def _build_source(frame: DataFrame, location: str, *, rows: bool) -> SparkSource:
    columns = frozenset(frame.columns)
    if rows:
        file, row = F.col("_metadata.file_path"), F.col("_metadata.row_index") + 1
    else:
        file, row = F.lit(location), F.lit(None).cast("bigint")
    return SparkSource(location, columns, frame.withColumn(FILE, file).withColumn(ROW, row))


def escape_glob(path: Path) -> str:
    """Return a path of this machine as Hadoop's pattern that matches it alone."""
    return re.sub(r"([\\*?\[\]{}^])", r"\\\1", str(path.absolute()))


def escape_globs(paths: Iterable[Path]) -> list[str]:
    """Return the paths as patterns that match them alone."""
    return [escape_glob(path) for path in paths]
