"""How much of a harvest was sent before its operator was found, from results of successive days."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.contract import TIMESTAMP, InputError, OperatorDetection
from hydrometer.lab.evaluation.parquet_columns import read_texts, stream_batches
from hydrometer.lab.evaluation.predictions import MEMBERS
from hydrometer.lab.evaluation.world_truth import AccountTruth, HarvestTruth, find_indices

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hydrometer.detection.population import Ints

DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
NUMBER = re.compile(r"day-(\d+)")
DAY = 86_400_000_000
"""µs."""
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class DayResult:
    """The result of one day; its end is µs since 1970, or since the first midnight of the world where it is numbered."""

    name: str
    folder: Path
    end: int
    numbered: bool


def list_days(result: Path) -> tuple[list[DayResult], int]:
    """Return the days of a folder of results, first to last, and how many other folders it holds; none of a plain result.

    Raises:
        InputError: a name is no date or number of a day, or the folder mixes both.
    """
    if not result.is_dir() or (result / MEMBERS).exists():
        return [], 0
    days = []
    folders = sorted(entry for entry in result.iterdir() if entry.is_dir())
    for folder in folders:
        numbered = NUMBER.fullmatch(folder.name)
        if DATE.fullmatch(folder.name):
            days.append(DayResult(folder.name, folder, _parse_end_of_day(folder), numbered=False))
        elif numbered:
            if int(numbered[1]) < 1:
                raise InputError("is no day", file=str(folder), mend="The first day of the world is day-01.")
            days.append(DayResult(folder.name, folder, int(numbered[1]) * DAY, numbered=True))
    if len({day.numbered for day in days}) > 1 or len({day.end for day in days}) < len(days):
        raise InputError(
            "names days in two ways, or one twice", file=str(result), mend="Name all by date, or all day-01, day-02, …"
        )
    return sorted(days, key=lambda day: day.end), len(folders) - len(days)


def date_detections(
    days: Sequence[DayResult],
    operators_by_day: Sequence[set[str]],
    harvest: HarvestTruth,
    truth: AccountTruth,
    world: Path,
) -> tuple[list[OperatorDetection], int]:
    """Return when each operator was first found, and how many harvested exchanges have no time in `world`.

    `operators_by_day` holds the operators that the result of each day finds. Exchanges without a time count as sent after every
    day.

    Raises:
        InputError: `world` has no exchanges*.parquet, or a file of it cannot be used.
    """
    sent, first = _read_times(harvest, truth, world)
    start = first // DAY * DAY if first != NEVER else 0
    rows = []
    for operator in sorted({*truth.operators, *harvest.operators}):
        of = sent[harvest.operator == harvest.operators.index(operator)] if operator in harvest.operators else sent[:0]
        day = next((day for day, names in zip(days, operators_by_day, strict=True) if operator in names), None)
        before = of.size if day is None else int((of < day.end + (start if day.numbered else 0)).sum())
        rows.append(OperatorDetection(operator=operator, day=day.name if day else None, harvest=of.size, before=before))
    return rows, int((sent == NEVER).sum())


def _parse_end_of_day(folder: Path) -> int:
    try:
        day = datetime.strptime(folder.name, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise InputError("is no date", file=str(folder), mend="Name the folder of a day as 2026-01-31.") from None
    return int(day.timestamp()) * 1_000_000 + DAY


def _read_times(harvest: HarvestTruth, truth: AccountTruth, world: Path) -> tuple[Ints, int]:
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
        for batch in stream_batches(file, ("exchange_id", "started_at", "account_id")):
            at = _read_micros(batch, file)
            first = min(first, int(at.min(initial=NEVER)))
            rows = pc.is_in(read_texts(batch, "account_id", file), value_set=run)
            kept.append(read_texts(batch, "exchange_id", file).filter(rows))
            times.append(at[rows.to_numpy(zero_copy_only=False)])
    index, at = find_indices(pa.concat_arrays(kept), harvest.exchanges), np.concatenate(times)
    sent = np.full(len(harvest.exchanges), NEVER, dtype=np.int64)
    np.minimum.at(sent, index[index >= 0], at[index >= 0])
    return sent, first


def _read_micros(batch: pa.RecordBatch, file: Path) -> Ints:
    column = batch.column("started_at")
    if not pa.types.is_timestamp(column.type) or column.null_count:
        raise InputError(
            "is no time in every row",
            file=str(file),
            column="started_at",
            mend="Write timestamps, as the contract has them.",
        )
    return np.asarray(column.cast(TIMESTAMP, safe=False).cast(pa.int64()).to_numpy(zero_copy_only=False))
