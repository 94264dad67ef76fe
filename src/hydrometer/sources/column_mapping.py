"""A customer's own columns: which of theirs is which of ours, as a TOML file tells.

    [exchanges]
    started_at = {path = "ts", unit = "ms"}
    account_id = "user.key_hash"
    channel = {value = "api"}

    [accounts]
    org_id = "company"

A path is the name of a column or leads by dots into objects. Columns that are not named are read under our own names.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.contract import ACCOUNTS, EXCHANGES, TIMESTAMP, TRAFFIC, InputError
from hydrometer.files import read_toml
from hydrometer.sources import value_parsers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hydrometer.contract import TableSpec


@dataclass(frozen=True, slots=True)
class ColumnOrigin:
    """Where a column's values come from: a path in the customer's rows, or one constant."""

    path: tuple[str, ...] = ()
    value: Any = None
    unit: str | None = None


Origins = dict[str, ColumnOrigin]


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """The origins of both tables' columns."""

    exchanges: Origins
    accounts: Origins


NO_MAPPING = ColumnMapping({}, {})


def load_mapping(path: Path | None) -> ColumnMapping:
    """Read a mapping.

    Raises:
        InputError: the file is missing, is not TOML, or names an unknown table, target, key or unit.
    """
    if path is None:
        return NO_MAPPING
    file = str(path)
    data = read_toml(path, mend="Name an existing TOML file.", valid="See the documentation for a valid mapping.")
    tables: dict[str, tuple[TableSpec, ...]] = {"exchanges": (EXCHANGES, TRAFFIC), "accounts": (ACCOUNTS,)}
    unknown = sorted(set(data) - set(tables))
    if unknown:
        raise InputError(f"unknown table [{unknown[0]}]", file=file, mend="Name [exchanges] or [accounts].")
    origins: dict[str, Origins] = {"exchanges": {}, "accounts": {}}
    for name, targets in data.items():
        if not isinstance(targets, dict):
            raise InputError(f"{name} is no table", file=file, mend=f"Write [{name}] above its columns.")
        types = {column.name: column.type for table in tables[name] for column in table.columns}
        for target, origin in targets.items():
            origins[name][target] = _parse_origin(file, name, target, origin, types)
    return ColumnMapping(origins["exchanges"], origins["accounts"])


def _parse_origin(file: str, table: str, target: str, origin: object, types: Mapping[str, Any]) -> ColumnOrigin:
    column = f"{table}.{target}"
    if target not in types:
        raise InputError("unknown target", file=file, column=column, mend=f"Targets: {', '.join(types)}.")
    if isinstance(origin, str) and origin:
        return ColumnOrigin(path=tuple(origin.split(".")))
    if not isinstance(origin, dict) or set(origin) not in ({"value"}, {"path"}, {"path", "unit"}):
        raise InputError(
            "neither a path nor a constant", file=file, column=column,
            mend='Write "path.to.it", {path = "ts", unit = "ms"} or {value = "api"}.',
        )  # fmt: skip
    if "value" in origin:
        return ColumnOrigin(value=origin["value"])
    if not isinstance(origin["path"], str) or not origin["path"]:
        raise InputError("a path that is no text", file=file, column=column, mend='Write {path = "ts"}.')
    unit = origin.get("unit")
    if unit is not None and (unit not in value_parsers.UNITS or types[target] != TIMESTAMP):
        raise InputError(
            f"unit {unit!r} does not fit", file=file, column=column,
            mend=f"Times take {', '.join(value_parsers.UNITS)}; other columns take none.",
        )  # fmt: skip
    return ColumnOrigin(path=tuple(origin["path"].split(".")), unit=unit)


def map_row(fields: dict[str, Any], origins: Origins) -> dict[str, Any]:
    """Return one row under our names; a target whose path leads nowhere is absent."""
    row = {name: value for name, value in fields.items() if name not in origins}
    for target, origin in origins.items():
        value = _convert_time(_follow_path(fields, origin.path), origin.unit) if origin.path else origin.value
        if value is not None:
            row[target] = value
    return row


def _follow_path(fields: Any, path: tuple[str, ...]) -> Any:
    whole = ".".join(path)
    if whole in fields:
        return fields[whole]
    for step in path:
        if not isinstance(fields, dict):
            return None
        fields = fields.get(step)
    return fields


def _convert_time(value: Any, unit: str | None) -> Any:
    """Return a time counted in a stated unit as an instant, so that its magnitude is not guessed again."""
    if unit is None:
        return value
    micros, fault = value_parsers.parse_timestamp(value, unit)
    return value if fault is not None or micros is None else value_parsers.EPOCH + timedelta(microseconds=micros)


def map_columns(batch: Any, origins: Origins) -> dict[str, Any]:
    """Return the columns of an Arrow batch under our names; those without an origin keep their own."""
    columns = {name: batch.column(index) for index, name in enumerate(batch.schema.names)}
    targets = dict(columns)
    for target, origin in origins.items():
        if not origin.path:
            targets[target] = [origin.value] * batch.num_rows
            continue
        column = _follow_struct_path(columns, origin.path)
        if column is None:
            targets.pop(target, None)
        elif origin.unit is not None and not pa.types.is_timestamp(column.type):
            targets[target] = [_convert_time(value, origin.unit) for value in column.to_pylist()]
        else:
            targets[target] = column
    return targets


def _follow_struct_path(columns: Mapping[str, Any], path: tuple[str, ...]) -> Any | None:
    whole = ".".join(path)
    if whole in columns:
        return columns[whole]
    column = columns.get(path[0])
    for step in path[1:]:
        if column is None or not pa.types.is_struct(column.type) or column.type.get_field_index(step) < 0:
            return None
        column = pc.struct_field(column, step)
    return column


def collect_source_columns(origins: Origins) -> frozenset[str]:
    """Return the customer's top-level columns that a mapping reads."""
    return frozenset(
        name for origin in origins.values() if origin.path for name in (origin.path[0], ".".join(origin.path))
    )
