"""Tables that another engine holds, as exchanges and accounts; the like of `FileTraffic`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydrometer.contract import ACCOUNTS, EXCHANGES, FINGERPRINTS, TEXTS, TRAFFIC
from hydrometer.sources.account_merger import merge_account_rows
from hydrometer.sources.column_mapping import load_mapping
from hydrometer.sources.decoded_size import split_by_decoded_size
from hydrometer.sources.discovery import load_releases
from hydrometer.sources.schema_cast import SchemaCast, find_filled_columns, split_by_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    import pyarrow as pa

    from hydrometer.contract import ReadSettings
    from hydrometer.sources.rejects import Rejects


@dataclass(frozen=True, slots=True)
class ForeignTable:
    """A table of another engine: where it is, its columns, and its rows of some of them."""

    location: str
    columns: frozenset[str]
    batches: Callable[[frozenset[str]], Iterable[pa.RecordBatch]]


class TableTraffic:
    """Exchanges and accounts in tables.

    Attributes:
        schema_cast: how batches of exchanges are conformed, wherever they are read.
        fingerprinted: the exchanges carry fingerprint columns in place of texts.
        releases, inputs: as of `FileTraffic`.
    """

    rows_hint: int | None = None
    fold_versions: frozenset[str] = frozenset()
    """Tables do not say by which version of the fold their fingerprints were made."""

    def __init__(
        self,
        exchanges: ForeignTable,
        accounts: ForeignTable | None,
        *,
        releases: Path | None,
        settings: ReadSettings,
        mapping: Path | None,
    ) -> None:
        """Check the heads; raises InputError where a needed column is missing, or the mapping or the releases are faulty."""
        columns = load_mapping(mapping)
        self.fingerprinted = not exchanges.columns.isdisjoint(FINGERPRINTS.names) and exchanges.columns.isdisjoint(
            TEXTS
        )
        self.schema_cast = SchemaCast((TRAFFIC if self.fingerprinted else EXCHANGES).name, columns.exchanges, settings)
        self.schema_cast.check_columns(exchanges.columns, exchanges.location)
        self._ignored_columns = self.schema_cast.list_ignored_columns(exchanges.columns)
        self._accounts, self._account_cast = accounts, SchemaCast(ACCOUNTS.name, columns.accounts, settings)
        self._exchanges, self._settings = exchanges, settings
        self.inputs = [exchanges.location]
        if accounts is not None:
            self._account_cast.check_columns(accounts.columns, accounts.location)
            self._ignored_columns |= self._account_cast.list_ignored_columns(accounts.columns)
            self.inputs.append(accounts.location)
        self.releases: dict[str, datetime] = load_releases(releases)

    def batches(self, rejects: Rejects) -> Iterator[pa.RecordBatch]:
        """Read the exchanges in this process, anew at each call; `rejects` takes what the reading comes to."""
        start, location = 1, self._exchanges.location
        for batch in self._exchanges.batches(self.schema_cast.wanted_columns):
            for part, _ in split_by_decoded_size(batch, self._settings.batch_bytes):
                conformed = self.schema_cast.conform_batch(part, rejects, file=location, line_of=start.__add__)
                start += part.num_rows
                rejects.filled_columns |= find_filled_columns("exchanges", conformed)
                if conformed.num_rows:
                    yield from split_by_size(conformed, self._settings)

    def accounts(self, rejects: Rejects) -> pa.Table:
        """Return the accounts, one row each, sorted by id; `rejects` takes what the reading comes to."""
        rejects.ignored_columns |= self._ignored_columns
        table = merge_account_rows(self._account_batches(rejects), [], rejects)
        rejects.filled_columns |= find_filled_columns("accounts", table)
        return table

    def _account_batches(self, rejects: Rejects) -> Iterable[tuple[str, pa.RecordBatch]]:
        if self._accounts is None:
            return
        start, location = 1, self._accounts.location
        for batch in self._accounts.batches(self._account_cast.wanted_columns):
            yield location, self._account_cast.conform_batch(batch, rejects, file=location, line_of=start.__add__)
            start += batch.num_rows
