"""One input as a stream of exchanges and a table of accounts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from hydrometer.contract.accounts import ACCOUNTS
from hydrometer.contract.errors import InputError
from hydrometer.contract.exchanges import EXCHANGES
from hydrometer.contract.fingerprints import TRAFFIC
from hydrometer.sources.account_book import AccountBook, one_row_each
from hydrometer.sources.chunks import ParquetChunk, chunked, held, sketched
from hydrometer.sources.columns import conform
from hydrometer.sources.conforming import Conforming, need, seen_in
from hydrometer.sources.discovery import InputFile, Layout, discover, releases_of
from hydrometer.sources.mapping import ColumnMapping, Origins, load_mapping, mapped, sources_of
from hydrometer.sources.parquet import parquet_batches
from hydrometer.sources.stream import csv_records, json_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    import pyarrow as pa

    from hydrometer.contract.settings import ReadSettings
    from hydrometer.contract.table import Table
    from hydrometer.sources.reader import Draft
    from hydrometer.sources.rejects import Rejects

MOST_BATCH_BYTES = 1 << 30
"""Arrow counts a string column's bytes in 31 bits."""
SAMPLE = 1_000
"""Records without a needed column from which on the column counts as missing (or all, where there are fewer)."""
UNREAD = "file of no known format, not read"


def open_traffic(
    path: Path, *, settings: ReadSettings, source: str | None = None, mapping: Path | None = None
) -> Traffic:
    """Open a file or a folder of exchanges and what is known of their accounts.

    `source` names the format where content does not tell it; `mapping` is a TOML file of a customer's own columns.

    Raises:
        InputError: nothing to read, an unknown format, a needed column missing, a damaged file, a faulty mapping.
    """
    columns = load_mapping(mapping)
    return Traffic(discover(path, source, mapped=mapping is not None), settings, columns)


class Traffic:
    """What `open_traffic` found.

    Attributes:
        fingerprinted: the input carries fingerprint columns in place of texts; batches are of `TRAFFIC`.
        columns_seen: columns that held a value, as "exchanges.x" and "accounts.x"; known after reading.
        ignored_columns: columns of canonical files that the contract does not know, named likewise; after reading.
        releases: model → time of release.
        inputs: the files, in the order in which they are read; those not read are not among them.
        rows_hint: number of exchanges where all files tell it.
    """

    def __init__(self, layout: Layout, settings: ReadSettings, mapping: ColumnMapping) -> None:
        self._layout, self._settings, self._mapping = layout, settings, mapping
        self.fingerprinted = _fingerprinted(layout.exchanges)
        self._table: Table = TRAFFIC if self.fingerprinted else EXCHANGES
        self._conforming = Conforming(self._table.name, mapping.exchanges, settings)
        for file in layout.exchanges:
            _check(file, self._conforming)
        for file in layout.accounts:
            _check(file, Conforming(ACCOUNTS.name, mapping.accounts, settings))
        self.releases: dict[str, datetime] = releases_of(layout.releases)
        paths = [file.path for file in (*layout.exchanges, *layout.accounts)]
        paths += [layout.releases] if layout.releases is not None else []
        self.inputs: list[str] = [str(path) for path in (*paths, *layout.intel)]
        rows = [file.rows for file in layout.exchanges]
        self.rows_hint: int | None = None if None in rows else sum(row for row in rows if row is not None)
        self._seen: set[str] = set()
        self._ignored: set[str] = set()
        self._book: AccountBook | None = None

    @property
    def columns_seen(self) -> frozenset[str]:
        return frozenset(self._seen)

    @property
    def ignored_columns(self) -> frozenset[str]:
        return frozenset(self._ignored)

    def batches(self, rejects: Rejects) -> Iterator[pa.RecordBatch]:
        """Read the exchanges, anew at each call, files by name; rejected rows and repairs are counted in `rejects`.

        Every batch has exactly the schema of `EXCHANGES` (of `TRAFFIC` where `fingerprinted`) and keeps within
        `batch_rows` and `batch_bytes`; a single exchange above `batch_bytes` is a batch of its own.

        Raises:
            InputError: a needed column is missing, or a file is damaged.
        """
        self._seen = {name for name in self._seen if not name.startswith("exchanges.")}
        book = AccountBook()
        self._note_unread(rejects)
        for file in self._layout.exchanges:
            for batch in self._conformed(file, self._table, self._mapping.exchanges, rejects, book):
                self._see("exchanges", batch)
                if batch.num_rows:
                    yield from _bounded(batch, self._settings)
        self._book = book

    def elsewhere(self, rejects: Rejects) -> tuple[Conforming, list[Path]]:
        """The Parquet files of exchanges, for an engine that reads them itself, and how their batches are conformed.

        Raises:
            InputError: a file is not Parquet.
        """
        self._note_unread(rejects)
        for file in self._layout.exchanges:
            if file.container != "parquet":
                raise InputError(
                    "not Parquet, which is all that this engine reads", file=str(file.path),
                    mend="Turn it into Parquet with `hydrometer fingerprint`, or detect with --engine embedded.",
                )  # fmt: skip
            self._ignored |= self._conforming.ignored(file.columns)
        return self._conforming, [file.path for file in self._layout.exchanges]

    def saw(self, columns: set[str]) -> None:
        """Take down columns that were seen to hold values where another engine read them."""
        self._seen |= columns

    def _note_unread(self, rejects: Rejects) -> None:
        for path in self._layout.unread:
            rejects.note(f"{UNREAD}: {path.name}")

    def accounts(self, rejects: Rejects) -> pa.Table:
        """The accounts, one row each, sorted by id: of account tables, with gaps filled from what exchanges tell.

        Call it after `batches` came to its end, or what exchanges tell is not known yet.

        Raises:
            InputError: a needed column is missing, or a file is damaged.
        """
        told = self._book.rows(rejects) if self._book is not None else []
        unused = AccountBook()
        batches = (
            (str(file.path), batch)
            for file in self._layout.accounts
            for batch in self._conformed(file, ACCOUNTS, self._mapping.accounts, rejects, unused)
        )
        table = one_row_each(batches, told, rejects)
        self._seen = {name for name in self._seen if not name.startswith("accounts.")}
        self._see("accounts", table)
        return table

    @property
    def chunkable(self) -> bool:
        """Whether `chunks` can be asked for: the exchanges are fingerprints in Parquet, and nothing maps their columns."""
        return self.fingerprinted and not self._mapping.exchanges and all(map(sketched, self._layout.exchanges))

    def chunks(self, columns: Sequence[str], rejects: Rejects) -> list[ParquetChunk]:
        """The exchanges in chunks that can be read again and again, several at once.

        Only `columns` are read, and `columns_seen` tells of the others by the files' statistics; rejected rows and repairs
        are counted in `rejects` as chunks are closed.
        """
        files = self._layout.exchanges
        self._seen = {name for name in self._seen if not name.startswith("exchanges.")}
        self._note_unread(rejects)
        for file in files:
            self._ignored |= self._conforming.ignored(file.columns)
        paths = [file.path for file in files]
        unread = [name for name in TRAFFIC.names if name not in columns]
        self._seen |= {f"exchanges.{name}" for name in held(paths, unread)}
        return list(chunked(paths, columns, partial(self._see, "exchanges"), rejects))

    def _see(self, table: str, batch: Any) -> None:
        self._seen |= seen_in(table, batch)

    def _conformed(
        self, file: InputFile, table: Table, origins: Origins, rejects: Rejects, book: AccountBook
    ) -> Iterator[pa.RecordBatch]:
        if file.container == "parquet":
            yield from self._from_parquet(file, table, origins, rejects)
        else:
            yield from self._from_records(file, table, origins, rejects, book)

    def _from_parquet(
        self, file: InputFile, table: Table, origins: Origins, rejects: Rejects
    ) -> Iterator[pa.RecordBatch]:
        conforming = Conforming(table.name, origins, self._settings)
        self._ignored |= conforming.ignored(file.columns)
        for start, batch in parquet_batches(file.path, conforming.wanted, self._settings):
            yield conforming.batch(batch, rejects, file=str(file.path), line_of=start.__add__)

    def _from_records(
        self, file: InputFile, table: Table, origins: Origins, rejects: Rejects, book: AccountBook
    ) -> Iterator[pa.RecordBatch]:
        read = csv_records if file.container == "csv" else json_records
        canonical = file.reader.name == "canonical"
        drafts = file.reader.read(read(file.path, rejects), rejects, self._settings)
        names, keys, present = table.names, set[str](), set[str]()
        read_rows, checked = 0, not canonical
        for group in _groups(drafts, self._settings):
            rows = [mapped(draft.exchange, origins) for draft in group] if origins else [d.exchange for d in group]
            if canonical:
                for draft in group:
                    keys.update(draft.exchange)
            for draft in group:
                if draft.account is not None:
                    book.add(draft.account, str(file.path))
            if not checked:
                # Which columns a file of records has shows only in its records: a good many must have been seen.
                present.update(*rows)
                read_rows += len(rows)
                checked = read_rows >= SAMPLE
                if checked:
                    need(table, present, str(file.path), row=group[0].line)
            yield conform(
                table,
                {name: [row.get(name) for row in rows] for name in names},
                len(rows),
                rejects=rejects,
                file=str(file.path),
                line_of=[draft.line for draft in group].__getitem__,
                trusted_proxies=self._settings.trusted_proxies,
            )
        if not checked and read_rows:
            need(table, present, str(file.path), row=1)
        self._ignore(table, keys - set(names) - sources_of(origins))

    def _ignore(self, table: Table, names: frozenset[str] | set[str]) -> None:
        prefix = "accounts" if table is ACCOUNTS else "exchanges"
        self._ignored |= {f"{prefix}.{name}" for name in names}


def _fingerprinted(files: tuple[InputFile, ...]) -> bool:
    with_texts = [file for file in files if file.columns and not file.fingerprinted]
    with_fingerprints = [file for file in files if file.fingerprinted]
    if with_texts and with_fingerprints:
        raise InputError(
            f"carries fingerprints, {with_texts[0].path.name} texts", file=str(with_fingerprints[0].path),
            mend="Keep inputs with texts and inputs with fingerprints apart.",
        )  # fmt: skip
    return bool(with_fingerprints)


def _check(file: InputFile, conforming: Conforming) -> None:
    """A table's head names every column, so a missing one is told before anything is read."""
    if file.container != "json" and file.reader.name == "canonical" and file.columns:
        conforming.check(file.columns, str(file.path), row=1 if file.container == "csv" else None)


def _groups(drafts: Iterator[Draft], settings: ReadSettings) -> Iterator[list[Draft]]:
    """Drafts by the batch, each within `batch_rows` and, but for one large exchange, `batch_bytes`."""
    most = min(settings.batch_bytes, MOST_BATCH_BYTES)
    group: list[Draft] = []
    held = 0
    for draft in drafts:
        if group and (len(group) >= settings.batch_rows or held + draft.size > most):
            yield group
            group, held = [], 0
        group.append(draft)
        held += draft.size
    if group:
        yield group


def _bounded(batch: pa.RecordBatch, settings: ReadSettings) -> Iterator[pa.RecordBatch]:
    """Cut a batch so that each part keeps within `batch_bytes`, or is one row."""
    if batch.num_rows == 1 or batch.nbytes <= settings.batch_bytes:
        yield batch
        return
    half = batch.num_rows // 2
    for part in (batch.slice(0, half), batch.slice(half)):
        yield from _bounded(part, settings)
