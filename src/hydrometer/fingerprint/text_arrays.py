"""Arrow text columns as the plain arrays that kernels read."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

TextArrays = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.bool_]]
"""Bytes of the values, offsets [rows + 1] into them, and which rows are not null."""


def view_text_arrays(column: pa.Array) -> TextArrays:
    """Return the buffers of a text column without copying the bytes; slices, nulls and any text layout are fine."""
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        column = column.cast(pa.large_string())
    width = np.int64 if pa.types.is_large_string(column.type) else np.int32
    _, offsets, values = column.buffers()
    rows = len(column)
    data = np.frombuffer(b"" if values is None or not values.size else values, np.uint8)
    if offsets is None or not rows:
        return data, np.zeros(rows + 1, np.int64), np.zeros(rows, np.bool_)
    first = column.offset
    ends = np.frombuffer(offsets, width)[first : first + rows + 1].astype(np.int64)
    valid = np.array(column.is_valid().to_numpy(zero_copy_only=False), dtype=np.bool_)
    return data, ends, valid
