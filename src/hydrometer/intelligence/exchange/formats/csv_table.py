"""A table of values for blocklists and spreadsheets; `read_table` takes such tables in."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from hydrometer.contract import EntityKind
from hydrometer.intelligence.exchange.release_format import ReleaseFormat
from hydrometer.intelligence.exchange.stix_encoder import format_stix_time

if TYPE_CHECKING:
    from hydrometer.intelligence.exchange.campaign_release import CampaignRelease

COLUMNS = ("kind", "value", "confidence", "valid_from", "valid_until", "tlp", "campaign", "source", "id")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings that make a spreadsheet run a value, which strangers may have written."""


def encode_csv(release: CampaignRelease) -> bytes:
    """Return the table, one indicator a row."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in sorted(release.dossiers.indicators, key=lambda indicator: (indicator.kind, indicator.value)):
        if one.kind == EntityKind.TEMPLATE or one.value.startswith(FORMULA):
            continue
        start, end = (format_stix_time(moment) if moment else "" for moment in (one.valid_from, one.valid_until))
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


def count_formulas(release: CampaignRelease) -> dict[str, int]:
    """Count the values that are dangerous to open in a spreadsheet."""
    number = sum(
        one.kind != EntityKind.TEMPLATE and one.value.startswith(FORMULA) for one in release.dossiers.indicators
    )
    return {"csv: a spreadsheet would run the value as a formula": number} if number else {}


FORMAT = ReleaseFormat(
    "csv",
    ".csv",
    encode_csv,
    "a table of values",
    lost="campaign, sightings, sketches and techniques",
    left_out=count_formulas,
)
