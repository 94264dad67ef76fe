"""Tables that another library holds in this process (Arrow, pandas, Polars, DuckDB), read by Arrow's C stream."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from hydrometer.contract import InputError
from hydrometer.sources.discovery import parse_releases
from hydrometer.sources.table_traffic import ForeignTable, TableTraffic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hydrometer.contract import ReadSettings

PROTOCOL = "__arrow_c_stream__"
"""The method by which libraries hand a table over: https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html"""
RERUN = "duckdb"
"""The library whose relations are queries, run again at each reading and never held in memory as a whole."""
TABLE_MEND = "Give an Arrow table, a pandas or Polars frame, or a DuckDB relation."


@dataclass(frozen=True)
class TrafficTables:
    """Exchanges, and what is known of their accounts and of the releases of models, each a table with Arrow's protocol.

    `models` has the columns `model` and `released_at`, as models.json beside log files has.
    """

    exchanges: object
    accounts: object | None = None
    models: object | None = None


def is_table(value: object) -> bool:
    """Return whether a value hands its rows over by Arrow's C stream."""
    return hasattr(value, PROTOCOL)


def open_tables(tables: TrafficTables, *, settings: ReadSettings, mapping: Path | None) -> TableTraffic:
    """Open tables as traffic; errors and rejected rows name them "table exchanges", "table accounts", "table models".

    Raises:
        InputError: no table, a column that Arrow cannot take over, a needed column missing, or a faulty mapping.
    """
    traffic = TableTraffic(
        _open_table(tables.exchanges, "table exchanges", settings),
        _open_table(tables.accounts, "table accounts", settings) if tables.accounts is not None else None,
        releases=None,
        settings=settings,
        mapping=mapping,
    )
    if tables.models is not None:
        location = "table models"
        rows = _read_whole_table(tables.models, location).to_pylist()
        traffic.releases = parse_releases(rows, location, "Give each row a model and a released_at.")
        traffic.inputs.append(location)
    return traffic


def _open_table(value: Any, location: str, settings: ReadSettings) -> ForeignTable:
    if type(value).__module__.partition(".")[0].lstrip("_") == RERUN and is_table(value):
        reader = _open_stream(value, location)
        _refuse_repeated_columns(reader.schema.names, location)
        return ForeignTable(
            location, frozenset(reader.schema.names), partial(_rerun_query, value, location, settings.batch_rows)
        )
    table = _read_whole_table(value, location)
    mean = max(1, table.nbytes // max(1, table.num_rows))
    rows = max(1, min(settings.batch_rows, settings.batch_bytes // mean))
    return ForeignTable(location, frozenset(table.column_names), partial(_cut_into_batches, table, rows))


def _read_whole_table(value: Any, location: str) -> pa.Table:
    """Return the table, read at once: what a stream gives, it may give once only, and some texts are read twice."""
    reader = _open_stream(value, location)
    _refuse_repeated_columns(reader.schema.names, location)
    try:
        return reader.read_all().cast(_spell_out_views(reader.schema))
    except pa.ArrowException as error:
        raise _describe_conversion(error, location) from None


def _open_stream(value: Any, location: str) -> pa.RecordBatchReader:
    if not is_table(value):
        raise InputError(f"{type(value).__name__} is no table", file=location, mend=TABLE_MEND)
    try:
        return pa.RecordBatchReader.from_stream(value)
    except pa.ArrowException as error:
        raise _describe_conversion(error, location) from None


def _describe_conversion(error: Exception, location: str) -> InputError:
    """Return what Arrow says of a column that has no one type, with the column where it names it."""
    words = " ".join(str(argument) for argument in error.args)
    column = re.search(r"Conversion failed for column (.+) with type", words)
    return InputError(
        f"Arrow cannot take it over: {str(error.args[0] if error.args else error).splitlines()[0]}",
        file=location,
        column=column[1] if column else "",
        mend="Give the column values of one type, or leave it out.",
    )


def _spell_out_views(schema: pa.Schema) -> pa.Schema:
    """Return the schema with plain strings for views of strings, which Arrow cannot take out of a dictionary."""
    return pa.schema([field.with_type(_spell_out_view(field.type)) for field in schema])


def _spell_out_view(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_string_view(kind):
        return pa.large_string()
    if pa.types.is_dictionary(kind):
        return pa.dictionary(kind.index_type, _spell_out_view(kind.value_type), ordered=kind.ordered)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        inner = _spell_out_view(kind.value_type)
        return kind if inner == kind.value_type else pa.large_list(inner)
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_spell_out_view(field.type)) for field in kind.fields])
    return kind


def _refuse_repeated_columns(names: list[str], location: str) -> None:
    repeated = next((name for name, times in Counter(names).items() if times > 1), None)
    if repeated is not None:
        raise InputError("is there twice", file=location, column=repeated, mend="Give each column a name of its own.")


def _cut_into_batches(table: pa.Table, rows: int, wanted: frozenset[str]) -> Iterator[pa.RecordBatch]:
    names = [name for name in table.column_names if name in wanted]
    return iter(table.select(names).to_batches(max_chunksize=rows))


def _rerun_query(relation: Any, location: str, rows: int, wanted: frozenset[str]) -> Iterator[pa.RecordBatch]:
    """Run the query of a DuckDB relation and yield its rows, some at a time."""
    try:
        reader = _open_stream(relation, location)
        plain = _spell_out_views(reader.schema)
        for viewed in reader:
            batch = viewed.cast(plain)
            names = [name for name in batch.schema.names if name in wanted]
            for start in range(0, batch.num_rows, rows):
                yield batch.select(names).slice(start, rows)
    except pa.ArrowException as error:
        raise _describe_conversion(error, location) from None
