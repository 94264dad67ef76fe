"""What callers may name things by, and what the subsystems are given of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable
from urllib.parse import unquote, urlsplit

from hydrometer.contract import InputError, Settings
from hydrometer.files import convert_settings, load_settings
from hydrometer.sources import TrafficTables, is_table


@runtime_checkable
class ArrowTable(Protocol):
    """A table that hands its rows over by Arrow's C stream: of PyArrow, pandas, Polars, DuckDB and others."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return a capsule with the stream."""


TrafficArgument = str | Path | ArrowTable | Mapping[str, ArrowTable]
"""A file or folder, an address, a table of exchanges, or tables by name: `exchanges`, and if known `accounts`, `models`."""
SettingsArgument = Settings | str | Path | Mapping[str, object] | None
"""Settings, a TOML file of them, those that differ from the defaults by name, or None for the defaults."""
PathsArgument = str | Path | Sequence[str | Path]
"""One path or several."""

TABLES = ("exchanges", "accounts", "models")
TRAFFIC_MEND = (
    'Name a file or folder, or give a table of exchanges, or {"exchanges": table, "accounts": table, "models": table}.'
)


def resolve_settings(settings: SettingsArgument) -> Settings:
    """Return the settings that were named.

    Raises:
        InputError: the file cannot be read, or a setting is unknown or out of its bounds.
    """
    if isinstance(settings, Settings):
        return settings
    if isinstance(settings, Mapping):
        return convert_settings(dict(settings), "settings")
    return load_settings(resolve_path(settings))


def resolve_path(path: str | Path | None) -> Path | None:
    """Return a path that may have been given as text."""
    return None if path is None else Path(path)


def resolve_paths(paths: PathsArgument) -> list[Path]:
    """Return the paths that were named, one or several."""
    return [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]


def resolve_traffic(traffic: TrafficArgument, *, spark: bool) -> Path | str | TrafficTables:
    """Return traffic as detection reads it; Spark takes addresses in its own notation, which a path would change.

    Raises:
        InputError: it is no traffic, or an address that only Spark reads.
    """
    if isinstance(traffic, str):
        return traffic if spark else _resolve_address(traffic)
    if isinstance(traffic, Path):
        return traffic
    if isinstance(traffic, Mapping):
        return _name_tables(traffic)
    if is_table(traffic):
        return TrafficTables(traffic)
    raise InputError(f"{type(traffic).__name__} is no traffic", mend=TRAFFIC_MEND)


def resolve_place(out: str | Path, *, spark: bool) -> Path | str:
    """Return where to write, for Spark in its own notation."""
    return str(out) if spark else Path(out)


def _resolve_address(address: str) -> Path:
    parts = urlsplit(address)
    if parts.scheme == "file" and "://" in address:
        return Path(unquote(parts.path))
    if "://" in address:
        raise InputError(
            f"is an address at {parts.scheme}, which only the engine spark reads",
            file=address,
            mend="Copy the files to this machine, or set engine to spark; docs/spark.md tells how.",
        )
    return Path(address)


def _name_tables(tables: Mapping[str, ArrowTable]) -> TrafficTables:
    unknown = sorted(set(tables) - set(TABLES))
    if unknown or "exchanges" not in tables:
        problem = f"no table is called {unknown[0]!r}" if unknown else "no table `exchanges` is given"
        raise InputError(problem, mend=TRAFFIC_MEND)
    return TrafficTables(**tables)
