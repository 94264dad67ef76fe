"""Canonical tables in Parquet, one row group's slice at a time."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from hydrometer.contract import InputError
from hydrometer.files import open_regular_file
from hydrometer.sources.decoded_size import measure_longest_value, split_by_decoded_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hydrometer.contract import ReadSettings

MAGIC = b"PAR1"
MOST_EXPANSION = 2_000
"""Bytes that a byte of Parquet may stand for: rows that share one long system prompt come to a few hundred."""
FREE_EXPANSION = 256 << 20
"""Bytes that any file may expand to."""
MOST_VALUES = 32 << 20
"""Values of lists in one row group."""
SUSPECT_BYTES, SUSPECT_EXPANSION, SUSPECT_ROWS = 128 << 20, 50, 16
"""Row groups beyond both are read so few rows at a time."""
MOST_BLOATED, BLOATED_EXPANSION = 384 << 20, 400
"""A column of a row group beyond both is refused: as one page, it would be unpacked as a whole."""
MOST_PLAIN = 128 << 20
"""Bytes that a column of text of a row group that is read at once may come to."""
BUFFER = 8 << 20
"""Bytes of a column that are read at once."""


@contextmanager
def open_parquet(path: Path, read_dictionary: Sequence[str] = ()) -> Iterator[Any]:
    """Open a Parquet file, some of its string columns to be read as dictionaries.

    Raises:
        InputError: the file is missing, is not Parquet, or is damaged (also while it is being read).
    """
    try:
        with (
            open_regular_file(path) as raw,
            pq.ParquetFile(raw, read_dictionary=read_dictionary, buffer_size=BUFFER) as file,
        ):
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

    Columns of text whose dictionaries hold long values are read as such, so that a batch is cut by what they stand for
    before anything spells them out; the number of rows asked for at once follows each row group's mean size, so that
    `batch_bytes` holds on average for the others.

    Raises:
        InputError: the file expands beyond what logs do, or holds values that are too large to be read.
    """
    with open_parquet(path) as file:
        names = [name for name in file.schema_arrow.names if name in wanted]
        texts = list_text_leaves(file, names)
        groups = [measure_row_group(file, group, names) for group in range(file.metadata.num_row_groups)]
    guard = ExpansionGuard(path)
    guard.check(sum(max(group.encoded, group.numbers) for group in groups))
    decoded, start = 0, 1
    for number, group in enumerate(groups):
        if not group.rows:
            continue
        guard.check_values(group)
        rows = group.choose_rows(settings)
        coded = find_expanding_leaves(path, number, texts, group, rows, settings.batch_bytes)
        with open_parquet(path, read_dictionary=coded) as file:
            for batch in file.iter_batches(batch_size=rows, row_groups=[number], columns=names):
                for part, part_size in split_by_decoded_size(batch, settings.batch_bytes):
                    decoded += part_size
                    guard.check(decoded)
                    yield start, part
                    start += part.num_rows


def find_expanding_leaves(
    path: Path, number: int, texts: Sequence[str], group: RowGroupSize, rows: int, most: int
) -> list[str]:
    """Return the columns of text of a row group whose dictionaries may make so many rows more than `most` bytes.

    A dictionary comes whole with the first row.
    """
    # A value is no longer than what its column takes before it is compressed.
    doubtful = [leaf for leaf in texts if group.encoded_by_leaf.get(leaf, 0) * rows > most]
    if not doubtful:
        return []
    with open_parquet(path, read_dictionary=doubtful) as file:
        first = next(file.iter_batches(batch_size=1, row_groups=[number], columns=doubtful))
    names = {leaf.partition(".")[0] for leaf in doubtful}
    longest = {name: measure_longest_value(first.column(name)) for name in names}
    return [
        leaf for leaf in doubtful if longest[leaf.partition(".")[0]] * (group.values if "." in leaf else rows) > most
    ]


def fits_whole(path: Path, names: Sequence[str], plain: str) -> bool:
    """Return whether each row group of a file can be read at once, the column `plain` spelt out.

    Raises:
        InputError: the file expands beyond what logs do.
    """
    with open_parquet(path) as file:
        groups = [measure_row_group(file, group, names) for group in range(file.metadata.num_row_groups)]
    ExpansionGuard(path).check(sum(max(group.encoded, group.numbers) for group in groups))
    return all(
        not group.suspect
        and not group.bloated
        and group.values <= MOST_VALUES
        and not find_expanding_leaves(path, number, [plain], group, group.rows, MOST_PLAIN)
        for number, group in enumerate(groups)
        if group.rows
    )


@dataclass(frozen=True, slots=True)
class RowGroupSize:
    """What the metadata of a file say of a row group, for the columns that are read."""

    rows: int
    encoded: int
    """Bytes before compression."""
    compressed: int
    values: int
    """Most values of one column, those in lists included."""
    numbers: int
    """Bytes of all columns if each value took eight."""
    encoded_by_leaf: dict[str, int]
    """Bytes before compression of each column, by its path."""
    bloated: str
    """The path of a column whose pages may not fit the memory, empty for none."""

    @property
    def suspect(self) -> bool:
        """Whether it repeats itself so much that its mean tells little."""
        return self.encoded > SUSPECT_BYTES and self.encoded > SUSPECT_EXPANSION * self.compressed

    def choose_rows(self, settings: ReadSettings) -> int:
        """Return how many rows are read at once."""
        if self.suspect:
            # What repeats so much may all be in a few rows that no mean shows.
            return SUSPECT_ROWS
        mean = max(1, max(self.encoded, self.numbers) // self.rows)
        return max(1, min(settings.batch_rows, settings.batch_bytes // mean))


def measure_row_group(file: Any, group: int, names: Sequence[str]) -> RowGroupSize:
    """Return the size of the wanted columns of a row group."""
    metadata = file.metadata.row_group(group)
    columns = [metadata.column(index) for index in range(metadata.num_columns)]
    chosen = [column for column in columns if column.path_in_schema.partition(".")[0] in set(names)]
    return RowGroupSize(
        rows=metadata.num_rows,
        encoded=sum(column.total_uncompressed_size for column in chosen),
        compressed=max(1, sum(column.total_compressed_size for column in chosen)),
        values=max((column.num_values for column in chosen), default=0),
        numbers=sum(column.num_values for column in chosen) * 8,
        bloated=next((column.path_in_schema for column in chosen if _is_bloated(column)), ""),
        encoded_by_leaf={column.path_in_schema: column.total_uncompressed_size for column in chosen},
    )


def _is_bloated(column: Any) -> bool:
    encoded: int = column.total_uncompressed_size
    return encoded > MOST_BLOATED and encoded > BLOATED_EXPANSION * column.total_compressed_size


def list_text_leaves(file: Any, names: Sequence[str]) -> list[str]:
    """Return the paths of the columns of text, those in lists and objects included, which can be dictionaries."""
    leaves = [file.schema.column(index) for index in range(len(file.schema))]
    return [
        leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY" and leaf.path.partition(".")[0] in set(names)
    ]


class ExpansionGuard:
    """What a file may stand for, by its own size."""

    def __init__(self, path: Path) -> None:
        self._path, self._most = path, max(FREE_EXPANSION, MOST_EXPANSION * path.stat().st_size)

    def check(self, decoded: int) -> None:
        """Raise InputError where the bytes that the file comes to are too many."""
        if decoded > self._most:
            raise InputError(
                f"expands to more than {MOST_EXPANSION:,} times its size", file=str(self._path),
                mend="Write it again without compression and dictionaries, if it is what it should be.",
            )  # fmt: skip

    def check_values(self, group: RowGroupSize) -> None:
        """Raise InputError where a page of a row group, or a row of it, may be more than can be held."""
        if group.bloated:
            raise InputError(
                f"expands to more than {BLOATED_EXPANSION:,} times its size", file=str(self._path), column=group.bloated,
                mend="Write it again in smaller row groups or without compression, if it is what it should be.",
            )  # fmt: skip
        if group.values > MOST_VALUES and group.values > group.rows:
            raise InputError(
                f"a row group whose lists hold {group.values:,} values", file=str(self._path),
                mend=f"Write row groups whose lists hold at most {MOST_VALUES:,}.",
            )  # fmt: skip
