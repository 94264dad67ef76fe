"""How a table is declared: every column once, with its type, its unit and its meaning."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

TIMESTAMP = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """One column of a table; `needed` columns may be neither absent nor null."""

    name: str
    type: pa.DataType
    meaning: str
    needed: bool = False
    unit: str = ""
    otel: str = ""


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table that stages meet in."""

    name: str
    meaning: str
    columns: tuple[ColumnSpec, ...]

    @property
    def names(self) -> list[str]:
        """Names of the columns, in the order of declaration."""
        return [column.name for column in self.columns]

    @property
    def needed(self) -> list[str]:
        """Names of the columns that may be neither absent nor null."""
        return [column.name for column in self.columns if column.needed]

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema, in the order of declaration."""
        return pa.schema([pa.field(c.name, c.type, nullable=not c.needed) for c in self.columns])

    def column(self, name: str) -> ColumnSpec:
        """Return the column of that name; raises KeyError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}")
