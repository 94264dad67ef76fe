"""What is in force: a guard that a thread keeps on the newest good snapshot while requests are decided on."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from hydrometer.enforcement.guard.defect_boundary import DefectBoundary

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydrometer.enforcement.guard.decision_point import DecisionPoint
    from hydrometer.enforcement.guard.event_log import EventLog
    from hydrometer.enforcement.guard.guard_metrics import GuardMetrics
    from hydrometer.enforcement.guard.snapshot_loader import SnapshotLoader
    from hydrometer.enforcement.snapshots.snapshot_file import Snapshot


class SnapshotWatcher:
    """Looks for a newer snapshot again and again, and tells what came of it.

    `taken` is told each snapshot that is gone by from then on.
    """

    def __init__(
        self,
        decision_point: DecisionPoint,
        loader: SnapshotLoader,
        metrics: GuardMetrics,
        event_log: EventLog,
        *,
        clock: Callable[[], float],
        seconds: float = 2.0,
        on_load: Callable[[Snapshot], None] = lambda _: None,
    ) -> None:
        self._decision_point, self._loader, self._metrics, self._event_log = decision_point, loader, metrics, event_log
        self._clock, self._seconds, self._on_load = clock, seconds, on_load
        self._refused, self._problem = 0, ""
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self.decider: DecisionPoint | None = None
        """What decides; None before the first good snapshot."""
        self.expires_at = float("-inf")
        """When the snapshot in force expires, seconds since 1970."""
        self._publish()

    def check_file(self) -> None:
        """Load the file if it has changed; count and tell what came of it."""
        with DefectBoundary() as boundary:
            if self._loader.refresh(self._clock()):
                self._publish()
                self._report_loaded()
            refused = self._loader.refused.total()
            if refused > self._refused:
                self._report_refused(refused - self._refused)
                self._refused = refused
        if boundary.error is not None:
            self._metrics.loads["defect"] += 1
            self._event_log.tell_error("snapshot_not_loaded", boundary.error)

    def start(self) -> None:
        """Look once, then again and again in a thread until `stop`."""
        self.check_file()
        self._thread = threading.Thread(target=self._watch, name="hydrometer-snapshot", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(self._seconds):
            self.check_file()

    def _publish(self) -> None:
        # Plain attributes: every request reads them.
        if self._decision_point.snapshot is not None:
            self.expires_at = self._decision_point.snapshot.expires_at
            self.decider = self._decision_point

    def _report_loaded(self) -> None:
        snapshot = self._decision_point.snapshot
        if snapshot is None:
            return
        metrics = self._metrics
        metrics.version, metrics.created_at, metrics.expires_at = (
            snapshot.version,
            snapshot.created_at,
            snapshot.expires_at,
        )
        metrics.loads["loaded"] += 1
        self._problem = ""
        self._event_log.tell("snapshot_loaded", version=snapshot.version, expires_at=snapshot.expires_at)
        self._on_load(snapshot)

    def _report_refused(self, times: int) -> None:
        self._metrics.loads["refused"] += times
        why = self._loader.problem
        if why != self._problem:
            # A file that stays away is looked for every time, and told once.
            self._problem = why
            self._event_log.tell("snapshot_refused", why=why, kept=self._metrics.version or None)
