"""How much of a harvest was sent before its operator was found, from results of successive days."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.contract.errors import InputError
from hydrometer.contract.table import TIMESTAMP
from hydrometer.evaluation.claims import MEMBERS
from hydrometer.evaluation.parquet import batches, texts
from hydrometer.evaluation.truth import Harvest, Truth, index_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hydrometer.contract.population import Ints

DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
NUMBER = re.compile(r"day-(\d+)")
DAY = 86_400_000_000
"""µs."""
NEVER = np.iinfo(np.int64).max


class Detection(msgspec.Struct, frozen=True, kw_only=True):
    """When an operator was found."""

    operator: str
    day: str | None
    """The first result in which it is found; None: in none."""
    harvest: int
    """Exchanges that it harvested in the world."""
    before: int
    """Of these, those sent before the end of that day; all where it was never found."""


@dataclass(frozen=True, slots=True)
class Day:
    """The result of one day; its end is µs since 1970, or since the first midnight of the world where it is numbered."""

    name: str
    folder: Path
    end: int
    numbered: bool


def days_of(result: Path) -> tuple[list[Day], int]:
    """Return the days of a folder of results, first to last, and how many other folders it holds; none of a plain result.

    Raises:
        InputError: a name is no date or number of a day, or the folder mixes both.
    """
    if not result.is_dir() or (result / MEMBERS).exists():
        return [], 0
    found = []
    folders = sorted(entry for entry in result.iterdir() if entry.is_dir())
    for folder in folders:
        numbered = NUMBER.fullmatch(folder.name)
        if DATE.fullmatch(folder.name):
            found.append(Day(folder.name, folder, _midnight_after(folder), numbered=False))
        elif numbered:
            if int(numbered[1]) < 1:
                raise InputError("is no day", file=str(folder), mend="The first day of the world is day-01.")
            found.append(Day(folder.name, folder, int(numbered[1]) * DAY, numbered=True))
    if len({day.numbered for day in found}) > 1 or len({day.end for day in found}) < len(found):
        raise InputError(
            "names days in two ways, or one twice", file=str(result), mend="Name all by date, or all day-01, day-02, …"
        )
    return sorted(found, key=lambda day: day.end), len(folders) - len(found)


def detections(
    days: Sequence[Day], found: Sequence[set[str]], harvest: Harvest, truth: Truth, world: Path
) -> tuple[list[Detection], int]:
    """Return when each operator was first found, and how many harvested exchanges have no time in `world`.

    `found` holds the operators that the result of each day finds. Exchanges without a time count as sent after every
    day.

    Raises:
        InputError: `world` has no exchanges*.parquet, or a file of it cannot be used.
    """
    sent, first = _times(harvest, truth, world)
    start = first // DAY * DAY if first != NEVER else 0
    rows = []
    for operator in sorted({*truth.operators, *harvest.operators}):
        of = sent[harvest.operator == harvest.operators.index(operator)] if operator in harvest.operators else sent[:0]
        day = next((day for day, names in zip(days, found, strict=True) if operator in names), None)
        before = of.size if day is None else int((of < day.end + (start if day.numbered else 0)).sum())
        rows.append(Detection(operator=operator, day=day.name if day else None, harvest=of.size, before=before))
    return rows, int((sent == NEVER).sum())


def _midnight_after(folder: Path) -> int:
    try:
        day = datetime.strptime(folder.name, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise InputError("is no date", file=str(folder), mend="Name the folder of a day as 2026-01-31.") from None
    return int(day.timestamp()) * 1_000_000 + DAY


def _times(harvest: Harvest, truth: Truth, world: Path) -> tuple[Ints, int]:
    """Return when each harvested exchange was sent, NEVER where the world lacks it, and the first time of the world (µs).

    Only rows of operators' accounts are kept while the world is read; a repeated exchange has its earliest time.
    """
    files = sorted(world.glob("exchanges*.parquet"))
    if not files:
        raise InputError(
            "holds no exchanges*.parquet",
            file=str(world),
            mend="Results of successive days need the times of exchanges.",
        )
    run = truth.accounts.filter(pa.array(truth.operator >= 0))
    kept: list[pa.Array] = [pa.array([], pa.large_string())]
    times: list[Ints] = [np.empty(0, np.int64)]
    first = int(NEVER)
    for file in files:
        for batch in batches(file, ("exchange_id", "started_at", "account_id")):
            at = _micros(batch, file)
            first = min(first, int(at.min(initial=NEVER)))
            rows = pc.is_in(texts(batch, "account_id", file), value_set=run)
            kept.append(texts(batch, "exchange_id", file).filter(rows))
            times.append(at[rows.to_numpy(zero_copy_only=False)])
    place, at = index_in(pa.concat_arrays(kept), harvest.exchanges), np.concatenate(times)
    sent = np.full(len(harvest.exchanges), NEVER, dtype=np.int64)
    np.minimum.at(sent, place[place >= 0], at[place >= 0])
    return sent, first


def _micros(batch: pa.RecordBatch, file: Path) -> Ints:
    column = batch.column("started_at")
    if not pa.types.is_timestamp(column.type) or column.null_count:
        raise InputError(
            "is no time in every row",
            file=str(file),
            column="started_at",
            mend="Write timestamps, as the contract has them.",
        )
    return np.asarray(column.cast(TIMESTAMP, safe=False).cast(pa.int64()).to_numpy(zero_copy_only=False))
