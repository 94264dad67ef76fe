"""How many partitions a budget makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrometer.detection.population.account_store.store_budget import StoreBudget


@pytest.mark.parametrize(
    ("rows", "memory", "bits"),
    [(0, 1 << 30, 0), (1000, 1 << 30, 0), (1_000_000, 1 << 30, 2), (10**9, 1 << 30, 9), (10**9, 1 << 40, 2)],
)
def test_partitions_follow_rows_and_memory_up_to_a_most(rows: int, memory: int, bits: int) -> None:
    assert StoreBudget(Path("unused"), rows, memory, 1).partition_bits == bits
