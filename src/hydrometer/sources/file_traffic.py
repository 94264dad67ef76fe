"""One input as a stream of exchanges and a table of accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from hydrometer.contract import ACCOUNTS, EXCHANGES, FOLD_KEY, TRAFFIC, InputError
from hydrometer.sources.account_merger import join_statements, merge_account_rows
from hydrometer.sources.column_casts import BatchOrigin, conform_columns
from hydrometer.sources.column_mapping import ColumnMapping, Origins, collect_source_columns, load_mapping, map_row
from hydrometer.sources.discovery import InputFile, InputLayout, discover_inputs, load_releases
from hydrometer.sources.parquet_chunks import (
    ParquetChunk,
    cut_into_chunks,
    find_filled_by_statistics,
    has_int64_sketches,
)
from hydrometer.sources.parquet_reader import fits_whole, read_parquet_batches
from hydrometer.sources.record_readers import read_csv_records, read_json_records
from hydrometer.sources.schema_cast import (
    SchemaCast,
    find_filled_columns,
    get_column_prefix,
    require_columns,
    split_by_size,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    import pyarrow as pa

    from hydrometer.contract import ReadSettings, TableSpec
    from hydrometer.sources.format_reader import RawExchange
    from hydrometer.sources.rejects import Rejects

MOST_BATCH_BYTES = 1 << 30
"""Arrow counts a string column's bytes in 31 bits."""
SAMPLE = 1_000
"""Records without a needed column from which on the column counts as missing (or all, where there are fewer)."""
UNREAD = "file of no known format, not read"


def open_traffic(
    path: Path, *, settings: ReadSettings, source: str | None = None, mapping: Path | None = None
) -> FileTraffic:
    """Open a file or a folder of exchanges and what is known of their accounts.

    `source` names the format where content does not tell it; `mapping` is a TOML file of a customer's own columns.

    Raises:
        InputError: nothing to read, an unknown format, a needed column missing, a damaged file, a faulty mapping.
    """
    columns = load_mapping(mapping)
    return FileTraffic(discover_inputs(path, source, mapped=mapping is not None), settings, columns)


class FileTraffic:
    """Files of exchanges and accounts that are ready to be read; what a reading comes to is in the `Rejects` it is given.

    Attributes:
        fingerprinted: the input carries fingerprint columns in place of texts; batches are of `TRAFFIC`.
        releases: model → time of release.
        inputs: the files, in the order in which they are read; those not read are not among them.
        rows_hint: number of exchanges where all files tell it.
    """

    def __init__(self, layout: InputLayout, settings: ReadSettings, mapping: ColumnMapping) -> None:
        self._layout, self._settings, self._mapping = layout, settings, mapping
        self.fingerprinted = _are_fingerprinted(layout.exchanges)
        self._table: TableSpec = TRAFFIC if self.fingerprinted else EXCHANGES
        self._exchange_cast = SchemaCast(self._table.name, mapping.exchanges, settings)
        for file in layout.exchanges:
            _check_head(file, self._exchange_cast)
        for file in layout.accounts:
            _check_head(file, SchemaCast(ACCOUNTS.name, mapping.accounts, settings))
        self.releases: dict[str, datetime] = load_releases(layout.releases)
        paths = [file.path for file in (*layout.exchanges, *layout.accounts)]
        paths += [layout.releases] if layout.releases is not None else []
        self.inputs: list[str] = [str(path) for path in (*paths, *layout.intel)]
        rows = [file.rows for file in layout.exchanges]
        self.rows_hint: int | None = None if None in rows else sum(row for row in rows if row is not None)

    def batches(self, rejects: Rejects) -> Iterator[pa.RecordBatch]:
        """Read the exchanges, anew at each call, files by name; `rejects` takes what the reading comes to.

        Every batch has exactly the schema of `EXCHANGES` (of `TRAFFIC` where `fingerprinted`) and keeps within
        `batch_rows` and `batch_bytes`; a single exchange above `batch_bytes` is a batch of its own.

        Raises:
            InputError: a needed column is missing, or a file is damaged.
        """
        self._note_unread(rejects)
        for file in self._layout.exchanges:
            for batch in self._read_conformed(file, self._table, self._mapping.exchanges, rejects):
                rejects.filled_columns |= find_filled_columns("exchanges", batch)
                if batch.num_rows:
                    yield from split_by_size(batch, self._settings)

    def list_parquet_inputs(self, rejects: Rejects) -> tuple[SchemaCast, list[Path]]:
        """Return the Parquet files of exchanges, for an engine that reads them itself, and how their batches are conformed;
        `rejects` takes which of their columns are ignored.

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
            rejects.ignored_columns |= self._exchange_cast.list_ignored_columns(file.columns)
        return self._exchange_cast, [file.path for file in self._layout.exchanges]

    def _note_unread(self, rejects: Rejects) -> None:
        for path in self._layout.unread:
            rejects.note(f"{UNREAD}: {path.name}")

    def accounts(self, rejects: Rejects) -> pa.Table:
        """Return the accounts, one row each, sorted by id: of account tables, with gaps filled from `rejects.statements`.

        Raises:
            InputError: a needed column is missing, or a file is damaged.
        """
        batches = (
            (str(file.path), batch)
            for file in self._layout.accounts
            for batch in self._read_conformed(file, ACCOUNTS, self._mapping.accounts, rejects)
        )
        table = merge_account_rows(batches, join_statements(rejects.statements, rejects), rejects)
        rejects.filled_columns |= find_filled_columns("accounts", table)
        return table

    @property
    def fold_versions(self) -> frozenset[str]:
        """By which versions of the fold the fingerprints were made, as their files say it; "0" where they say nothing."""
        if not self.fingerprinted:
            return frozenset()
        return frozenset(
            (pq.read_schema(file.path).metadata or {}).get(FOLD_KEY, b"0").decode("utf-8", "replace")
            if file.container == "parquet"
            else "0"
            for file in self._layout.exchanges
        )

    @property
    def chunkable(self) -> bool:
        """Whether `chunks` can be used: the exchanges are fingerprints in Parquet whose row groups can be held, and nothing
        maps their columns.

        Raises:
            InputError: a file expands beyond what logs do.
        """
        return (
            self.fingerprinted
            and not self._mapping.exchanges
            and all(map(has_int64_sketches, self._layout.exchanges))
            and all(fits_whole(file.path, TRAFFIC.names, "exchange_id") for file in self._layout.exchanges)
        )

    def chunks(self, columns: Sequence[str], rejects: Rejects) -> list[ParquetChunk]:
        """Return the exchanges in chunks that can be read again and again, several at once.

        Only `columns` are read, and the files' statistics tell which others are filled; rejected rows and repairs are
        counted in `rejects` as chunks are closed.
        """
        files = self._layout.exchanges
        self._note_unread(rejects)
        for file in files:
            rejects.ignored_columns |= self._exchange_cast.list_ignored_columns(file.columns)
        paths = [file.path for file in files]
        unread = [name for name in TRAFFIC.names if name not in columns]
        rejects.filled_columns |= {f"exchanges.{name}" for name in find_filled_by_statistics(paths, unread)}
        return list(cut_into_chunks(paths, columns, rejects))

    def _read_conformed(
        self, file: InputFile, table: TableSpec, origins: Origins, rejects: Rejects
    ) -> Iterator[pa.RecordBatch]:
        if file.container == "parquet":
            yield from self._from_parquet(file, table, origins, rejects)
        else:
            yield from self._from_records(file, table, origins, rejects)

    def _from_parquet(
        self, file: InputFile, table: TableSpec, origins: Origins, rejects: Rejects
    ) -> Iterator[pa.RecordBatch]:
        schema_cast = SchemaCast(table.name, origins, self._settings)
        rejects.ignored_columns |= schema_cast.list_ignored_columns(file.columns)
        for start, batch in read_parquet_batches(file.path, schema_cast.wanted_columns, self._settings):
            yield schema_cast.conform_batch(batch, rejects, file=str(file.path), line_of=start.__add__)

    def _from_records(
        self, file: InputFile, table: TableSpec, origins: Origins, rejects: Rejects
    ) -> Iterator[pa.RecordBatch]:
        read = read_csv_records if file.container == "csv" else read_json_records
        canonical = file.reader.name == "canonical"
        raw_exchanges = file.reader.read(read(file.path, rejects), rejects, self._settings)
        names, keys, present = table.names, set[str](), set[str]()
        read_rows, checked = 0, not canonical
        for group in _group_into_batches(raw_exchanges, self._settings):
            rows = (
                [map_row(raw_exchange.exchange, origins) for raw_exchange in group]
                if origins
                else [raw_exchange.exchange for raw_exchange in group]
            )
            if canonical:
                for raw_exchange in group:
                    keys.update(raw_exchange.exchange)
            for raw_exchange in group:
                if raw_exchange.account is not None and table is not ACCOUNTS:
                    rejects.statements.add(raw_exchange.account, str(file.path))
            if not checked:
                # Which columns a file of records has shows only in its records: a good many must have been seen.
                present.update(*rows)
                read_rows += len(rows)
                checked = read_rows >= SAMPLE
                if checked:
                    require_columns(table, present, str(file.path), row=group[0].line)
            yield conform_columns(
                table,
                {name: [row.get(name) for row in rows] for name in names},
                len(rows),
                BatchOrigin(
                    str(file.path),
                    [raw_exchange.line for raw_exchange in group].__getitem__,
                    self._settings.trusted_proxies,
                ),
                rejects,
            )
        if not checked and read_rows:
            require_columns(table, present, str(file.path), row=1)
        unknown = keys - set(names) - collect_source_columns(origins)
        rejects.ignored_columns |= {f"{get_column_prefix(table)}.{name}" for name in unknown}


def _are_fingerprinted(files: tuple[InputFile, ...]) -> bool:
    with_texts = [file for file in files if file.columns and not file.fingerprinted]
    with_fingerprints = [file for file in files if file.fingerprinted]
    if with_texts and with_fingerprints:
        raise InputError(
            f"carries fingerprints, {with_texts[0].path.name} texts", file=str(with_fingerprints[0].path),
            mend="Keep inputs with texts and inputs with fingerprints apart.",
        )  # fmt: skip
    return bool(with_fingerprints)


def _check_head(file: InputFile, schema_cast: SchemaCast) -> None:
    """Raise InputError where a table's head, which names every column, lacks a needed one: before anything is read."""
    if file.container != "json" and file.reader.name == "canonical" and file.columns:
        schema_cast.check_columns(file.columns, str(file.path), row=1 if file.container == "csv" else None)


def _group_into_batches(raw_exchanges: Iterator[RawExchange], settings: ReadSettings) -> Iterator[list[RawExchange]]:
    """Yield raw exchanges by the batch, each within `batch_rows` and, but for one large exchange, `batch_bytes`."""
    most = min(settings.batch_bytes, MOST_BATCH_BYTES)
    group: list[RawExchange] = []
    group_size = 0
    for raw_exchange in raw_exchanges:
        if group and (len(group) >= settings.batch_rows or group_size + raw_exchange.size > most):
            yield group
            group, group_size = [], 0
        group.append(raw_exchange)
        group_size += raw_exchange.size
    if group:
        yield group
