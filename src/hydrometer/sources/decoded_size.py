"""Batches cut by what they hold once dictionaries are spelt out: of a small file, a row may stand for megabytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt


def split_by_decoded_size(batch: pa.RecordBatch, most: int) -> Iterator[tuple[pa.RecordBatch, int]]:
    """Yield a batch in parts that come to `most` bytes, or are one row, with the bytes of each."""
    sizes = [_measure_rows(column) for column in batch.columns if _may_expand(column.type)]
    plain = sum(column.nbytes for column in batch.columns if not _may_expand(column.type))
    if not sizes:
        yield batch, plain
        return
    ends = np.cumsum(np.sum(sizes, axis=0))
    mean = plain // max(1, batch.num_rows)
    ends += mean * np.arange(1, ends.size + 1)
    start = 0
    while start < batch.num_rows:
        before = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + most, side="right")))
        yield batch.slice(start, stop - start), int(ends[stop - 1]) - before
        start = stop


def measure_longest_value(column: Any) -> int:
    """Return the bytes of the longest value in the dictionaries of a column, 0 where it has none."""
    kind = column.type
    if pa.types.is_struct(kind):
        return max((measure_longest_value(column.field(number)) for number in range(kind.num_fields)), default=0)
    if _is_list(kind):
        return measure_longest_value(column.values)
    if not pa.types.is_dictionary(kind) or not _is_text(kind.value_type):
        return 0
    return int(pc.max(pc.binary_length(column.dictionary)).as_py() or 0)


def _may_expand(kind: pa.DataType) -> bool:
    """Return whether an array of this type may stand for more bytes than it has."""
    if pa.types.is_struct(kind):
        return any(_may_expand(field.type) for field in kind.fields)
    return bool(pa.types.is_dictionary(kind)) or (_is_list(kind) and _may_expand(kind.value_type))


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _measure_rows(column: Any) -> npt.NDArray[np.int64]:
    """Return how many bytes each row stands for, of what may expand."""
    kind = column.type
    if not _may_expand(kind):
        return np.zeros(len(column), np.int64)
    if pa.types.is_struct(kind):
        parts = [_measure_rows(column.field(number)) for number in range(kind.num_fields)]
        together: npt.NDArray[np.int64] = np.sum(parts, axis=0, dtype=np.int64)
        return together
    if _is_list(kind):
        offsets = np.asarray(column.offsets, np.int64)
        ends = np.append(0, np.cumsum(_measure_rows(column.values)))
        sizes: npt.NDArray[np.int64] = ends[offsets[1:]] - ends[offsets[:-1]]
        return sizes
    values = column.dictionary
    if not _is_text(values.type):
        return np.full(len(column), values.nbytes // max(1, len(values)), np.int64)
    lengths = np.asarray(pc.binary_length(values).fill_null(0), np.int64)
    codes = np.asarray(column.indices.cast(pa.int64()).fill_null(-1))
    texts: npt.NDArray[np.int64] = np.append(lengths, 0)[codes] + 4
    return texts


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
    )  # fmt: skip
