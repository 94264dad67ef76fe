"""Columns as a file held them → columns as a table declares them.

Whole columns are cast where their type allows; only what does not fit goes value by value through `value_parsers`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.contract import FINGERPRINTS, MOST_HASHES, TEXTS, TIMESTAMP
from hydrometer.sources import value_parsers as v

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hydrometer.contract import ColumnSpec, TableSpec
    from hydrometer.sources.rejects import Rejects

RawColumn = Any
"""A column before it is conformed: a list of Python values, or an Arrow array."""
Faults = dict[int, str]
"""Row of the batch → what was wrong with its value."""
ConformedColumn = tuple[Any, Faults]

ADDRESSES = ("client_ip", "signup_ip")
BLANK = "blank"
MOST_TOKENS = 2**31 - 1
"""No exchange has more; what says so is damaged."""
BLANK_BYTE, LAST_BYTE = 0x20, 0x7E
"""The printable characters of ASCII."""
_BYTE, _GROUP = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])", "[1-9a-f][0-9a-f]{0,3}"
_CANONICAL = (
    "^(?:"
    + "|".join(
        [
            rf"{_BYTE}(?:\.{_BYTE}){{3}}",
            # Eight groups that are not 0, or fewer on both sides of the one gap where all zeros are.
            f"{_GROUP}(?::{_GROUP}){{7}}",
            *(
                f"{_GROUP}(?::{_GROUP}){{{left - 1}}}::(?:{_GROUP}(?::{_GROUP}){{0,{5 - left}}})?"
                for left in range(1, 6)
            ),
            f"{_GROUP}(?::{_GROUP}){{5}}::",
        ]
    )
    + ")$"
)
"""Addresses that are spelt canonically, but for the rarer spellings of IPv6."""
_UNSPECIFIED = "0.0.0.0"  # noqa: S104 -- an address that is read, not one that is listened at
_UNCONVERTIBLE = (pa.ArrowException, UnicodeEncodeError, OverflowError)
"""What Arrow raises over a list that does not fit one type."""


@dataclass(frozen=True, slots=True)
class BatchOrigin:
    """Where a batch comes from: a file, the line there of each row of the batch, and how many proxies wrote addresses."""

    file: str
    line_of: Callable[[int], int | None]
    trusted_proxies: int = 0


def conform_columns(
    table: TableSpec, columns: Mapping[str, RawColumn], rows: int, origin: BatchOrigin, rejects: Rejects
) -> Any:
    """Return a record batch of exactly `table`'s schema; rows that lack a needed value are rejected, the rest kept.

    `columns` may lack columns; they become null.
    """
    conformed = [
        _conform_column(table, column, columns[column.name], origin.trusted_proxies)
        if columns.get(column.name) is not None
        else (pa.nulls(rows, column.type), Faults())
        for column in table.columns
    ]
    return pa.RecordBatch.from_arrays(_keep_whole_rows(table, conformed, rows, origin, rejects), schema=table.schema)


def conform_coded_columns(
    table: TableSpec, columns: Mapping[str, RawColumn], rows: int, origin: BatchOrigin, rejects: Rejects
) -> Any:
    """Return what `conform_columns` does, but string columns that are dictionaries stay so, and the schema says it."""
    conformed = []
    for column in table.columns:
        raw = columns.get(column.name)
        if raw is None:
            conformed.append((pa.nulls(rows, column.type), Faults()))
        elif column.type == pa.string() and isinstance(raw, pa.DictionaryArray):
            conformed.append(_conform_dictionary(table, column, raw, origin.trusted_proxies))
        else:
            conformed.append(_conform_column(table, column, raw, origin.trusted_proxies))
    return pa.RecordBatch.from_arrays(_keep_whole_rows(table, conformed, rows, origin, rejects), names=table.names)


def _keep_whole_rows(
    table: TableSpec, conformed: list[ConformedColumn], rows: int, origin: BatchOrigin, rejects: Rejects
) -> list[Any]:
    """Return the arrays without rows that lack a needed value; these, and repairs in the others, are counted."""
    arrays = [array for array, _ in conformed]
    keep = np.ones(rows, dtype=bool)
    for column, array in zip(table.columns, arrays, strict=True):
        if column.needed and array.null_count:
            keep &= array.is_valid().to_numpy(zero_copy_only=False)
    if not keep.all():
        _reject_rows(table, conformed, np.flatnonzero(~keep).tolist(), origin, rejects)
    for column, (_, faults) in zip(table.columns, conformed, strict=True):
        for reason, number in Counter(reason for row, reason in faults.items() if keep[row]).items():
            rejects.repair(column.name, reason, number)
    if keep.all():
        return arrays
    mask = pa.array(keep)
    return [array.filter(mask) for array in arrays]


def _conform_dictionary(table: TableSpec, column: ColumnSpec, raw: Any, trusted_proxies: int) -> ConformedColumn:
    """Conform each value of a dictionary once."""
    values, by_code = _conform_column(table, column, raw.dictionary, trusted_proxies)
    indices = raw.indices
    if values.null_count:
        gone = np.append(~np.asarray(values.is_valid()), True)
        codes = np.asarray(indices.fill_null(len(values)))
        indices = pa.array(np.where(gone[codes], 0, codes).astype(np.int32), mask=gone[codes])
        values = values.fill_null("")
    if not by_code:
        return pa.DictionaryArray.from_arrays(indices, values), {}
    codes = np.asarray(raw.indices.fill_null(-1))
    rows = np.flatnonzero(np.isin(codes, list(by_code)))
    return pa.DictionaryArray.from_arrays(indices, values), {int(row): by_code[int(codes[row])] for row in rows}


def _reject_rows(
    table: TableSpec, conformed: list[ConformedColumn], rows: list[int], origin: BatchOrigin, rejects: Rejects
) -> None:
    named = table.columns[0].name == "exchange_id"
    needed = [index for index, column in enumerate(table.columns) if column.needed]
    for row in rows:
        index = next(index for index in needed if not conformed[index][0][row].is_valid)
        rejects.reject(
            conformed[index][1].get(row, BLANK),
            file=origin.file,
            line=origin.line_of(row),
            column=table.columns[index].name,
            exchange_id=conformed[0][0][row].as_py() if named else None,
        )


def _conform_column(table: TableSpec, column: ColumnSpec, raw: RawColumn, trusted_proxies: int) -> ConformedColumn:
    kind = column.type
    if kind == TIMESTAMP:
        return _conform_timestamps(raw)
    if column.name in ADDRESSES:
        return _conform_addresses(raw, trusted_proxies)
    if kind == pa.string():
        return _conform_strings(raw, blank_is_null=column.name not in TEXTS)
    if pa.types.is_integer(kind):
        signed = table.name == "traffic" and column.name in FINGERPRINTS.names
        return _conform_integers(raw, kind, signed=signed, tokens=column.unit == "tokens")
    if pa.types.is_floating(kind):
        return _conform_floats(raw, kind)
    return _conform_lists(raw, kind)


def _conform_each_value(raw: RawColumn, kind: Any, read: Callable[[object], v.Read]) -> ConformedColumn:
    results: list[Any] = []
    faults: Faults = {}
    for row, value in enumerate(raw if isinstance(raw, list) else raw.to_pylist()):
        result, fault = read(value)
        results.append(result)
        if fault is not None:
            faults[row] = fault
    return pa.array(results, type=kind), faults


def _convert_to_arrow(raw: RawColumn) -> Any | None:
    """Return the column as an Arrow array of a plain type, None where it has no single type."""
    if isinstance(raw, list):
        # Arrow would take False among fractions for 0.0.
        if len(set(map(type, raw)) - {type(None)}) > 1:
            return None
        try:
            raw = pa.array(raw)
        except _UNCONVERTIBLE:
            return None
    if isinstance(raw, pa.ChunkedArray):
        raw = raw.combine_chunks()
    return raw.dictionary_decode() if pa.types.is_dictionary(raw.type) else raw


def _is_string_type(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _convert_to_strings(raw: RawColumn) -> Any | None:
    """Return the column as valid UTF-8 strings, None where it is anything else."""
    if isinstance(raw, list):
        try:
            return pa.array(raw, type=pa.string()) if bytes not in set(map(type, raw)) else None
        except _UNCONVERTIBLE:
            return None
    array = _convert_to_arrow(raw)
    if array is None or not (_is_string_type(array.type) or pa.types.is_null(array.type)):
        return None
    array = array.cast(pa.string())
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        return None
    return array


def _is_printable_ascii(array: Any) -> bool:
    """Return whether an array holds strings of printable ASCII alone, none of them empty or beginning with a blank.

    Such strings are conformed already; seeing it costs a fraction of decoding, searching and trimming them.
    """
    if not isinstance(array, pa.StringArray) or not len(array):
        return False
    _, offsets, data = array.buffers()
    bounds = np.frombuffer(offsets, np.int32, len(array) + 1, 4 * array.offset)
    if bounds[0] == bounds[-1]:
        return bool(array.null_count == len(array))
    octets = np.frombuffer(data, np.uint8)
    begins = bounds[:-1][bounds[1:] > bounds[:-1]]
    used_octets = octets[bounds[0] : bounds[-1]]
    if used_octets.min() < BLANK_BYTE or used_octets.max() > LAST_BYTE or (octets[begins] == BLANK_BYTE).any():
        return False
    return begins.size == len(array) - array.null_count and (array.null_count == 0 or _nulls_are_empty(array, bounds))


def _nulls_are_empty(array: Any, bounds: Any) -> bool:
    return not (bounds[1:] > bounds[:-1])[~np.asarray(array.is_valid())].any()


def _conform_strings(raw: RawColumn, *, blank_is_null: bool) -> ConformedColumn:
    if _is_printable_ascii(raw):
        return raw, {}
    read = v.parse_identifier if blank_is_null else v.parse_text
    array = _convert_to_strings(raw)
    if array is None:
        arrow_column = None if isinstance(raw, list) else _convert_to_arrow(raw)
        if arrow_column is not None:
            # Strings come here when they are no UTF-8; as bytes they can be decoded one by one.
            raw = arrow_column.cast(pa.binary()) if _is_string_type(arrow_column.type) else arrow_column
        return _conform_each_value(raw, pa.string(), read)
    if pc.any(pc.match_substring(array, "\0")).as_py():
        return _conform_each_value(array, pa.string(), read)
    bare = pc.utf8_trim_whitespace(array) if blank_is_null else array
    empty = pc.equal(pc.binary_length(bare), 0)
    if pc.any(empty).as_py():
        array = pc.if_else(empty, pa.scalar(None, pa.string()), array)
    return array, {}


def _conform_addresses(raw: RawColumn, trusted_proxies: int) -> ConformedColumn:
    read = partial(v.parse_address, trusted_proxies=trusted_proxies)
    array = _convert_to_strings(raw)
    if array is None:
        return _conform_each_value(raw, pa.string(), read)
    # Most addresses are spelt canonically and stay as they are.
    canonical = pc.and_(pc.match_substring_regex(array, _CANONICAL), pc.not_equal(array, _UNSPECIFIED))
    others = np.flatnonzero(~np.asarray(canonical.fill_null(True)))
    if not others.size:
        return array, {}
    # A busy client fills many rows: each spelling is parsed once a batch.
    coded = array.take(pa.array(others)).dictionary_encode()
    results = [read(spelling) for spelling in coded.dictionary.to_pylist()]
    parsed_addresses = pa.array([result for result, _ in results], type=pa.string()).take(coded.indices)
    mended = pc.replace_with_mask(array, pc.invert(canonical.fill_null(True)), parsed_addresses)
    codes = coded.indices.to_numpy()
    faults = {
        int(row): fault for row, code in zip(others, codes, strict=True) if (fault := results[code][1]) is not None
    }
    return mended, faults


def _conform_timestamps(raw: RawColumn) -> ConformedColumn:
    array = _convert_to_arrow(raw)
    if array is None:
        micros, faults = _conform_each_value(raw, pa.int64(), v.parse_timestamp)
        return micros.cast(TIMESTAMP), faults
    kind = array.type
    if pa.types.is_timestamp(kind):
        # A cast between units and zones keeps the instant; one without a zone counts as UTC.
        micros = array.cast(pa.timestamp("us", tz=kind.tz), safe=False).cast(pa.int64())
    elif pa.types.is_signed_integer(kind) or pa.types.is_floating(kind):
        micros = _scale_to_micros(array)
    else:
        micros, faults = _conform_each_value(array, pa.int64(), v.parse_timestamp)
        return micros.cast(TIMESTAMP), faults
    instants = micros.fill_null(v.EARLIEST).to_numpy(zero_copy_only=False)
    implausible = (instants < v.EARLIEST) | (instants >= v.LATEST)
    if implausible.any():
        micros = pc.if_else(pa.array(implausible), pa.scalar(None, pa.int64()), micros)
    endless = np.zeros(implausible.size, np.bool_)
    if pa.types.is_floating(kind):
        endless = np.isinf(array.cast(pa.float64()).fill_null(0).to_numpy(zero_copy_only=False))
    faults = {int(row): v.NOT_TIME if endless[row] else v.IMPLAUSIBLE for row in np.flatnonzero(implausible)}
    return micros.cast(TIMESTAMP), faults


def _scale_to_micros(array: Any) -> Any:
    """Return µs since 1970 of seconds, ms, µs or ns, told apart by magnitude (implausible ones stay so)."""
    if pa.types.is_floating(array.type):
        numbers = array.cast(pa.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False)
        finite = np.nan_to_num(numbers, nan=0.0, posinf=1e30, neginf=-1e30)
        size = np.abs(finite)
        scale = np.select([size < 1e11, size < 1e14, size < 1e17], [1e6, 1e3, 1.0], 1e-3)
        micros = np.clip(np.rint(finite * scale), -(2.0**62), 2.0**62).astype(np.int64)
        return pa.array(micros, mask=np.isnan(numbers))
    whole = array.cast(pa.int64())
    ticks = whole.fill_null(0).to_numpy(zero_copy_only=False)
    seconds, millis, nanos = (np.abs(ticks) < 10**11), (np.abs(ticks) < 10**14), (np.abs(ticks) >= 10**17)
    factor = np.where(seconds, 1_000_000, np.where(millis, 1_000, 1))
    micros = np.where(nanos, ticks // 1_000, ticks * factor)
    return pa.array(micros, mask=whole.is_null().to_numpy(zero_copy_only=False))


def _conform_integers(raw: RawColumn, kind: Any, *, signed: bool, tokens: bool) -> ConformedColumn:
    most = MOST_TOKENS if tokens else 2 ** (kind.bit_width - 1) - 1
    read = partial(v.parse_integer if signed else v.parse_count, most=most)
    array = _convert_to_arrow(raw)
    if array is None or not (pa.types.is_integer(array.type) or pa.types.is_null(array.type)):
        return _conform_each_value(raw, kind, read)
    try:
        cast = array.cast(kind)
    except pa.ArrowInvalid:
        return _conform_each_value(array, kind, read)
    if not signed:
        bounds = pc.min_max(cast).as_py()
        if bounds["min"] is not None and (bounds["min"] < 0 or bounds["max"] > most):
            return _conform_each_value(array, kind, read)
    return cast, {}


def _conform_floats(raw: RawColumn, kind: Any) -> ConformedColumn:
    array = _convert_to_arrow(raw)
    if array is None or not (pa.types.is_floating(array.type) or pa.types.is_null(array.type)):
        return _conform_each_value(raw, kind, v.parse_float)
    cast = array.cast(kind, safe=False)
    # Not a number is no value.
    return pc.if_else(pc.is_nan(cast), pa.scalar(None, kind), cast), {}


def _conform_lists(raw: RawColumn, kind: Any) -> ConformedColumn:
    read = v.parse_names if kind.value_type == pa.string() else v.parse_hashes
    array = None
    if isinstance(raw, list):
        # Arrow would take a string for a list of its characters.
        if all(type(value) is list or value is None for value in raw):
            array = _convert_to_arrow(raw)
    else:
        array = _convert_to_arrow(raw)
    if array is None or pa.types.is_null(array.type):
        return _conform_each_value(raw, kind, read)
    if not (pa.types.is_list(array.type) or pa.types.is_large_list(array.type)):
        return _conform_each_value(raw, kind, read)
    inner = array.type.value_type
    if (
        pa.types.is_null(inner)
        or inner == kind.value_type
        or (_is_string_type(inner) and kind.value_type == pa.string())
    ):
        cast = array.cast(kind)
        if read is v.parse_hashes and not (cast.values.null_count and cast.flatten().null_count):
            return _drop_long_sketches(cast)
        if read is v.parse_names and _are_clean_names(cast.flatten()):
            return cast, {}
    return _conform_each_value(raw, kind, read)


def _drop_long_sketches(sketches: Any) -> ConformedColumn:
    """Return sketches without those that hold more hashes than can be counted."""
    too_long = pc.greater(pc.list_value_length(sketches), MOST_HASHES).fill_null(False)
    rows = np.flatnonzero(np.asarray(too_long))
    if not rows.size:
        return sketches, {}
    return pc.if_else(too_long, pa.scalar(None, sketches.type), sketches), {int(row): v.TOO_MANY_HASHES for row in rows}


def _are_clean_names(elements: Any) -> bool:
    if not len(elements) or (not elements.null_count and _is_printable_ascii(elements)):
        return True
    strings = _convert_to_strings(elements)
    if strings is None or strings.null_count or pc.any(pc.match_substring(strings, "\0")).as_py():
        return False
    return not pc.any(pc.equal(pc.binary_length(pc.utf8_trim_whitespace(strings)), 0)).as_py()
