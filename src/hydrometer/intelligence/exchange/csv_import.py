"""Tables that partners send: one indicator a row."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hydrometer.contract import INDICATOR_KINDS, Dossiers, EntityKind, Indicator, InputError
from hydrometer.files import explain_read_errors, open_regular_file
from hydrometer.intelligence.exchange.canonicalisation import canonicalise_value
from hydrometer.intelligence.exchange.confidence_scales import UNSAID, Scale, convert_to_stix
from hydrometer.intelligence.exchange.stix_ids import is_id, make_id
from hydrometer.intelligence.exchange.stix_objects import INTEL_ROLES
from hydrometer.intelligence.exchange.tlp import LEVELS, UNMARKED

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping
    from pathlib import Path

COLUMNS = ("kind", "value", "confidence", "valid_from", "valid_until", "tlp", "role", "indicates", "id")
"""Columns that are read; `indicates` names ids, with a space between them."""
MEND = "Mend the row or take it out."


def read_table(file: Path, source: str, notes: Counter[str], scale: Scale = "stix") -> Dossiers:
    """Return the indicators of a CSV file with the columns `kind`, `value` and what else of COLUMNS is known.

    `scale` is that of its confidences.

    Raises:
        InputError: the file is no such table, or a row of it is damaged.
    """
    indicators: dict[str, Indicator] = {}
    try:
        with (
            explain_read_errors(file, mend="Name a CSV file."),
            io.TextIOWrapper(open_regular_file(file), "utf-8-sig", newline="") as lines,
        ):
            reader = csv.DictReader(lines, strict=True)
            columns = reader.fieldnames or []
            for name in ("kind", "value"):
                if name not in columns:
                    raise InputError("is missing", file=str(file), column=name, mend="Name the columns in row 1.")
            notes.update(f"columns not read: {name}" for name in columns if name not in COLUMNS)
            for row in reader:
                one = _parse_row(row, str(file), reader.line_num, source, scale)
                indicators[one.id] = one
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"is no table: {error}", file=str(file), mend="Write it as CSV in UTF-8.") from None
    return Dossiers(indicators=tuple(indicators[name] for name in sorted(indicators)))


def _parse_row(row: Mapping[str, str | None], file: str, line: int, source: str, scale: Scale) -> Indicator:
    cells = {name: (row.get(name) or "").strip() for name in COLUMNS}

    def make_cell_error(column: str, problem: object) -> InputError:
        return InputError(str(problem), file=file, row=line, column=column, mend=MEND)

    if cells["kind"] not in INDICATOR_KINDS:
        raise make_cell_error("kind", f"{cells['kind']!r} is none of {', '.join(INDICATOR_KINDS)}")
    kind = EntityKind(cells["kind"])
    try:
        value = canonicalise_value(kind, cells["value"])
    except ValueError as error:
        raise make_cell_error("value", error) from None
    times = {}
    for name in ("valid_from", "valid_until"):
        try:
            moment = datetime.fromisoformat(cells[name]) if cells[name] else None
        except ValueError:
            raise make_cell_error(name, f"{cells[name]!r} is no ISO 8601 time") from None
        times[name] = moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None
    try:
        confidence = convert_to_stix(cells["confidence"], scale) if cells["confidence"] else UNSAID
    except ValueError as error:
        raise make_cell_error("confidence", error) from None
    if cells["tlp"] and cells["tlp"] not in LEVELS:
        raise make_cell_error("tlp", f"{cells['tlp']!r} is none of {', '.join(LEVELS)}")
    if cells["role"] and cells["role"] not in INTEL_ROLES:
        raise make_cell_error("role", f"{cells['role']!r} is none of {', '.join(sorted(INTEL_ROLES))}")
    targets = cells["indicates"].split()
    if not all(is_id(target) for target in targets):
        raise make_cell_error("indicates", "holds what is no STIX identifier")
    name = cells["id"] or make_id("indicator", source, kind, value)
    if not is_id(name, "indicator"):
        raise make_cell_error("id", f"{name!r} is no STIX identifier of an indicator")
    return Indicator(
        id=name,
        kind=kind,
        value=value,
        indicates=tuple(sorted(set(targets))),
        role=cells["role"] or None,
        source=source,
        confidence=confidence,
        tlp=cells["tlp"] or UNMARKED,
        valid_from=times["valid_from"],
        valid_until=times["valid_until"],
    )
