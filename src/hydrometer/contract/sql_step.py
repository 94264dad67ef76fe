"""A named piece of relational work: SQL that makes one table, run by an engine, printed by `--explain-steps`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SqlStep:
    """One table made from earlier ones; `sql` is a query in DuckDB's dialect."""

    name: str
    sql: str
    meaning: str
