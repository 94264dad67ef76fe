"""Files that partners send, as STIX objects: bundles as they stand, MISP events and tables converted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from hydrometer.sharing.misp_reading import dossiers_of_event
from hydrometer.sharing.stix_files import LARGEST, read_bundle
from hydrometer.sharing.stix_writing import objects_of
from hydrometer.sharing.tables import read_table

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from hydrometer.sharing.confidence import Scale


def objects_in(
    file: Path, source: str, notes: Counter[str], *, scale: Scale = "stix", at: datetime
) -> list[dict[str, Any]]:
    """Return the STIX objects that a file of a source holds; `at` dates what had no date of its own.

    Raises:
        InputError: the file cannot be read, or a row or object of it is damaged.
    """
    if file.suffix.lower() == ".csv":
        return objects_of(read_table(file, source, notes, scale), at)
    event = _event(file)
    if event is None:
        return read_bundle(file)
    return objects_of(dossiers_of_event(event, str(file), source, notes), at)


def _event(file: Path) -> Mapping[str, Any] | None:
    """Return a MISP event; None when the file is none, whatever it is: reading it as a bundle says what is wrong."""
    try:
        if file.stat().st_size > LARGEST:
            return None
        found = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    event = found.get("Event") if isinstance(found, dict) else None
    return event if isinstance(event, dict) else None
