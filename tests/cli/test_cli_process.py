"""The command line as a real process: signals, terminals, pipes and the time it takes to start."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from fixtures.project import ROOT

if TYPE_CHECKING:
    from pathlib import Path

ENTRY = [sys.executable, str(ROOT / "tests" / "fixtures" / "cli_process.py")]
HEAVY = ("duckdb", "numba", "numpy", "pyarrow", "scipy")


def begun(*arguments: str, folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(  # noqa: S603
        [*ENTRY, *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "read: begun, 1,000 rows\n"
    return process


def on_a_terminal(*arguments: str, folder: Path, columns: int = 140) -> tuple[str, int]:
    """Return what the process wrote to its terminal, and its exit status."""
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(columns)}
    with subprocess.Popen(  # noqa: S603
        [*ENTRY, *arguments], cwd=folder, stdin=slave, stdout=slave, stderr=slave, env=environment
    ) as process:
        os.close(slave)
        shown = bytearray()
        while select.select([master], [], [], 30)[0]:
            try:
                part = os.read(master, 65_536)
            except OSError:  # Linux says so when the last writer has closed the terminal
                break
            if not part:
                break
            shown += part
    os.close(master)
    return shown.decode(), process.returncode


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_keeps_what_was_done_and_is_status_3(sent: signal.Signals, tmp_path: Path) -> None:
    process = begun("detect", "slow", "--out", "result", folder=tmp_path)
    process.send_signal(sent)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 3
    assert out == ""
    assert err.splitlines()[-1] == "Interrupted; what was done is in result."
    assert "read: stopped" in err
    assert "Traceback" not in err
    assert (tmp_path / "result" / "run.json").read_text() == '{"status": "interrupted"}'


def test_a_defect_before_anything_was_written_is_status_1_with_its_traceback(tmp_path: Path) -> None:
    done = subprocess.run(  # noqa: S603
        [*ENTRY, "detect", "early", "--out", "result"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "ZeroDivisionError: a defect before the first file"


def test_on_a_terminal_progress_moves_and_the_table_is_drawn(tmp_path: Path) -> None:
    shown, status = on_a_terminal("detect", "logs", "--out", "result", folder=tmp_path)
    assert status == 0
    assert "\x1b[?25l" in shown  # the cursor is hidden while the line moves
    assert "\x1b[?25h" in shown  # and comes back
    assert "read: done, 1,000 rows in" in shown
    assert "H-0001" in shown
    assert "Report: result/report.html" in shown


@pytest.mark.parametrize("columns", [80, 140])
def test_a_narrow_terminal_folds_and_cuts_nothing(columns: int, tmp_path: Path) -> None:
    shown, _ = on_a_terminal("detect", "logs", "--out", "result", "--quiet", folder=tmp_path, columns=columns)
    assert "…" not in shown
    for whole in ("H-0001", "0.96", "certain", "1,240", "88,123", "90,500", "maths", "2026-02-01 –", "2026-02-19"):
        assert whole in shown


def test_on_a_terminal_json_stays_whole(tmp_path: Path) -> None:
    shown, status = on_a_terminal("detect", "logs", "--out", "result", "--json", "--quiet", folder=tmp_path)
    assert status == 0
    assert shown.startswith('{\r\n  "result": "result",')


def test_help_does_without_the_heavy_parts(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from hydrometer.cli.app import app\n"
        "app(['detect', '--help'], standalone_mode=False)\n"
        f"sys.exit(' '.join(sorted(set(sys.modules) & set({HEAVY!r}))))"
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stderr.strip() == ""
    assert "--explain-steps" in done.stdout


def test_a_narrow_encoding_does_not_stop_the_output(tmp_path: Path) -> None:
    done = subprocess.run(  # noqa: S603
        [*ENTRY, "detect", "Zürich", "--out", "Zürich-out"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"Report: Z\\xfcrich-out/report.html" in done.stdout
