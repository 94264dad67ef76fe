"""The benchmarks of the gateways run, and measure what they say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from fixtures.project import ROOT

pytest.importorskip("uvicorn")


def told(script: str, *more: str) -> dict[str, Any]:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT / 'benchmarks'}"}
    command = [sys.executable, str(ROOT / "benchmarks" / script), "--json", "--accounts", "200", *more]
    done = subprocess.run(command, env=environment, capture_output=True)  # noqa: S603 -- our own script
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = orjson.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads CPU times under /proc")
def test_the_gateway_is_measured_beside_an_empty_handler() -> None:
    found = told("gateway.py", "--rounds", "1", "--seconds", "0.3", "--connections", "4")
    for figures in (found, found["with_body"]):
        assert figures["wrong_answers"] == 0
        assert figures["ratio"] > 0
        assert figures["guard"]["requests_per_second"] > 0
    assert found["body_bytes"] > 4_000


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory under /proc")
def test_the_fuzz_finds_no_defect() -> None:
    found = told("gateway_fuzz.py", "--requests", "400", "--seed", "7")
    assert sum(found["statuses"].values()) == 400
    assert found["ready"]
    assert found["defects"] == 0
