"""The installed command on real traffic."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from pathlib import Path

    from fixtures.detected_worlds import Labelled, Outcome


def hydrometer(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "hydrometer", *map(str, arguments)], capture_output=True, text=True, check=False
    )


def test_detect_prints_the_campaigns_and_ends_with_0(
    small: Labelled, small_outcome: Outcome, site_key: Path, tmp_path: Path
) -> None:
    done = hydrometer("detect", small.folder, "--out", tmp_path / "result", "--site-key", site_key)
    assert done.returncode == 0, done.stderr
    for name, members in small_outcome.groups.items():
        (row,) = [line for line in done.stdout.splitlines() if line.startswith(name)]
        assert f" {len(members):,} " in row
    assert "Off: no signal was off" in done.stdout
    assert str(tmp_path / "result" / "report.html") in done.stdout
    explained = hydrometer("explain", tmp_path / "result", "--account", min(small_outcome.members), "--json")
    assert explained.returncode == 0, explained.stderr
    assert orjson.loads(explained.stdout)["verdict"].startswith("Member of campaign ")


def test_missing_traffic_ends_with_2_and_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    done = hydrometer("detect", tmp_path / "nowhere", "--out", tmp_path / "result")
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert "nowhere" in line
    assert "Traceback" not in done.stderr
