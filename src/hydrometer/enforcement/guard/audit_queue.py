"""The way of records to the audit, on which no request waits for a disk.

Records wait in a bounded queue that a thread empties. Where the disk cannot keep up they are dropped, counted and logged:
the guard's first duty is to answer. The same thread has the log's head written now and then.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hydrometer.enforcement.guard.event_log import EventLog
    from hydrometer.enforcement.guard.guard_metrics import GuardMetrics

MOST_WAITING = 100_000
"""Records that may wait, about 50 MB."""
BATCH = 1_000
"""Records that are written at once."""


class AuditWriter(Protocol):
    """A writer of records that last; may wait for a disk."""

    def append_all(self, entries: Iterable[tuple[str, object]]) -> int:
        """Write records, each with its kind, in their order; return the number of the last once all are on disk."""

    def write_head(self) -> bool:
        """Put down which record is the last; False where there was none since the head before."""


class AuditQueue:
    """The audit as an enforcement point sees it: a queue, and a thread that empties it."""

    def __init__(
        self,
        writer: AuditWriter,
        metrics: GuardMetrics,
        event_log: EventLog,
        *,
        most: int = MOST_WAITING,
        head_seconds: float,
    ) -> None:
        """Start the thread; `head_seconds`: time from a record to a head that covers it."""
        self._writer, self._metrics, self._event_log, self._head_seconds = writer, metrics, event_log, head_seconds
        self._queue: queue.Queue[tuple[str, dict[str, object]] | None] = queue.Queue(most)
        self._thread = threading.Thread(target=self._drain, name="hydrometer-audit", daemon=True)
        self._thread.start()

    def put(self, kind: str, record: dict[str, object]) -> None:
        """Take one record; never waits."""
        try:
            self._queue.put_nowait((kind, record))
        except queue.Full:
            self._metrics.audit["dropped"] += 1
            if self._metrics.audit["dropped"] == 1:
                self._event_log.write("audit_dropped", why="records come faster than they are written")

    @property
    def waiting(self) -> int:
        """The number of records that wait."""
        return self._queue.qsize()

    def close(self) -> None:
        """Write what waits, then end."""
        self._queue.put(None)
        self._thread.join()

    def _drain(self) -> None:
        # An earlier process may have been killed before it put down a head, so the first comes without a record too.
        ended, due = False, time.monotonic() + self._head_seconds
        covered = False
        while not ended:
            batch = self._next_batch(None if covered else due - time.monotonic())
            records = [entry for entry in batch if entry is not None]
            ended = len(records) < len(batch)
            if records:
                self._write(records)
                if covered:
                    covered, due = False, time.monotonic() + self._head_seconds
            if not covered and not ended and time.monotonic() >= due:
                covered, due = self._write_head(), time.monotonic() + self._head_seconds

    def _next_batch(self, seconds: float | None) -> list[tuple[str, dict[str, object]] | None]:
        """Wait for records, at most so long; return those that wait, at most BATCH, None for the end."""
        try:
            batch = [self._queue.get(timeout=None if seconds is None else max(seconds, 0.0))]
        except queue.Empty:
            return []
        while len(batch) < BATCH and not self._queue.empty():
            batch.append(self._queue.get())
        return batch

    def _write(self, records: list[tuple[str, dict[str, object]]]) -> None:
        try:
            self._writer.append_all(records)
            self._metrics.audit["written"] += len(records)
        except Exception as error:  # noqa: BLE001 -- the thread has nobody above it to fail to, and goes on
            self._metrics.audit["failed"] += len(records)
            self._event_log.write_error("audit_failed", error, records=len(records))

    def _write_head(self) -> bool:
        """Write a head and return whether it covers all that was written; one that fails is counted and tried again."""
        try:
            self._metrics.audit_heads["written"] += self._writer.write_head()
        except Exception as error:  # noqa: BLE001 -- the thread has nobody above it to fail to, and goes on
            self._metrics.audit_heads["failed"] += 1
            self._event_log.write_error("audit_head_failed", error)
            return False
        return True
