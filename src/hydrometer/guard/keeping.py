"""Keeps a guard on the newest good snapshot of a file: what is refused is counted, and the last good one stays."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

from hydrometer.guard.rules import ConditionError
from hydrometer.guard.snapshot import SnapshotRefused, unpack

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nacl.signing import VerifyKey

    from hydrometer.guard.core import Guard
    from hydrometer.guard.snapshot import Snapshot


class Keeper:
    """Looks at a file and loads it into a guard; meant to be asked again and again, from any one thread.

    `refused` counts refusals by reason, `problem` is the last one, empty after a snapshot was taken.
    """

    def __init__(self, guard: Guard, path: Path, keys: Sequence[VerifyKey]) -> None:
        self.refused: Counter[str] = Counter()
        self.problem = ""
        self.loaded_at = 0.0
        self._guard, self._path, self._keys = guard, path, keys
        self._looked: tuple[int, int, int] | None = None

    def refresh(self, now: float) -> bool:
        """Load the file where it changed since it was looked at last; return whether a snapshot was taken."""
        try:
            with self._path.open("rb") as file:
                mark = _mark(file.fileno())
                if mark == self._looked:
                    return False
                data = file.read()
        except OSError as error:
            self._looked = None
            return self._refuse(f"it cannot be read: {error.strerror}")
        self._looked = mark
        try:
            snapshot = unpack(data, self._keys)
            self._check(snapshot, now)
            self._guard.load(snapshot)
        except SnapshotRefused as reason:
            return self._refuse(str(reason))
        except ConditionError as error:
            return self._refuse(f"its policy cannot be compiled: {error}")
        self.problem, self.loaded_at = "", now
        return True

    def age(self, now: float) -> float:
        """Return the seconds since the snapshot in use was made; infinite where there is none."""
        snapshot = self._guard.snapshot
        return now - snapshot.created_at if snapshot is not None else float("inf")

    def _check(self, snapshot: Snapshot, now: float) -> None:
        if now >= snapshot.expires_at:
            raise SnapshotRefused("it has expired")
        held = self._guard.snapshot
        if held is not None and snapshot.created_at < held.created_at:
            # An old file that was signed once would bring back verdicts that were lifted since.
            raise SnapshotRefused("it is older than the one in use")

    def _refuse(self, reason: str) -> bool:
        self.refused[reason] += 1
        self.problem = reason
        return False


def _mark(file: int) -> tuple[int, int, int]:
    state = os.fstat(file)
    return state.st_ino, state.st_mtime_ns, state.st_size
