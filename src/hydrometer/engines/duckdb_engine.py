"""Runs named steps on DuckDB, in this process, within a memory limit, spilling to a folder of its own."""

from __future__ import annotations

import glob
from typing import TYPE_CHECKING

import duckdb

from hydrometer.contract import InputError
from hydrometer.engines.size_errors import make_size_error

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    import pyarrow as pa

    from hydrometer.contract import Progress, SqlStep


class DuckEngine:
    """The tables of one run in DuckDB; a context manager."""

    def __init__(self, folder: Path, *, memory: str, threads: int) -> None:
        """Open a database file in `folder`.

        Raises:
            InputError: `memory` is not a size such as 4GB.
        """
        if "?" in str(folder):
            raise InputError("the path holds a question mark", file=str(folder), mend="Name a folder without one.")
        self._connection = duckdb.connect(str(folder / "run.duckdb"))
        try:
            self._connection.execute("SET memory_limit = '{}'".format(memory.replace("'", "''")))
        except duckdb.Error:
            self._connection.close()
            raise make_size_error(memory) from None
        self._connection.execute(f"SET threads = {threads}")
        self._connection.execute("SET temp_directory = '{}'".format(str(folder / "spill").replace("'", "''")))
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute("SET preserve_insertion_order = false")
        # Nothing is fetched at run time.
        self._connection.execute("SET autoinstall_known_extensions = false")
        self._connection.execute("SET autoload_known_extensions = false")

    def __enter__(self) -> DuckEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def view(self, name: str, parquet: Path) -> None:
        """Name the Parquet files that match a path, of which the last part may hold `*`."""
        quoted = f"{glob.escape(str(parquet.parent))}/{parquet.name}".replace("'", "''")
        self._connection.execute(f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM read_parquet('{quoted}')")

    def add_table(self, name: str, table: pa.Table) -> None:
        """Copy an Arrow table in."""
        self._connection.register("incoming", table)
        self._connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM incoming")
        self._connection.unregister("incoming")

    def run(self, steps: list[SqlStep], progress: Progress) -> None:
        """Run steps in order; each makes a table of its name."""
        for step in steps:
            self._connection.execute(f"CREATE OR REPLACE TABLE {step.name} AS {step.sql}")
            progress.advance(1)

    def arrow(self, sql: str) -> pa.Table:
        """Return the rows of a query."""
        table: pa.Table = self._connection.sql(sql).to_arrow_table()
        return table

    def count(self, table: str) -> int:
        """Return the number of rows of a table."""
        # All rows are fetched: an unfinished result would block the connection.
        (rows,) = self._connection.execute(f"SELECT count(*) FROM {table}").fetchall()
        return int(rows[0])
