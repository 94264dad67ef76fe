"""Files that partners send, as STIX objects: bundles as they stand, MISP events and tables converted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import orjson

from hydrometer.contract.intel import Source
from hydrometer.sharing.misp_reading import dossiers_of_event
from hydrometer.sharing.stix_files import LARGEST, read_bundle
from hydrometer.sharing.stix_writing import objects_of
from hydrometer.sharing.tables import read_table

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from hydrometer.contract.intel import Dossiers
    from hydrometer.sharing.confidence import Scale
    from hydrometer.sharing.judgement import JudgedSource


class Taken(NamedTuple):
    """What a file holds."""

    objects: list[dict[str, Any]]
    source: JudgedSource
    undated: bool
    """Whether the objects were converted, and bear the time of that instead of one of their own."""


def taken(
    file: Path,
    source_of: Callable[[list[dict[str, Any]]], JudgedSource],
    notes: Counter[str],
    *,
    scale: Scale = "stix",
    at: datetime,
) -> Taken:
    """Return the STIX objects that a file holds; `source_of` says of what a bundle holds whose it is.

    `scale` is that of a table's confidences; `at` dates what has no date of its own.

    Raises:
        InputError: the file cannot be read, or a row or object of it is damaged.
    """
    if file.suffix.lower() == ".csv":
        source = source_of([])
        return Taken(_of(read_table(file, source.id, notes, scale), source, at), source, undated=True)
    events = _events(file)
    if events is None:
        objects = read_bundle(file)
        return Taken(objects, source_of(objects), undated=False)
    source = source_of([])
    made: dict[str, dict[str, Any]] = {}
    for event in events:
        read = dossiers_of_event(event, str(file), source.id, notes)
        made |= {one["id"]: one for one in _of(read, source, at)}
    return Taken(list(made.values()), source, undated=True)


def _of(dossiers: Dossiers, source: JudgedSource, at: datetime) -> list[dict[str, Any]]:
    said = Source(id=source.id, name=source.name)
    return objects_of(msgspec.structs.replace(dossiers, sources=(said,)), at)


def _events(file: Path) -> list[Mapping[str, Any]] | None:
    """Return MISP events, one as it is exported or several as a search answers; None when the file holds none, whatever
    it is: reading it as a bundle says what is wrong.
    """
    try:
        if file.stat().st_size > LARGEST:
            return None
        found = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    answers = found.get("response", [found]) if isinstance(found, dict) else []
    events = [one.get("Event") for one in answers if isinstance(one, dict)] if isinstance(answers, list) else []
    return [one for one in events if isinstance(one, dict)] or None
