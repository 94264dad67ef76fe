"""Batches of a customer's table → batches of ours, wherever they are read: a value that can be sent to another process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hydrometer.contract.accounts import ACCOUNTS
from hydrometer.contract.errors import InputError
from hydrometer.contract.exchanges import EXCHANGES
from hydrometer.contract.fingerprints import TRAFFIC
from hydrometer.sources.columns import conform
from hydrometer.sources.mapping import Origins, mapped_columns, sources_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydrometer.contract.settings import ReadSettings
    from hydrometer.contract.table import Table
    from hydrometer.sources.rejects import Rejects

TABLES = {table.name: table for table in (ACCOUNTS, EXCHANGES, TRAFFIC)}


@dataclass(frozen=True, slots=True)
class Conforming:
    """How the batches of one input become batches of the table of that name."""

    table_name: str
    origins: Origins
    settings: ReadSettings

    @property
    def table(self) -> Table:
        return TABLES[self.table_name]

    @property
    def wanted(self) -> frozenset[str]:
        """The columns of the input that are read."""
        return frozenset(self.table.names) | sources_of(self.origins)

    def ignored(self, columns: frozenset[str]) -> set[str]:
        """Columns of the input that the contract does not know, as "exchanges.x" or "accounts.x"."""
        prefix = "accounts" if self.table is ACCOUNTS else "exchanges"
        return {f"{prefix}.{name}" for name in columns - self.wanted}

    def check(self, columns: frozenset[str], file: str, *, row: int | None = None) -> None:
        """Raise InputError where a table's head lacks a needed column."""
        paths = {name: origin.path for name, origin in self.origins.items()}
        held = {name for name, path in paths.items() if not path or path[0] in columns or ".".join(path) in columns}
        need(self.table, (columns - set(paths)) | held, file, row=row)

    def batch(self, batch: Any, rejects: Rejects, *, file: str, line_of: Callable[[int], int | None]) -> Any:
        """Return a record batch of exactly the table's schema; what was left out is counted in `rejects`."""
        return conform(
            self.table,
            mapped_columns(batch, self.origins),
            batch.num_rows,
            rejects=rejects,
            file=file,
            line_of=line_of,
            trusted_proxies=self.settings.trusted_proxies,
        )


def seen_in(prefix: str, batch: Any) -> set[str]:
    """Columns of a batch that hold a value, as "prefix.x"."""
    return {f"{prefix}.{name}" for name in batch.schema.names if batch.column(name).null_count < batch.num_rows}


def need(table: Table, columns: set[str] | frozenset[str], file: str, *, row: int | None) -> None:
    """Raise InputError where `columns` lack one that the table needs."""
    for name in table.needed:
        if name not in columns:
            raise InputError(
                "needed column is missing", file=file, row=row, column=name,
                mend=f"Add {name} ({table.column(name).meaning}), or map your own column to it with --mapping.",
            )  # fmt: skip
