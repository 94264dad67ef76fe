"""The snapshot in force: loaded from a file whenever a newer good one is there, by a thread beside the decisions."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, NamedTuple

from hydrometer.enforcement.policy.expressions import ConditionError
from hydrometer.enforcement.snapshots.snapshot_file import SnapshotRefusal, unpack_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from nacl.signing import VerifyKey

    from hydrometer.enforcement.guard.decision_point import DecisionPoint
    from hydrometer.enforcement.guard.event_log import EventLog
    from hydrometer.enforcement.guard.guard_metrics import GuardMetrics
    from hydrometer.enforcement.snapshots.snapshot_file import Snapshot


class LoadOutcome(NamedTuple):
    """The outcome of one look at the file of snapshots."""

    loaded: bool
    """Whether a snapshot was loaded."""
    refusal: str = ""
    """Why one was refused; empty where none was, or the file is the same as before."""


class SnapshotLoader:
    """A reader of a file that loads its snapshot into a decision point, unless the one there is the better one."""

    def __init__(self, decision_point: DecisionPoint, path: Path, keys: Sequence[VerifyKey]) -> None:
        self.decision_point = decision_point
        self._path, self._keys = path, keys
        self._last_mark: tuple[int, int, int] | None = None

    def refresh(self, now: float) -> LoadOutcome:
        """Load the file where it changed since the last look; what is refused leaves the snapshot before in force."""
        try:
            with self._path.open("rb") as file:
                mark = _read_file_mark(file.fileno())
                if mark == self._last_mark:
                    return LoadOutcome(loaded=False)
                data = file.read()
        except OSError as error:
            self._last_mark = None
            return LoadOutcome(False, f"it cannot be read: {error.strerror}")
        self._last_mark = mark
        try:
            snapshot = unpack_snapshot(data, self._keys)
            self._check(snapshot, now)
            self.decision_point.load(snapshot)
        except SnapshotRefusal as reason:
            return LoadOutcome(False, str(reason))
        except ConditionError as error:
            return LoadOutcome(False, f"its policy cannot be compiled: {error}")
        return LoadOutcome(loaded=True)

    def _check(self, snapshot: Snapshot, now: float) -> None:
        if now >= snapshot.expires_at:
            raise SnapshotRefusal("it has expired")
        current = self.decision_point.snapshot
        if current is not None and snapshot.created_at < current.created_at:
            # An old file that was signed once would bring back verdicts that were lifted since.
            raise SnapshotRefusal("it is older than the one in use")


def _read_file_mark(file: int) -> tuple[int, int, int]:
    state = os.fstat(file)
    return state.st_ino, state.st_mtime_ns, state.st_size


class SnapshotWatcher:
    """A thread that has a loader look for a newer snapshot again and again, and reports what came of it.

    `on_load` is called with each snapshot that is in force from then on.
    """

    def __init__(
        self,
        loader: SnapshotLoader,
        metrics: GuardMetrics,
        event_log: EventLog,
        *,
        clock: Callable[[], float],
        seconds: float = 2.0,
        on_load: Callable[[Snapshot], None] = lambda _: None,
    ) -> None:
        self._loader, self._metrics, self._event_log = loader, metrics, event_log
        self._clock, self._seconds, self._on_load = clock, seconds, on_load
        self._last_refusal = ""
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self.decider: DecisionPoint | None = None
        """The decision point; None before the first good snapshot."""
        self.expires_at = float("-inf")
        """When the snapshot in force expires, seconds since 1970."""
        if loader.decision_point.snapshot is not None:
            self._publish(loader.decision_point.snapshot)

    def check_file(self) -> None:
        """Load the file if it has changed; count and report what came of it."""
        try:
            outcome = self._loader.refresh(self._clock())
            snapshot = self._loader.decision_point.snapshot
            if outcome.loaded and snapshot is not None:
                self._publish(snapshot)
                self._report_loaded(snapshot)
            elif outcome.refusal:
                self._report_refused(outcome.refusal)
        except Exception as error:  # noqa: BLE001 -- a defect in loading one snapshot must not end the watch for the next
            self._metrics.loads["defect"] += 1
            self._event_log.write_error("snapshot_not_loaded", error)

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

    def _publish(self, snapshot: Snapshot) -> None:
        # Plain attributes: every request reads them.
        self.expires_at = snapshot.expires_at
        self.decider = self._loader.decision_point

    def _report_loaded(self, snapshot: Snapshot) -> None:
        metrics = self._metrics
        metrics.version, metrics.created_at, metrics.expires_at = (
            snapshot.version,
            snapshot.created_at,
            snapshot.expires_at,
        )
        metrics.loads["loaded"] += 1
        self._last_refusal = ""
        self._event_log.write("snapshot_loaded", version=snapshot.version, expires_at=snapshot.expires_at)
        self._on_load(snapshot)

    def _report_refused(self, why: str) -> None:
        self._metrics.loads["refused"] += 1
        if why != self._last_refusal:
            # A file that stays away is looked for every time, and reported once.
            self._last_refusal = why
            self._event_log.write("snapshot_refused", why=why, kept=self._metrics.version or None)
