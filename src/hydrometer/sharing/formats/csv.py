"""A table of values for blocklists and spreadsheets; `read_table` takes such tables in."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from hydrometer.sharing.format import Format
from hydrometer.sharing.stix_writing import stamp

if TYPE_CHECKING:
    from hydrometer.sharing.release import Release

COLUMNS = ("kind", "value", "confidence", "valid_from", "valid_until", "tlp", "campaign", "source", "id")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings that make a spreadsheet run a value, which strangers may have written."""


def encode(release: Release) -> bytes:
    """Return the table, one indicator a row."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in sorted(release.dossiers.indicators, key=lambda indicator: (indicator.kind, indicator.value)):
        if one.kind == "template" or one.value.startswith(FORMULA):
            continue
        start, end = (stamp(moment) if moment else "" for moment in (one.valid_from, one.valid_until))
        writer.writerow(
            (
                one.kind,
                one.value,
                one.confidence,
                start,
                end,
                one.tlp,
                release.campaign.name,
                release.site.name,
                one.id,
            )
        )
    return text.getvalue().encode("utf-8")


def left_out(release: Release) -> dict[str, int]:
    """Values that are dangerous to open in a spreadsheet."""
    number = sum(one.kind != "template" and one.value.startswith(FORMULA) for one in release.dossiers.indicators)
    return {"csv: a spreadsheet would run the value as a formula": number} if number else {}


FORMAT = Format(
    "csv",
    ".csv",
    encode,
    "a table of values",
    lost="campaign, sightings, sketches and techniques",
    left_out=left_out,
)
