"""Arrow columns → plain arrays, in one pass over the rows each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

_NONE = np.zeros(0, np.uint8)


@njit(nogil=True, cache=True, inline="always")
def _is_valid(bitmap: Any, index: int) -> bool:
    return bitmap.size == 0 or bool((bitmap[index >> 3] >> (index & 7)) & 1)


@njit(nogil=True, cache=True)
def _fill_nulls(values: Any, bitmap: Any, offset: int, absent: Any, out: Any) -> None:
    for row in range(out.size):
        out[row] = values[row] if _is_valid(bitmap, offset + row) else absent


@njit(nogil=True, cache=True)
def _decode_codes(codes: Any, bitmap: Any, offset: int, by_code: Any, absent: Any, out: Any) -> None:
    for row in range(out.size):
        out[row] = by_code[codes[row]] if _is_valid(bitmap, offset + row) else absent


def _split_number_buffers(column: pa.Array) -> tuple[Any, Any]:
    """Return the values and validity of a column of numbers; no validity where nothing is null."""
    validity, data = column.buffers()
    kind = np.dtype(column.type.to_pandas_dtype())
    values = np.frombuffer(data, kind, len(column), column.offset * kind.itemsize) if len(column) else np.empty(0, kind)
    return values, np.frombuffer(validity, np.uint8) if column.null_count else _NONE


def decode_numbers(column: pa.Array, kind: Any, absent: float) -> npt.NDArray[Any]:
    """Return a column of numbers as `kind`, with `absent` for null."""
    values: npt.NDArray[Any]
    values, bitmap = _split_number_buffers(column)
    if not bitmap.size and values.dtype == kind:
        return values
    out = np.empty(len(column), kind)
    _fill_nulls(values, bitmap, column.offset, out.dtype.type(absent), out)
    return out


def mask_valid(column: pa.Array) -> npt.NDArray[np.bool_]:
    """Return a mask of the rows that have a value."""
    return np.asarray(column.is_valid()) if column.null_count else np.ones(len(column), np.bool_)


def decode_dictionary(column: pa.DictionaryArray, by_code: npt.NDArray[Any], absent: Any) -> npt.NDArray[Any]:
    """Return what the code of each row stands for, `absent` for null."""
    codes, bitmap = _split_number_buffers(column.indices)
    out = np.empty(len(column), by_code.dtype)
    _decode_codes(codes, bitmap, column.indices.offset, by_code, by_code.dtype.type(absent), out)
    return out


def set_bits(mask: npt.NDArray[np.bool_], value: int) -> npt.NDArray[np.uint8]:
    """Return `value` where the mask is set, 0 elsewhere."""
    return mask.view(np.uint8) * np.uint8(value)
