"""What every engine can do, so that detection need not know which one runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from hydrometer.contract.progress import Progress
    from hydrometer.contract.sql_step import SqlStep


class Engine(Protocol):
    """The tables of one run, and the SQL over them, in DuckDB's dialect."""

    def view(self, name: str, parquet: Path) -> None:
        """Name the Parquet files that match a path, of which the last part may hold `*`."""

    def add_table(self, name: str, table: pa.Table) -> None:
        """Copy an Arrow table in."""

    def run(self, steps: list[SqlStep], progress: Progress) -> None:
        """Run steps in order; each makes a table of its name."""

    def arrow(self, sql: str) -> pa.Table:
        """Return the rows of a query."""
        ...

    def count(self, table: str) -> int:
        """Return the number of rows of a table."""
        ...
