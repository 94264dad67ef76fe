"""What Numba has no word for: many bytes looked at in one instruction, as LLVM's portable vectors.

LLVM turns each into what the processor has, so that results are the same everywhere.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

BYTES = 64
"""Bytes that `mask_bytes_between` looks at: one bit of its answer for each."""
LANES = 16
"""Columns of the tables that `add_rows` reads."""
UNCOUNTED: dict[str, Any] = {"nogil": True, "cache": True, "_nrt": False}
"""How njit compiles a function without Numba's reference counts, which are atomic additions wherever an array is handed on.
Such a function makes no array, or does not compile: its scratch is given to it."""

_intrinsic: Any = intrinsic  # its stub asks callers for the typing context, which Numba passes
_alloca_once: Any = cgutils.alloca_once
_BYTE, _LANE, _MASK = ir.IntType(8), ir.IntType(32), ir.IntType(64)


def _splat_value(builder: Any, value: Any, size: int) -> Any:
    """Return a vector of `size` copies of a value."""
    vector = ir.VectorType(value.type, size)
    one = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(_LANE, 0))
    return builder.shuffle_vector(
        one, ir.Constant(vector, ir.Undefined), ir.Constant(ir.VectorType(_LANE, size), [0] * size)
    )


def _compute_address(context: Any, builder: Any, array_type: Any, array: Any, index: Any, read_as: Any) -> Any:
    """Return the address of an array's element, as that of a `read_as`."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), read_as.as_pointer())


@_intrinsic
def mask_bytes_between(_typing: Any, data: Any, _at: Any, _low: Any, _high: Any) -> Any:
    """Tell which of data[at : at + BYTES] lie in low..high (both included), as bits of a uint64, the first byte lowest.

    The caller sees to it that the array holds them.
    """
    signature = types.uint64(data, types.int64, types.uint8, types.uint8)

    def generate(context: Any, builder: Any, _: Any, values: Any) -> Any:
        array, index, least, most = values
        vector = ir.VectorType(_BYTE, BYTES)
        block = builder.load(_compute_address(context, builder, data, array, index, vector), align=1)
        over = builder.sub(block, _splat_value(builder, least, BYTES))
        inside = builder.icmp_unsigned("<=", over, _splat_value(builder, builder.sub(most, least), BYTES))
        return builder.bitcast(inside, _MASK)

    return signature, generate


@_intrinsic
def load_eight_bytes(_typing: Any, data: Any, _at: Any) -> Any:
    """Return data[at : at + 8] as a little-endian uint64; the caller sees to it that the array holds them."""
    signature = types.uint64(data, types.int64)

    def generate(context: Any, builder: Any, _: Any, values: Any) -> Any:
        array, index = values
        return builder.load(_compute_address(context, builder, data, array, index, _MASK), align=1)

    return signature, generate


@_intrinsic
def find_lowest_bit(_typing: Any, _mask: Any) -> Any:
    """Return the index of the lowest bit of a uint64 that is set; 64 where none is."""

    def generate(_context: Any, builder: Any, _: Any, values: Any) -> Any:
        return builder.cttz(values[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), generate


@_intrinsic
def count_set_bits(_typing: Any, _mask: Any) -> Any:
    """Return how many bits of a uint64 are set."""

    def generate(_context: Any, builder: Any, _: Any, values: Any) -> Any:
        return builder.ctpop(values[0])

    return types.int64(types.uint64), generate


@_intrinsic
def add_rows(_typing: Any, table: Any, row_indices: Any, _first: Any, _stop: Any, sums: Any, _at: Any) -> Any:
    """Add the rows table[row_indices[first:stop]] (int8, LANES columns, contiguous) to sums[at : at + LANES] (int32, flat).

    The sums stay in registers meanwhile. The caller sees to it that every index is a row of the table.
    """
    signature = types.void(table, row_indices, types.int64, types.int64, sums, types.int64)

    def generate(context: Any, builder: Any, _: Any, values: Any) -> Any:
        rows, chosen, begin, end, totals, index = values
        read, kept = ir.VectorType(_BYTE, LANES), ir.VectorType(_LANE, LANES)
        home = _compute_address(context, builder, sums, totals, index, kept)
        base = context.make_array(table)(context, builder, rows).data
        accumulator = _alloca_once(builder, kept)
        builder.store(builder.load(home, align=4), accumulator)
        with cgutils.for_range_slice(builder, begin, end, ir.Constant(_MASK, 1)) as (step, _count):
            row_index = builder.load(
                _compute_address(context, builder, row_indices, chosen, step, ir.IntType(row_indices.dtype.bitwidth))
            )
            offset = builder.mul(builder.zext(row_index, _MASK), ir.Constant(_MASK, LANES))
            row = builder.load(builder.bitcast(builder.gep(base, [offset]), read.as_pointer()), align=1)
            builder.store(builder.add(builder.load(accumulator), builder.sext(row, kept)), accumulator)
        builder.store(builder.load(accumulator), home, align=4)
        return context.get_dummy_value()

    return signature, generate
