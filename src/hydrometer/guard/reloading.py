"""The snapshot in force: loaded in a thread, swapped as a whole, the last good one kept."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import msgspec

from hydrometer.contract.errors import InputError
from hydrometer.guard.boundary import Boundary
from hydrometer.guard.gate import Decider

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hydrometer.guard.journal import Journal
    from hydrometer.guard.metrics import GuardMetrics

Signature = tuple[int, int, int]
"""Inode, size and time of change (ns) of a file."""


class Loaded(msgspec.Struct, frozen=True):
    """What a snapshot came to."""

    decider: Decider
    version: str
    created_at: float
    """Seconds since 1970."""
    expires_at: float


class Reloading:
    """Holds what is in force, and looks for a newer file.

    `load` reads, checks and prepares a file; it raises `InputError` for what it refuses (a bad signature, an older version,
    an expired one). It runs in a thread of its own, beside requests that are decided on by what was there before.
    """

    def __init__(
        self,
        path: Path,
        load: Callable[[Path], Loaded],
        metrics: GuardMetrics,
        journal: Journal,
        *,
        seconds: float = 2.0,
    ) -> None:
        self._path, self._load, self._seconds = path, load, seconds
        self._metrics, self._journal = metrics, journal
        self._loaded: Loaded | None = None
        self._seen: Signature | None = None
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def decider(self) -> Decider | None:
        """What decides; None before the first good snapshot."""
        loaded = self._loaded
        return None if loaded is None else loaded.decider

    @property
    def expires_at(self) -> float:
        """When the snapshot in force expires, seconds since 1970."""
        loaded = self._loaded
        return float("-inf") if loaded is None else loaded.expires_at

    def look(self) -> None:
        """Load the file if it is another than the last that was looked at, good or not."""
        try:
            status = self._path.stat()
        except OSError as error:
            if self._seen != _NONE:
                self._seen = _NONE
                self._refused("missing", str(error.strerror))
            return
        signature = (status.st_ino, status.st_size, status.st_mtime_ns)
        if signature == self._seen:
            return
        self._seen = signature
        with Boundary() as boundary:
            self._take(self._load(self._path))
        if isinstance(boundary.error, InputError):
            self._refused("refused", boundary.error.problem)
        elif isinstance(boundary.error, OSError):
            self._refused("unreadable", str(boundary.error.strerror))
        elif boundary.error is not None:
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

    def _take(self, loaded: Loaded) -> None:
        self._loaded = loaded
        metrics = self._metrics
        metrics.loads["loaded"] += 1
        metrics.version, metrics.created_at, metrics.expires_at = loaded.version, loaded.created_at, loaded.expires_at
        self._journal.tell("snapshot_loaded", version=loaded.version, expires_at=loaded.expires_at)

    def _refused(self, outcome: str, why: str) -> None:
        self._metrics.loads[outcome] += 1
        kept = self._loaded.version if self._loaded else None
        self._journal.tell("snapshot_not_loaded", outcome=outcome, why=why, kept=kept)


_NONE: Signature = (0, 0, 0)
