"""Files that partners send, as STIX objects: bundles as they stand, MISP events and tables converted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import orjson

from hydrometer.contract import IntelSource
from hydrometer.files import read_regular_file
from hydrometer.intelligence.exchange.bundle_files import LARGEST, read_bundle
from hydrometer.intelligence.exchange.csv_import import read_table
from hydrometer.intelligence.exchange.misp_import import parse_misp_event
from hydrometer.intelligence.exchange.stix_encoder import encode_dossiers

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from hydrometer.contract import Dossiers
    from hydrometer.intelligence.exchange.confidence_scales import Scale
    from hydrometer.intelligence.exchange.source_ratings import RatedSource


class ImportedFile(NamedTuple):
    """What a file holds."""

    objects: list[dict[str, Any]]
    source: RatedSource
    undated: bool
    """Whether the objects were converted, and bear the time of that instead of one of their own."""


def import_file(
    file: Path,
    source_of: Callable[[list[dict[str, Any]]], RatedSource],
    notes: Counter[str],
    *,
    scale: Scale = "stix",
    at: datetime,
) -> ImportedFile:
    """Return the STIX objects that a file holds; `source_of` says of what a bundle holds whose it is.

    `scale` is that of a table's confidences; `at` dates what has no date of its own.

    Raises:
        InputError: the file cannot be read, or a row or object of it is damaged.
    """
    if file.suffix.lower() == ".csv":
        source = source_of([])
        return ImportedFile(
            _encode_records(read_table(file, source.id, notes, scale), source, at), source, undated=True
        )
    events = _read_events(file)
    if events is None:
        objects = read_bundle(file)
        return ImportedFile(objects, source_of(objects), undated=False)
    source = source_of([])
    made: dict[str, dict[str, Any]] = {}
    for event in events:
        dossiers = parse_misp_event(event, str(file), source.id, notes)
        made |= {one["id"]: one for one in _encode_records(dossiers, source, at)}
    return ImportedFile(list(made.values()), source, undated=True)


def _encode_records(dossiers: Dossiers, source: RatedSource, at: datetime) -> list[dict[str, Any]]:
    source_record = IntelSource(id=source.id, name=source.name)
    return encode_dossiers(msgspec.structs.replace(dossiers, sources=(source_record,)), at)


def _read_events(file: Path) -> list[Mapping[str, Any]] | None:
    """Return MISP events, one as it is exported or several as a search answers; None when the file holds none, whatever
    it is: reading it as a bundle says what is wrong.
    """
    try:
        if file.stat().st_size > LARGEST:
            return None
        content = orjson.loads(read_regular_file(file))
    except (OSError, orjson.JSONDecodeError):
        return None
    answers = content.get("response", [content]) if isinstance(content, dict) else []
    events = [one.get("Event") for one in answers if isinstance(one, dict)] if isinstance(answers, list) else []
    return [one for one in events if isinstance(one, dict)] or None
