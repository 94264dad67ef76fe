"""Hands records to the audit without making a request wait for a disk.

Records wait in a bounded queue that a thread empties. Where the disk cannot keep up they are dropped, counted and told:
the guard's first duty is to answer.
"""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Protocol

from hydrometer.guard.boundary import Boundary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hydrometer.guard.journal import Journal
    from hydrometer.guard.metrics import GuardMetrics

MOST_WAITING = 100_000
"""Records that may wait, about 50 MB."""
BATCH = 1_000
"""Records that are written at once."""


class AuditWriter(Protocol):
    """Writes records so that they stay; may wait for a disk."""

    def append_all(self, entries: Iterable[tuple[str, object]]) -> int:
        """Write records, each with its kind, in their order; return the number of the last once all are on disk."""


class QueuedAudit:
    """The audit as a gate sees it."""

    def __init__(
        self, writer: AuditWriter, metrics: GuardMetrics, journal: Journal, *, most: int = MOST_WAITING
    ) -> None:
        self._writer, self._metrics, self._journal = writer, metrics, journal
        self._queue: queue.Queue[tuple[str, dict[str, object]] | None] = queue.Queue(most)
        self._thread = threading.Thread(target=self._empty, name="hydrometer-audit", daemon=True)
        self._thread.start()

    def put(self, kind: str, record: dict[str, object]) -> None:
        """Take one record; never waits."""
        try:
            self._queue.put_nowait((kind, record))
        except queue.Full:
            self._metrics.audit["dropped"] += 1
            if self._metrics.audit["dropped"] == 1:
                self._journal.tell("audit_dropped", why="records come faster than they are written")

    @property
    def waiting(self) -> int:
        """How many records wait."""
        return self._queue.qsize()

    def close(self) -> None:
        """Write what waits, then end."""
        self._queue.put(None)
        self._thread.join()

    def _empty(self) -> None:
        ended = False
        while not ended:
            batch = [self._queue.get()]
            while len(batch) < BATCH and not self._queue.empty():
                batch.append(self._queue.get())
            records = [entry for entry in batch if entry is not None]
            ended = len(records) < len(batch)
            if not records:
                continue
            with Boundary() as boundary:
                self._writer.append_all(records)
                self._metrics.audit["written"] += len(records)
            if boundary.error is not None:
                self._metrics.audit["failed"] += len(records)
                self._journal.tell_error("audit_failed", boundary.error, records=len(records))
