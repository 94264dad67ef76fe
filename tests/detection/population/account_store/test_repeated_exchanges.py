"""Which rows repeat an exchange, as the step says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fixtures.parquet_traffic import write_chunks
from fixtures.small_traffic import exchange
from fixtures.stored_traffic import budget_of, partition_rows
from hydrometer.detection.population.account_store.repeated_exchanges import find_repeated_exchanges
from hydrometer.engines.duckdb_engine import DuckEngine

if TYPE_CHECKING:
    from pathlib import Path


def test_the_earliest_row_of_an_id_stays(tmp_path: Path) -> None:
    files = [
        [exchange(3, "a"), exchange(1, "a")],
        [exchange(2, "b", exchange_id="x0003"), exchange(4, "b"), exchange(5, "b", exchange_id="x0001")],
    ]
    chunks = write_chunks(tmp_path, files)
    store = partition_rows(chunks, budget_of(tmp_path, [row for rows in files for row in rows]))
    with DuckEngine(tmp_path, memory="256MB", threads=1) as engine:
        assert find_repeated_exchanges(store, chunks, engine).tolist() == [0, 4]


def test_without_repeated_ids_nothing_is_read_again(tmp_path: Path) -> None:
    chunks = write_chunks(tmp_path, [[exchange(1, "a"), exchange(2, "a")]])
    budget = budget_of(tmp_path, [exchange(1, "a")] * 2)
    store = partition_rows(chunks, budget)
    with DuckEngine(tmp_path, memory="256MB", threads=1) as engine:
        assert find_repeated_exchanges(store, chunks, engine).tolist() == []
    assert not (budget.folder / "repeated.parquet").exists()
