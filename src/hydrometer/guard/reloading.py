"""What is in force: a guard that a thread keeps on the newest good snapshot while requests are decided on."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from hydrometer.guard.boundary import Boundary

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydrometer.guard.core import Guard
    from hydrometer.guard.journal import Journal
    from hydrometer.guard.keeping import Keeper
    from hydrometer.guard.metrics import GuardMetrics
    from hydrometer.guard.snapshot import Snapshot


class Reloading:
    """Looks for a newer snapshot again and again, and tells what came of it.

    `taken` is told each snapshot that is gone by from then on.
    """

    def __init__(
        self,
        guard: Guard,
        keeper: Keeper,
        metrics: GuardMetrics,
        journal: Journal,
        *,
        clock: Callable[[], float],
        seconds: float = 2.0,
        taken: Callable[[Snapshot], None] = lambda _: None,
    ) -> None:
        self._guard, self._keeper, self._metrics, self._journal = guard, keeper, metrics, journal
        self._clock, self._seconds, self._taken = clock, seconds, taken
        self._refused, self._problem = 0, ""
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self.decider: Guard | None = None
        """What decides; None before the first good snapshot."""
        self.expires_at = float("-inf")
        """When the snapshot in force expires, seconds since 1970."""
        self._hold()

    def look(self) -> None:
        """Load the file if it has changed; count and tell what came of it."""
        with Boundary() as boundary:
            if self._keeper.refresh(self._clock()):
                self._hold()
                self._tell_taken()
            refused = self._keeper.refused.total()
            if refused > self._refused:
                self._tell_refused(refused - self._refused)
                self._refused = refused
        if boundary.error is not None:
            self._metrics.loads["defect"] += 1
            self._journal.tell_error("snapshot_not_loaded", boundary.error)

    def start(self) -> None:
        """Look once, then again and again in a thread until `stop`."""
        self.look()
        self._thread = threading.Thread(target=self._watch, name="hydrometer-snapshot", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(self._seconds):
            self.look()

    def _hold(self) -> None:
        # Plain attributes: every request reads them.
        if self._guard.snapshot is not None:
            self.expires_at = self._guard.snapshot.expires_at
            self.decider = self._guard

    def _tell_taken(self) -> None:
        snapshot = self._guard.snapshot
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
        self._journal.tell("snapshot_loaded", version=snapshot.version, expires_at=snapshot.expires_at)
        self._taken(snapshot)

    def _tell_refused(self, times: int) -> None:
        self._metrics.loads["refused"] += times
        why = self._keeper.problem
        if why != self._problem:
            # A file that stays away is looked for every time, and told once.
            self._problem = why
            self._journal.tell("snapshot_refused", why=why, kept=self._metrics.version or None)
