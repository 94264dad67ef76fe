"""The last phase is whole once it is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fixtures.stored_traffic import ROWS, budget_of, cut_rows, partition_rows
from hydrometer.contract.progress import SilentProgress
from hydrometer.detection.population.account_store.account_store import build_account_store

if TYPE_CHECKING:
    from pathlib import Path


def test_an_account_store_says_what_exchanges_and_accounts_carry(tmp_path: Path) -> None:
    """The two shingles of all exchanges are one fragment."""
    partitioned = partition_rows(cut_rows(ROWS), budget_of(tmp_path, ROWS))
    store = build_account_store(partitioned, np.zeros(0, np.int64), SilentProgress())
    assert store.fragments.exchanges.tolist() == [len(ROWS)]
    assert store.carried.carried.memory_map().tolist() == [0] * len(ROWS)
    assert store.carried.lengths.memory_map().tolist() == [1] * len(ROWS)
    assert store.carried.starts.tolist() == store.stored.starts.tolist()
    assert store.carried.own.memory_map().tolist() == [0, 0, 0]
    assert store.carried.own_uses.memory_map().tolist() == [4, 4, 4]
    assert store.carried.own_counts.tolist() == [1, 1, 1]
    assert (store.carried.templated, store.carried.repeated.tolist()) == (len(ROWS), [])


def test_what_only_building_needed_is_off_the_disk(tmp_path: Path) -> None:
    budget = budget_of(tmp_path, ROWS)
    build_account_store(partition_rows(cut_rows(ROWS), budget), np.zeros(0, np.int64), SilentProgress())
    assert not {"ids", "lists"} & {path.name for path in budget.folder.iterdir()}
    assert not list((budget.folder / "spill").iterdir())


def test_prompts_of_several_templated_exchanges_are_counted(tmp_path: Path) -> None:
    rows = [row | {"prompt_hash": 7 if row["exchange_id"] < "x0002" else row["prompt_hash"]} for row in ROWS]
    partitioned = partition_rows(cut_rows(rows), budget_of(tmp_path, rows))
    store = build_account_store(partitioned, np.zeros(0, np.int64), SilentProgress())
    assert (store.carried.repeated.tolist(), store.carried.repeats.tolist()) == ([7], [3])
