"""Tables that another engine holds, as exchanges and accounts: tells what `Traffic` tells of files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydrometer.contract.accounts import ACCOUNTS
from hydrometer.contract.exchanges import EXCHANGES, TEXTS
from hydrometer.contract.fingerprints import FINGERPRINTS, TRAFFIC
from hydrometer.sources.account_book import one_row_each
from hydrometer.sources.conforming import Conforming, seen_in
from hydrometer.sources.discovery import releases_of
from hydrometer.sources.mapping import load_mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

    import pyarrow as pa

    from hydrometer.contract.settings import ReadSettings
    from hydrometer.sources.rejects import Rejects


@dataclass(frozen=True, slots=True)
class ForeignTable:
    """A table of another engine: where it is, its columns, and its rows of some of them."""

    place: str
    columns: frozenset[str]
    batches: Callable[[frozenset[str]], Iterable[pa.RecordBatch]]


class TableTraffic:
    """Exchanges and accounts in tables.

    Attributes:
        conforming: how batches of exchanges are conformed, wherever they are read.
        fingerprinted: the exchanges carry fingerprint columns in place of texts.
        columns_seen, ignored_columns, releases, inputs: as of `Traffic`.
    """

    rows_hint: int | None = None

    def __init__(
        self,
        exchanges: ForeignTable,
        accounts: ForeignTable | None,
        *,
        releases: Path | None,
        settings: ReadSettings,
        mapping: Path | None,
    ) -> None:
        """Raises InputError where a needed column is missing, or the mapping or the releases are faulty."""
        columns = load_mapping(mapping)
        self.fingerprinted = not exchanges.columns.isdisjoint(FINGERPRINTS.names) and exchanges.columns.isdisjoint(
            TEXTS
        )
        self.conforming = Conforming((TRAFFIC if self.fingerprinted else EXCHANGES).name, columns.exchanges, settings)
        self.conforming.check(exchanges.columns, exchanges.place)
        self.ignored_columns = self.conforming.ignored(exchanges.columns)
        self._accounts, self._of_accounts = accounts, Conforming(ACCOUNTS.name, columns.accounts, settings)
        self.inputs = [exchanges.place]
        if accounts is not None:
            self._of_accounts.check(accounts.columns, accounts.place)
            self.ignored_columns |= self._of_accounts.ignored(accounts.columns)
            self.inputs.append(accounts.place)
        self.releases: dict[str, datetime] = releases_of(releases)
        self.columns_seen: frozenset[str] = frozenset()

    def saw(self, columns: set[str]) -> None:
        """Take down columns that were seen to hold values."""
        self.columns_seen |= columns

    def accounts(self, rejects: Rejects) -> pa.Table:
        """The accounts, one row each, sorted by id."""
        table = one_row_each(self._account_batches(rejects), [], rejects)
        self.saw(seen_in("accounts", table))
        return table

    def _account_batches(self, rejects: Rejects) -> Iterable[tuple[str, pa.RecordBatch]]:
        if self._accounts is None:
            return
        start, place = 1, self._accounts.place
        for batch in self._accounts.batches(self._of_accounts.wanted):
            yield place, self._of_accounts.batch(batch, rejects, file=place, line_of=start.__add__)
            start += batch.num_rows
