"""Batches of a customer's table → batches of ours, wherever they are read: a value that can be sent to another process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hydrometer.contract import ACCOUNTS, EXCHANGES, TRAFFIC, InputError
from hydrometer.sources.column_casts import BatchOrigin, conform_columns
from hydrometer.sources.column_mapping import Origins, collect_source_columns, map_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hydrometer.contract import ReadSettings, TableSpec
    from hydrometer.sources.rejects import Rejects

TABLES = {table.name: table for table in (ACCOUNTS, EXCHANGES, TRAFFIC)}


@dataclass(frozen=True, slots=True)
class SchemaCast:
    """How the batches of one input become batches of the table of that name."""

    table_name: str
    origins: Origins
    settings: ReadSettings

    @property
    def table(self) -> TableSpec:
        return TABLES[self.table_name]

    @property
    def wanted_columns(self) -> frozenset[str]:
        """The columns of the input that are read."""
        return frozenset(self.table.names) | collect_source_columns(self.origins)

    def list_ignored_columns(self, columns: frozenset[str]) -> set[str]:
        """Return columns of the input that the contract does not know, as "exchanges.x" or "accounts.x"."""
        return {f"{get_column_prefix(self.table)}.{name}" for name in columns - self.wanted_columns}

    def check_columns(self, columns: frozenset[str], file: str, *, row: int | None = None) -> None:
        """Raise InputError where a table's head lacks a needed column."""
        paths = {name: origin.path for name, origin in self.origins.items()}
        available = {
            name for name, path in paths.items() if not path or path[0] in columns or ".".join(path) in columns
        }
        require_columns(self.table, (columns - set(paths)) | available, file, row=row)

    def conform_batch(self, batch: Any, rejects: Rejects, *, file: str, line_of: Callable[[int], int | None]) -> Any:
        """Return a record batch of exactly the table's schema; what was left out is counted in `rejects`."""
        return conform_columns(
            self.table,
            map_columns(batch, self.origins),
            batch.num_rows,
            BatchOrigin(file, line_of, self.settings.trusted_proxies),
            rejects,
        )


def get_column_prefix(table: TableSpec) -> str:
    """Return the table's name in names of columns such as "accounts.x"."""
    return "accounts" if table is ACCOUNTS else "exchanges"


def find_filled_columns(prefix: str, batch: Any) -> set[str]:
    """Return the columns of a batch that hold a value, as "prefix.x"."""
    return {f"{prefix}.{name}" for name in batch.schema.names if batch.column(name).null_count < batch.num_rows}


def require_columns(table: TableSpec, columns: set[str] | frozenset[str], file: str, *, row: int | None) -> None:
    """Raise InputError where `columns` lack one that the table needs."""
    for name in table.needed:
        if name not in columns:
            raise InputError(
                "needed column is missing", file=file, row=row, column=name,
                mend=f"Add {name} ({table.column(name).meaning}), or map your own column to it with --mapping.",
            )  # fmt: skip


def split_by_size(batch: Any, settings: ReadSettings) -> Iterator[Any]:
    """Cut a batch so that each part keeps within `batch_bytes`, or is one row."""
    if batch.num_rows == 1 or batch.nbytes <= settings.batch_bytes:
        yield batch
        return
    half = batch.num_rows // 2
    for part in (batch.slice(0, half), batch.slice(half)):
        yield from split_by_size(part, settings)
