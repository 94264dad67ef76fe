"""Runs a command in a process of its own and tells what it took."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from speed.record import Cost

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PAUSE = 0.05
"""Seconds between two looks."""


def measured(
    command: Sequence[str], *, watch: Path | None = None, environment: Mapping[str, str] | None = None
) -> tuple[Cost, bytes]:
    """Run a command; return its cost and what it printed.

    Args:
        watch: a folder whose largest size is measured too.

    Raises:
        SystemExit: the command failed; what it said on standard error was shown.
    """
    begun = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, **(environment or {})}) as process:
        look = _Look(process.pid, watch)
        printed = process.stdout.read() if process.stdout else b""
        # Not `wait`: only this tells the times of this one child.
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
    look.stop()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with status {process.returncode}")
    # A child inherits the peak of whoever began it, so that the kernel's own figure serves only where there is no /proc.
    peak = look.peak_mb or used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e6 / 1024)
    cost = Cost(
        wall_s=round(wall, 2),
        cpu_s=round(used.ru_utime + used.ru_stime, 2),
        peak_mb=round(peak, 1),
        disk_mb=round(look.disk_mb, 1),
    )
    return cost, printed


class _Look:
    """The high-water mark of a process's memory, and the largest size of a folder, looked at until it is stopped."""

    def __init__(self, process: int, folder: Path | None) -> None:
        self.peak_mb = self.disk_mb = 0.0
        self._status, self._folder = Path(f"/proc/{process}/status"), folder
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(PAUSE):
            self.peak_mb = max(self.peak_mb, _high_water(self._status))
            if self._folder is not None:
                self.disk_mb = max(self.disk_mb, held(self._folder) / 1e6)


def _high_water(status: Path) -> float:
    try:
        lines = status.read_text("ascii", "replace").splitlines()
    except OSError:  # it has ended, or there is no /proc
        return 0.0
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM:")), 0.0)


def held(folder: Path) -> int:
    """Return the bytes that the files of a folder take on the disk, and those in its folders."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(where) / name).stat().st_blocks * 512
            except FileNotFoundError:  # removed since it was listed
                continue
    return total
