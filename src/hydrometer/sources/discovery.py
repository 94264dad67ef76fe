"""Which files of a path hold what: exchanges, accounts, releases, intelligence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

from hydrometer.contract import FINGERPRINTS, TEXTS, InputError
from hydrometer.sources import value_parsers
from hydrometer.sources.bounded_input import open_input
from hydrometer.sources.formats import load_readers
from hydrometer.sources.parquet_reader import MAGIC, read_columns_and_rows
from hydrometer.sources.record_readers import read_csv_header, read_json_records
from hydrometer.sources.rejects import Rejects

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hydrometer.sources.format_reader import FormatReader

FORMATS_MEND = "Name a folder or file of a known format, or name the format with --source"
_DATA = (".parquet", ".json", ".jsonl", ".ndjson", ".csv")
LARGEST_RELEASES = 16 << 20
"""Bytes of models.json."""
_CANONICAL = "canonical"


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file of a table: `container` is parquet, json or csv; `columns` is what its head shows; `rows` if known."""

    path: Path
    container: str
    reader: FormatReader
    columns: frozenset[str]
    rows: int | None = None

    @property
    def fingerprinted(self) -> bool:
        return (
            self.reader.name == _CANONICAL
            and self.container != "csv"
            and not self.columns.isdisjoint(FINGERPRINTS.names)
            and self.columns.isdisjoint(TEXTS)
        )


@dataclass(frozen=True, slots=True)
class InputLayout:
    """The files of one input."""

    exchanges: tuple[InputFile, ...]
    accounts: tuple[InputFile, ...]
    releases: Path | None
    intel: tuple[Path, ...]
    unread: tuple[Path, ...]


def find_data_suffix(path: Path) -> str:
    """Return the suffix that tells the container, below a `.gz`."""
    name = path.name.lower().removesuffix(".gz")
    return next((suffix for suffix in _DATA if name.endswith(suffix)), "")


def discover_inputs(path: Path, source: str | None, *, mapped: bool) -> InputLayout:
    """Tell what each file of `path` holds.

    Raises:
        InputError: nothing there, an unknown source or format, or a file that is not what its name says.
    """
    readers_by_name = load_readers()
    if source is not None and source not in readers_by_name:
        raise InputError(
            f"unknown source {source!r}", file=str(path), mend=f"Known sources: {', '.join(readers_by_name)}."
        )
    if not path.exists():
        raise InputError("no such file or folder", file=str(path), mend="Name an existing file or folder.")
    forced = readers_by_name[source] if source is not None else readers_by_name[_CANONICAL] if mapped else None
    if not path.is_dir():
        return InputLayout((_identify_named_file(path, readers_by_name, forced),), (), None, (), ())
    files = _list_data_files(path)
    accounts = [child for child in files if _find_table_name(child).startswith("accounts") and find_data_suffix(child)]
    exchanges: list[InputFile] = []
    unread: list[Path] = []
    for child in files:
        if child in accounts or child.name == "models.json":
            continue
        input_file = _identify_file(child, readers_by_name, forced) if find_data_suffix(child) else None
        stray = (
            input_file is not None
            and forced is None
            and input_file.reader.name == _CANONICAL
            and not _has_canonical_name(child)
        )
        if input_file is None or stray:
            unread.append(child)
        else:
            exchanges.append(input_file)
    if forced is not None and any(_has_canonical_name(file.path) for file in exchanges):
        unread += [file.path for file in exchanges if not _has_canonical_name(file.path)]
        exchanges = [file for file in exchanges if _has_canonical_name(file.path)]
    if not exchanges:
        raise InputError(
            "no exchanges found" if not unread else f"no exchanges found; not a known format: {unread[0].name}",
            file=str(path),
            mend=f"{FORMATS_MEND} ({', '.join(readers_by_name)}); canonical files are called exchanges*.parquet, .jsonl or .csv.",
        )
    intel = path / "intel"
    models = path / "models.json"
    return InputLayout(
        tuple(exchanges),
        tuple(_identify_named_file(child, readers_by_name, readers_by_name[_CANONICAL]) for child in accounts),
        models if models.exists() else None,
        tuple(sorted(child for child in intel.rglob("*") if not child.is_dir())) if intel.is_dir() else (),
        tuple(sorted(unread)),
    )


def _list_data_files(folder: Path) -> list[Path]:
    """List files in the order of their names; a folder `exchanges*.parquet` or `accounts*.parquet` stands for its parts."""
    paths: list[Path] = []
    for child in folder.iterdir():
        if child.name[0] in "._":
            continue
        # A pipe or a device is listed too: opening it says that it is none, while leaving it out would say nothing.
        if not child.is_dir():
            paths.append(child)
        elif _is_table_folder(child):
            paths += [part for part in child.iterdir() if not part.is_dir() and part.name[0] not in "._"]
    return sorted(paths)


def _is_table_folder(folder: Path) -> bool:
    """Return whether a folder is a table in parts, as Spark and others write it."""
    return folder.name.startswith(("exchanges", "accounts")) and folder.name.endswith(".parquet")


def _find_table_name(path: Path) -> str:
    """Return the name that tells the table: the file's, or that of the folder whose part it is."""
    return path.parent.name if _is_table_folder(path.parent) else path.name


def _identify_file(
    path: Path, readers_by_name: Mapping[str, FormatReader], forced: FormatReader | None
) -> InputFile | None:
    """Return the file with its format; None where that is unknown. A canonical name stands in for what a head cannot tell."""
    container, columns, rows = _read_head(path)
    fitting = [reader for reader in readers_by_name.values() if reader.recognises(columns)]
    if not fitting and _has_canonical_name(path):
        fitting = [readers_by_name[_CANONICAL]]
    reader = forced or (fitting[0] if fitting else None)
    if reader is None:
        return None
    if container == "parquet" and reader.name != _CANONICAL:
        raise InputError(
            f"{reader.name} is not read from Parquet", file=str(path), mend="Export it as JSON, or map its columns."
        )
    return InputFile(path, container, reader, frozenset(columns), rows)


def _identify_named_file(
    path: Path, readers_by_name: Mapping[str, FormatReader], forced: FormatReader | None
) -> InputFile:
    """Return the one file that was named; raises InputError where it is of no known format."""
    input_file = _identify_file(path, readers_by_name, forced)
    if input_file is not None:
        return input_file
    container, columns, _ = _read_head(path)
    if not columns:
        # An empty file is of any format: it holds no rows, and reading it notes so.
        return InputFile(path, container, readers_by_name[_CANONICAL], frozenset())
    raise InputError(
        f"unknown format; the first record holds {', '.join(sorted(columns)[:8])}",
        file=str(path),
        row=1,
        mend=f"{FORMATS_MEND} ({', '.join(readers_by_name)}), or map its columns with --mapping.",
    )


def _has_canonical_name(path: Path) -> bool:
    return _find_table_name(path).startswith(("exchanges", "accounts"))


def _read_head(path: Path) -> tuple[str, Mapping[str, Any], int | None]:
    """Return the container of a file, its first record (of a table: its columns), and its number of rows where known."""
    suffix = find_data_suffix(path)
    if suffix == ".parquet" or _starts_with(path, MAGIC):
        names, rows = read_columns_and_rows(path)
        return "parquet", dict.fromkeys(names), rows
    if suffix == ".csv":
        return "csv", dict.fromkeys(read_csv_header(path)), None
    rejects = Rejects()
    record = next(read_json_records(path, rejects), None)
    if record is None and rejects.counts:
        reason = next(iter(rejects.counts))
        raise InputError(f"no record can be read: {reason}", file=str(path), row=1, mend=f"{FORMATS_MEND}.")
    return "json", record.fields if record is not None else {}, None


def _starts_with(path: Path, magic: bytes) -> bool:
    with open_input(path) as stream:
        return stream.read(len(magic)) == magic


def load_releases(path: Path | None) -> dict[str, datetime]:
    """Model → when it was released, from models.json.

    Raises:
        InputError: the file is not a JSON list of objects with a model and a time of release.
    """
    if path is None:
        return {}
    with open_input(path) as stream:
        raw = stream.read(LARGEST_RELEASES + 1)
    mend = 'Write [{"model": "name", "released_at": "2026-01-31T00:00:00Z"}].'
    if len(raw) > LARGEST_RELEASES:
        raise InputError(f"has more than {LARGEST_RELEASES:,} bytes", file=str(path), mend=mend)
    try:
        entries = orjson.loads(raw.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise InputError(f"not JSON: {error.msg}", file=str(path), row=error.lineno, mend=mend) from None
    if not isinstance(entries, list):
        raise InputError("not a list", file=str(path), mend=mend)
    return parse_releases(entries, str(path), mend)


def parse_releases(entries: list[Any], file: str, mend: str) -> dict[str, datetime]:
    """Return model → when it was released, of rows that `file` holds.

    Raises:
        InputError: a row lacks a model or a time of release.
    """
    releases: dict[str, datetime] = {}
    for row, entry in enumerate(entries, 1):
        fields = entry if isinstance(entry, dict) else {}
        model, _ = value_parsers.parse_identifier(fields.get("model"))
        micros, fault = value_parsers.parse_timestamp(fields.get("released_at"))
        if model is None or micros is None:
            column = "model" if model is None else "released_at"
            raise InputError(fault or "blank", file=file, row=row, column=column, mend=mend)
        releases[model] = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=micros)
    return releases
