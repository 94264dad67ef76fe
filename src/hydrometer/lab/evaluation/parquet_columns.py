"""Columns of Parquet files that others wrote, with errors that name file, row and column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hydrometer.contract import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hydrometer.detection.population import Bools, Floats

BATCH = 1 << 18
"""Rows held at once of a file that is streamed."""


def read_columns(file: Path, needed: Sequence[str], optional: Sequence[str] = ()) -> pa.Table:
    """Return the needed columns of a file, and those of `optional` that it has.

    Raises:
        InputError: the file is missing or damaged, or lacks a needed column.
    """
    try:
        with pq.ParquetFile(file) as reader:
            return reader.read(_select_columns(file, reader.schema_arrow.names, needed, optional))
    except FileNotFoundError:
        raise _describe_missing(file) from None
    except (pa.ArrowException, OSError) as error:
        raise _describe_damage(file, error) from None


def stream_batches(file: Path, needed: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yield the needed columns of a file, BATCH rows at a time.

    Raises:
        InputError: the file is missing or damaged, or lacks a needed column.
    """
    try:
        with pq.ParquetFile(file) as reader:
            columns = _select_columns(file, reader.schema_arrow.names, needed, ())
            yield from reader.iter_batches(BATCH, columns=columns)
    except FileNotFoundError:
        raise _describe_missing(file) from None
    except (pa.ArrowException, OSError) as error:
        raise _describe_damage(file, error) from None


def read_texts(table: pa.Table | pa.RecordBatch, name: str, file: Path, *, nulls: bool = False) -> pa.Array:
    """Return a column as one array of large strings; numbers are written out.

    Raises:
        InputError: the column is no text or number, or holds a null where `nulls` is false.
    """
    column = _combine_chunks(table.column(name))
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    try:
        column = column.cast(pa.large_string())
    except pa.ArrowException:
        raise InputError(f"is {column.type}", file=str(file), column=name, mend="Write it as strings.") from None
    if column.null_count and not nulls:
        row = pc.index(column.is_null(), True).as_py() + 1
        raise InputError("is null", file=str(file), row=row, column=name, mend="Every row needs one.")
    return column


def read_probabilities(table: pa.Table, file: Path) -> tuple[Floats, Bools]:
    """Return the column `probability` and which rows state one; the others count as 1, and so does every row without the column.

    Raises:
        InputError: a probability is no number from 0 to 1.
    """
    name = "probability"
    if name not in table.column_names:
        return np.ones(table.num_rows), np.zeros(table.num_rows, dtype=np.bool_)
    column = _combine_chunks(table.column(name))
    try:
        column = column.cast(pa.float64())
    except pa.ArrowException:
        raise InputError(f"is {column.type}", file=str(file), column=name, mend="Write numbers from 0 to 1.") from None
    stated = np.asarray(column.is_valid().to_numpy(zero_copy_only=False), dtype=np.bool_)
    given = np.asarray(pc.fill_null(column, 1.0).to_numpy(zero_copy_only=False), dtype=np.float64)
    wrong = np.flatnonzero(~((given >= 0) & (given <= 1)))
    if wrong.size:
        row = int(wrong[0])
        problem = f"is {given[row]:g}, no probability"
        raise InputError(problem, file=str(file), row=row + 1, column=name, mend="Write numbers from 0 to 1.")
    return given, stated


def _combine_chunks(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _select_columns(file: Path, names: Sequence[str], needed: Sequence[str], optional: Sequence[str]) -> list[str]:
    for name in needed:
        if name not in names:
            raise InputError("is missing", file=str(file), column=name, mend=f"It needs {', '.join(needed)}.")
    return [*needed, *(name for name in optional if name in names)]


def _describe_missing(file: Path) -> InputError:
    return InputError(
        "is missing",
        file=str(file),
        mend="Name a result and its labelled world, as RESULT WORLD; the truth lies in WORLD.truth.",
    )


def _describe_damage(file: Path, error: Exception) -> InputError:
    return InputError(f"cannot be read: {str(error).splitlines()[0]}", file=str(file), mend="Write it anew.")
