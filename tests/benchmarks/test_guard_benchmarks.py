"""The guard's benchmarks, small: they run, and the fuzz finds nothing."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import guard_fuzz
from fixtures.project import ROOT
from hydrometer.contract.policy_schema import LADDER

BENCHMARKS = ROOT / "benchmarks"


@pytest.mark.parametrize("seed", range(4))
def test_no_request_raises(seed: int) -> None:
    seen = guard_fuzz.fuzz(1_500, seed)
    assert sum(seen[action] for action in LADDER) >= 1_500
    for reason in ("malformed", "oversized", "unknown shape", "field"):
        assert seen[f"unread: {reason}"], reason
    assert seen["read"]


def test_the_same_seed_is_the_same_run() -> None:
    assert guard_fuzz.fuzz(300, 9) == guard_fuzz.fuzz(300, 9)


def test_the_measure_of_a_decision_says_what_it_promises() -> None:
    done = subprocess.run(  # noqa: S603
        [sys.executable, str(BENCHMARKS / "guard.py"), "--json", "--accounts", "3000", "--requests", "300"],
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    assert told["accounts"] == 3_000
    assert 0 < told["median_us"] <= told["p99_us"] <= told["p999_us"]
