"""What a Spark worker does with the batches of a task: conform, fingerprint, and tell what was left out.

The tasks are values that are sent to the workers, the site key within them: it is held in memory and never written.
What a task has to tell goes into one more row, so that it is written, or lost and done again, together with its rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hydrometer.contract import EXCHANGES, TEXTS, TRAFFIC
from hydrometer.engines import FILE, ROW
from hydrometer.fingerprint import Fingerprinter
from hydrometer.sources import MOST_LISTED, Rejects, RejectSummary, find_filled_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hydrometer.contract import FingerprintSettings
    from hydrometer.fingerprint import SiteKey
    from hydrometer.sources import SchemaCast

REPORT_COLUMN = "told"
READ_SCHEMA = pa.schema(
    [*(field.with_nullable(True) for field in TRAFFIC.schema), pa.field(REPORT_COLUMN, pa.string())]
)
TEXT_SCHEMA = pa.schema([pa.field(name, pa.string()) for name in ("exchange_id", *TEXTS)])


@dataclass
class TaskReport:
    """What a task tells of its rows: what was left out, which columns held a value, what fingerprinting cut."""

    rejects: RejectSummary
    filled_columns: set[str] = field(default_factory=set)
    cut: dict[str, int] = field(default_factory=dict)


def parse_task_report(text: str) -> TaskReport:
    """Read what a task wrote into its last row."""
    return msgspec.json.decode(text, type=TaskReport)


@dataclass(frozen=True)
class ReadTask:
    """Batches of an input with texts (or, without `fingerprint`, with fingerprints) → batches of `READ_SCHEMA`."""

    conforming: SchemaCast
    fingerprint: FingerprintSettings | None
    key: SiteKey

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the conformed rows without texts, then one row that holds only `REPORT_COLUMN`."""
        fingerprinter = Fingerprinter(self.fingerprint, self.key) if self.fingerprint else None
        rejects, filled_columns = Rejects(keep=True, most=MOST_LISTED), set[str]()
        for batch in _conform_batches(self.conforming, batches, rejects):
            filled_columns |= find_filled_columns(EXCHANGES.name, batch)
            sketched = fingerprinter.fingerprint_batch(batch) if fingerprinter else batch
            yield pa.RecordBatch.from_arrays(
                [*sketched.columns, pa.nulls(batch.num_rows, pa.string())], READ_SCHEMA.names
            )
        report = TaskReport(rejects.summary, filled_columns, fingerprinter.counts if fingerprinter else {})
        arrays = [pa.nulls(1, field.type) for field in TRAFFIC.schema]
        arrays.append(pa.array([msgspec.json.encode(report).decode()], pa.string()))
        yield pa.RecordBatch.from_arrays(arrays, READ_SCHEMA.names)


@dataclass(frozen=True)
class TextTask:
    """Batches of an input with texts → the texts of the exchanges that are wanted, as `TEXT_SCHEMA`."""

    conforming: SchemaCast
    ids: frozenset[str]

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the texts."""
        wanted = pa.array(sorted(self.ids), pa.string())
        for batch in _conform_batches(self.conforming, batches, Rejects()):
            yield batch.filter(pc.is_in(batch.column("exchange_id"), value_set=wanted)).select(TEXT_SCHEMA.names)


def _conform_batches(
    conforming: SchemaCast, batches: Iterator[pa.RecordBatch], rejects: Rejects
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for part in _split_by_file(batch):
            file, rows = _format_file_name(part.column(FILE)[0].as_py()), part.column(ROW)
            yield conforming.conform_batch(
                part.drop_columns([FILE, ROW]), rejects, file=file, line_of=_make_line_lookup(rows)
            )


def _split_by_file(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Yield slices of rows that come from one file each."""
    codes = batch.column(FILE).dictionary_encode().indices.to_numpy(zero_copy_only=False)
    starts = np.flatnonzero(np.diff(codes, prepend=-1)).tolist()
    for start, end in zip(starts, [*starts[1:], batch.num_rows], strict=True):
        yield batch.slice(start, end - start)


def _make_line_lookup(rows: Any) -> Callable[[int], int | None]:
    def line(row: int) -> int | None:
        number: int | None = rows[row].as_py()
        return number

    return line


def _format_file_name(file: str) -> str:
    """Return a file as people name it: a path where it is on a disk."""
    return unquote(urlsplit(file).path) if file.startswith("file:") else file
