"""Keeps a guard on the newest good snapshot of a file: what is refused is counted, and the last good one stays."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

from hydrometer.enforcement.policy.expressions import ConditionError
from hydrometer.enforcement.snapshots.snapshot_file import SnapshotRefusal, unpack_snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nacl.signing import VerifyKey

    from hydrometer.enforcement.guard.decision_point import DecisionPoint
    from hydrometer.enforcement.snapshots.snapshot_file import Snapshot


class SnapshotLoader:
    """Looks at a file and loads it into a guard; meant to be asked again and again, from any one thread.

    `refused` counts refusals by reason, `problem` is the last one, empty after a snapshot was taken.
    """

    def __init__(self, decision_point: DecisionPoint, path: Path, keys: Sequence[VerifyKey]) -> None:
        self.refused: Counter[str] = Counter()
        self.problem = ""
        self.loaded_at = 0.0
        self._decision_point, self._path, self._keys = decision_point, path, keys
        self._last_mark: tuple[int, int, int] | None = None

    def refresh(self, now: float) -> bool:
        """Load the file where it changed since it was looked at last; return whether a snapshot was taken."""
        try:
            with self._path.open("rb") as file:
                mark = _read_file_mark(file.fileno())
                if mark == self._last_mark:
                    return False
                data = file.read()
        except OSError as error:
            self._last_mark = None
            return self._refuse(f"it cannot be read: {error.strerror}")
        self._last_mark = mark
        try:
            snapshot = unpack_snapshot(data, self._keys)
            self._check(snapshot, now)
            self._decision_point.load(snapshot)
        except SnapshotRefusal as reason:
            return self._refuse(str(reason))
        except ConditionError as error:
            return self._refuse(f"its policy cannot be compiled: {error}")
        self.problem, self.loaded_at = "", now
        return True

    def age(self, now: float) -> float:
        """Return the seconds since the snapshot in use was made; infinite where there is none."""
        snapshot = self._decision_point.snapshot
        return now - snapshot.created_at if snapshot is not None else float("inf")

    def _check(self, snapshot: Snapshot, now: float) -> None:
        if now >= snapshot.expires_at:
            raise SnapshotRefusal("it has expired")
        current = self._decision_point.snapshot
        if current is not None and snapshot.created_at < current.created_at:
            # An old file that was signed once would bring back verdicts that were lifted since.
            raise SnapshotRefusal("it is older than the one in use")

    def _refuse(self, reason: str) -> bool:
        self.refused[reason] += 1
        self.problem = reason
        return False


def _read_file_mark(file: int) -> tuple[int, int, int]:
    state = os.fstat(file)
    return state.st_ino, state.st_mtime_ns, state.st_size
