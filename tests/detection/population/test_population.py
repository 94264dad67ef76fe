"""A population whose arrays are mapped from disk."""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from hydrometer.detection.population.population import ExchangeArrays, FragmentIndex, Population


def resident() -> int:
    """kB of this process in memory."""
    with Path("/proc/self/status").open(encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how much of a process is in memory")
def test_what_was_read_of_mapped_arrays_is_given_back_and_can_be_read_again(tmp_path: Path) -> None:
    rows = 8_000_000
    np.arange(rows).tofile(tmp_path / "time")
    empty = np.zeros(0, np.int64)
    held = {part.name: empty for part in fields(ExchangeArrays)}
    held["time"] = np.memmap(tmp_path / "time", np.int64, mode="r")
    made = Population(
        accounts=[],
        org=empty,
        orgs=[],
        facts={},
        entities={},
        events=ExchangeArrays(**held),  # type: ignore[arg-type]
        fragments=FragmentIndex(**{part.name: empty for part in fields(FragmentIndex)}),  # type: ignore[arg-type]
        models=[],
        turned={},
        releases={},
        authorised=empty.astype(np.bool_),
        verified=empty.astype(np.bool_),
        start=0,
        end=0,
        columns=frozenset(),
    )
    whole = int(made.events.time.sum())
    read = resident()
    made.release_pages()
    assert read - resident() > rows * 8 // 1024 // 2
    assert int(made.events.time.sum()) == whole
