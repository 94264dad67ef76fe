"""Canonical tables in Parquet, one row group's slice at a time."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from hydrometer.contract import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hydrometer.contract import ReadSettings

MAGIC = b"PAR1"


@contextmanager
def open_parquet(path: Path, read_dictionary: Sequence[str] = ()) -> Iterator[Any]:
    """Open a Parquet file, some of its string columns to be read as dictionaries.

    Raises:
        InputError: the file is missing, is not Parquet, or is damaged (also while it is being read).
    """
    try:
        with pq.ParquetFile(path, read_dictionary=read_dictionary) as file:
            yield file
    except FileNotFoundError:
        raise InputError("no such file", file=str(path), mend="Name an existing file or folder.") from None
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(
            f"not a readable Parquet file: {str(error).splitlines()[0]}", file=str(path), mend="Write the file again."
        ) from None


def read_columns_and_rows(path: Path) -> tuple[list[str], int]:
    """Return the file's top-level columns and its number of rows."""
    with open_parquet(path) as file:
        return file.schema_arrow.names, file.metadata.num_rows


def read_parquet_batches(path: Path, wanted: frozenset[str], settings: ReadSettings) -> Iterator[tuple[int, Any]]:
    """Yield (row of the file at which the batch starts, from 1; batch) of the wanted top-level columns.

    The number of rows asked for at once follows each row group's mean size, so that `batch_bytes` holds on average.
    """
    with open_parquet(path) as file:
        names = [name for name in file.schema_arrow.names if name in wanted]
        start = 1
        for group in range(file.metadata.num_row_groups):
            metadata = file.metadata.row_group(group)
            if not metadata.num_rows:
                continue
            mean = max(1, metadata.total_byte_size // metadata.num_rows)
            rows = max(1, min(settings.batch_rows, settings.batch_bytes // mean))
            for batch in file.iter_batches(batch_size=rows, row_groups=[group], columns=names):
                yield start, batch
                start += batch.num_rows
