"""What one reading came to: what it left out or mended, counted always and written where a path is given, and what it read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import orjson

from hydrometer.sources.account_statements import AccountStatements

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


RejectedRow = dict[str, object]
MOST_LISTED = 1_000
"""Rejected rows that one task of a cluster lists; all are counted."""
UNLISTED = "rejected rows that rejected.jsonl does not list"


@dataclass(frozen=True, slots=True)
class RejectSummary:
    """What a `Rejects` counted, as a value that can be sent from another process; `entries` are the rows that it kept."""

    counts: dict[str, int]
    repaired: dict[str, int]
    notes: dict[str, int]
    entries: list[RejectedRow]


class Rejects:
    """The rejected rows, repaired values and notes of one reading, and what its columns and exchanges held.

    `counts` holds rejected rows, `repaired` values that were changed or left out of a row that stays, `notes` what lost
    no exchange but should be known (an empty file, a span that is no model call); each by reason. Rejected rows are
    also written to `path`, one JSON object a line with file, line, column, reason and, where known, exchange_id.
    Texts of prompts are never written. `filled_columns` are those that held a value, as "exchanges.x" and "accounts.x",
    `ignored_columns` those of canonical files that the contract does not know, named likewise; `statements` is what
    exchanges state of their accounts.
    """

    def __init__(self, path: Path | None = None, *, keep: bool = False, most: int | None = None) -> None:
        """Write rejected rows to `path`; `keep` them, at most `most` of them, for a `Rejects` that hears of them later."""
        self.counts: dict[str, int] = {}
        self.repaired: dict[str, int] = {}
        self.notes: dict[str, int] = {}
        self.filled_columns: set[str] = set()
        self.ignored_columns: set[str] = set()
        self.statements = AccountStatements()
        self._stream: BinaryIO | None = path.open("wb") if path is not None else None
        self._kept: list[RejectedRow] | None = [] if keep else None
        self._most = most

    def reject(
        self, reason: str, *, file: str, line: int | None = None, column: str = "", exchange_id: str | None = None
    ) -> None:
        """Count a row that was left out; `line` is the line of a text file or the row of a Parquet file, from 1."""
        key = f"{column}: {reason}" if column else reason
        self.counts[key] = self.counts.get(key, 0) + 1
        if self._stream is not None or self._kept is not None:
            # A file's name may hold bytes that are no text.
            name = file.encode("utf-8", "replace").decode("utf-8")
            entry: RejectedRow = {"file": name, "line": line, "column": column or None, "reason": reason}
            if exchange_id is not None:
                entry["exchange_id"] = exchange_id
            self._record(entry)

    def _record(self, entry: RejectedRow) -> None:
        if self._kept is not None:
            if self._most is None or len(self._kept) < self._most:
                self._kept.append(entry)
            else:
                self.note(UNLISTED)
        if self._stream is not None:
            self._stream.write(orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE))

    def repair(self, column: str, reason: str, values: int = 1) -> None:
        """Count values that were changed or left out of rows that stay."""
        key = f"{column}: {reason}"
        self.repaired[key] = self.repaired.get(key, 0) + values

    def note(self, what: str, times: int = 1) -> None:
        """Count something that lost no exchange."""
        self.notes[what] = self.notes.get(what, 0) + times

    @property
    def summary(self) -> RejectSummary:
        """What was rejected, repaired and noted so far, with the rows that were kept."""
        return RejectSummary(self.counts, self.repaired, self.notes, self._kept or [])

    def report_to(self, other: Rejects) -> None:
        """Add everything that was counted, and the rows that were kept, to `other`."""
        other.add(self.summary)

    def add(self, summary: RejectSummary) -> None:
        """Add what another counted, perhaps in another process."""
        for own, others in (
            (self.counts, summary.counts),
            (self.repaired, summary.repaired),
            (self.notes, summary.notes),
        ):
            for what, times in sorted(others.items()):
                own[what] = own.get(what, 0) + times
        for entry in summary.entries:
            self._record(entry)

    def close(self) -> None:
        """Finish the file; counting goes on."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def __enter__(self) -> Rejects:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
