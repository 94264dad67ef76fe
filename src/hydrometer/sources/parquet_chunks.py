"""Fingerprinted Parquet in chunks that can be read again and again, several at once, string columns as dictionaries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from hydrometer.contract import TRAFFIC
from hydrometer.sources.column_casts import BatchOrigin, conform_coded_columns
from hydrometer.sources.parquet_reader import open_parquet
from hydrometer.sources.rejects import Rejects
from hydrometer.sources.schema_cast import find_filled_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from hydrometer.sources.discovery import InputFile

MOST_ROWS = 131_072
"""Rows of a chunk that is made of several row groups."""
CODED = [column.name for column in TRAFFIC.columns if column.type == pa.string() and column.name != "exchange_id"]


@dataclass(frozen=True, slots=True)
class ChunkRange:
    """Which rows of the traffic a chunk holds: some row groups of a file whose columns are `names`."""

    path: Path
    names: frozenset[str]
    groups: tuple[int, ...]
    rows: int
    first: int
    """Number in the traffic of the first row."""
    offset: int
    """Its number in the file."""


class ParquetChunk:
    """Some row groups of a file, of which `columns` are read; `rejects` takes what the reading comes to."""

    def __init__(self, chunk_range: ChunkRange, columns: Sequence[str], rejects: Rejects) -> None:
        self.first, self.rows = chunk_range.first, chunk_range.rows
        self._range, self._columns, self._rejects = chunk_range, columns, rejects
        self._batch_rejects: Rejects | None = None

    def sketches(self) -> pa.ListArray:
        """Return the column `sketch`, as it is."""
        return self._read(["sketch"])["sketch"].combine_chunks()

    def batch(self) -> pa.RecordBatch:
        """Return the columns that are read, conformed; the others are null. `close` hands on what was rejected."""
        self._batch_rejects = Rejects(keep=True)
        batch = self._read_conformed(self._columns, self._batch_rejects)
        self._rejects.filled_columns |= find_filled_columns("exchanges", batch)
        return batch

    def close(self) -> None:
        """Hand on what `batch` rejected and repaired, if it was called."""
        if self._batch_rejects is not None:
            self._batch_rejects.report_to(self._rejects)
            self._batch_rejects = None

    def strings_at(self, column: str, positions: npt.NDArray[np.int64]) -> pa.Array:
        """Return a string column of some rows, by their numbers in the traffic."""
        batch = self._read_conformed([*TRAFFIC.needed, column], Rejects())
        return batch.column(column).take(pa.array(positions - self.first))

    def rows_at(self, positions: npt.NDArray[np.int64]) -> pa.RecordBatch:
        """Return all columns of some rows, by their numbers in the traffic."""
        batch = self._read_conformed(TRAFFIC.names, Rejects()).take(pa.array(positions - self.first))
        plain = [c.dictionary_decode() if pa.types.is_dictionary(c.type) else c for c in batch.columns]
        return pa.RecordBatch.from_arrays(plain, schema=TRAFFIC.schema)

    def _read(self, columns: Sequence[str]) -> Any:
        wanted = [name for name in dict.fromkeys(columns) if name in self._range.names]
        with open_parquet(self._range.path, read_dictionary=[name for name in wanted if name in CODED]) as file:
            return file.read_row_groups(self._range.groups, columns=wanted, use_threads=False)

    def _read_conformed(self, columns: Sequence[str], rejects: Rejects) -> pa.RecordBatch:
        table = self._read(columns)
        return conform_coded_columns(
            TRAFFIC,
            {name: _combine_column(table[name]) for name in table.column_names},
            table.num_rows,
            BatchOrigin(str(self._range.path), lambda row: self._range.offset + row + 1),
            rejects,
        )


def _combine_column(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    return (
        column.unify_dictionaries().combine_chunks() if pa.types.is_dictionary(column.type) else column.combine_chunks()
    )


def cut_into_chunks(paths: Sequence[Path], columns: Sequence[str], rejects: Rejects) -> Iterator[ParquetChunk]:
    """Yield Parquet files as chunks of whole row groups, of which `columns` are read."""
    first = 0
    for path in paths:
        with open_parquet(path) as file:
            names = frozenset(file.schema_arrow.names)
            sizes = [file.metadata.row_group(group).num_rows for group in range(file.metadata.num_row_groups)]
        groups: list[int] = []
        rows = offset = 0
        for group, size in enumerate(sizes):
            if groups and rows + size > MOST_ROWS:
                yield ParquetChunk(ChunkRange(path, names, tuple(groups), rows, first, offset), columns, rejects)
                first, offset, groups, rows = first + rows, offset + rows, [], 0
            groups.append(group)
            rows += size
        if rows:
            yield ParquetChunk(ChunkRange(path, names, tuple(groups), rows, first, offset), columns, rejects)
            first += rows


def find_filled_by_statistics(paths: Sequence[Path], columns: Sequence[str]) -> set[str]:
    """Return which columns hold a value somewhere, by the files' statistics; where there are none, a column counts as one."""
    filled: set[str] = set()
    for path in paths:
        undecided = set(columns) - filled
        if not undecided:
            break
        with open_parquet(path) as file:
            groups = [file.metadata.row_group(group) for group in range(file.metadata.num_row_groups)]
            names = [file.schema.column(index).path.partition(".")[0] for index in range(file.metadata.num_columns)]
            for index, name in enumerate(names):
                if name in undecided and any(_may_hold_values(group.column(index)) for group in groups):
                    filled.add(name)
    return filled


def _may_hold_values(column: Any) -> bool:
    statistics = column.statistics
    return statistics is None or not statistics.has_null_count or bool(statistics.null_count < column.num_values)


def has_int64_sketches(file: InputFile) -> bool:
    """Return whether a file is Parquet whose sketches are lists of int64, as TRAFFIC has them."""
    if file.container != "parquet" or "sketch" not in file.columns:
        return False
    with open_parquet(file.path) as parquet:
        return bool(parquet.schema_arrow.field("sketch").type == pa.list_(pa.int64()))
