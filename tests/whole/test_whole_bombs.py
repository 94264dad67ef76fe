"""Small files that expand or wait: each within the memory and a minute, or refused by name, and never deaf."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from fixtures.reader_bombs import BOMBS, make_exchanges, repeat_value

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MEMORY = 1_000_000_000
SECONDS = 60
ADDRESSES = 6 << 30
"""Address space of the process, so that what fails does not take the machine with it."""
LAUNCHER = """
import json, os, resource, sys
child = os.fork()
if not child:
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]), int(sys.argv[1])))
    os.execv(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(child, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024]))
"""
"""Runs a command, and prints its exit status and peak memory, which counts that of whoever forked it: here, a small process."""


def write_command(traffic: Path, out: Path) -> list[str]:
    """Return the command that detects what a bomb holds."""
    main = "from hydrometer.cli.app import main; main()"
    return [sys.executable, "-c", main, "detect", str(traffic), "--out", str(out), "--memory", "1GB"]


def start_detection(traffic: Path, out: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own command
        write_command(traffic, out),
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES)),
    )  # fmt: skip


def make_apart(make: Callable[[Path], None], folder: Path) -> None:
    """Make a bomb in a process of its own, whose memory is not that of the process that is measured."""
    child = os.fork()
    if not child:
        try:
            make(folder)
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="limits of memory are set and measured otherwise")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_survived_or_refused(name: str, tmp_path: Path) -> None:
    traffic = tmp_path / "traffic"
    traffic.mkdir()
    make_apart(BOMBS[name], traffic)
    command = [sys.executable, "-c", LAUNCHER, str(ADDRESSES), *write_command(traffic, tmp_path / "out")]
    begun = time.monotonic()
    process = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own command
    status, peak = json.loads(process.stdout.splitlines()[-1])
    said = process.stderr
    assert time.monotonic() - begun < SECONDS
    assert peak < 1.2 * MEMORY
    assert status in (0, 2), said
    if status:
        assert said.startswith("Error: ") or "\nError: " in said
        assert str(traffic) in said.rsplit("Error: ", 1)[1]


@pytest.mark.skipif(sys.platform == "win32", reason="processes are ended otherwise")
def test_reading_hears_a_request_to_end(tmp_path: Path) -> None:
    """Within seconds, while it reads many rows of long texts."""
    traffic = tmp_path / "traffic"
    traffic.mkdir()
    pq.write_table(make_exchanges(2_000, prompt=repeat_value("word " * 20_000, 2_000)), traffic / "exchanges.parquet")
    process = start_detection(traffic, tmp_path / "out")
    assert process.stderr is not None
    for line in process.stderr:
        if b"begun" in line:
            break
    process.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    said = process.communicate(timeout=30)[1].decode()
    assert process.returncode == 3, said
    assert time.monotonic() - begun < 10
