"""What each format gives back of what was written to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from fixtures.log_writers import EXACT, WRITERS
from fixtures.sources_samples import sample_accounts, sample_exchanges
from hydrometer.contract.account_columns import ACCOUNTS
from hydrometer.contract.exchange_columns import EXCHANGES
from hydrometer.contract.settings import ReadSettings
from hydrometer.sources import Rejects, open_traffic

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 300


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_the_columns_that_a_format_can_hold_come_back_exactly(name: str, tmp_path: Path) -> None:
    exchanges, accounts = sample_exchanges(ROWS), sample_accounts()
    file = WRITERS[name](exchanges, accounts, tmp_path)
    traffic = open_traffic(file, settings=ReadSettings(batch_rows=64))
    rejects = Rejects()
    read = pa.Table.from_batches(list(traffic.batches(rejects)), EXCHANGES.schema).sort_by("exchange_id")
    told = traffic.accounts(rejects)
    assert rejects.counts == {}
    assert rejects.repaired == {}
    assert read.num_rows == ROWS
    written = exchanges.sort_by("exchange_id")
    same = {name for name in EXCHANGES.names if read.column(name).to_pylist() == written.column(name).to_pylist()}
    asked = set(exchanges.column("account_id").to_pylist())
    known = [row for row in accounts.to_pylist() if row["account_id"] in asked]
    held = {row["account_id"]: row for row in told.to_pylist()}
    for column in ACCOUNTS.names:
        if all(held.get(row["account_id"], {}).get(column) == row[column] for row in known):
            same.add(column)
    # Columns that the sample leaves empty, and the id that both tables share, tell nothing.
    unset = {name for name in ACCOUNTS.names if accounts.column(name).null_count == len(accounts)}
    assert same - unset == EXACT[name]


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_times_lose_less_than_a_second(name: str, tmp_path: Path) -> None:
    exchanges = sample_exchanges(50)
    traffic = open_traffic(WRITERS[name](exchanges, sample_accounts(), tmp_path), settings=ReadSettings())
    read = pa.Table.from_batches(list(traffic.batches(Rejects()))).sort_by("exchange_id")
    written = exchanges.sort_by("exchange_id").column("started_at").cast(pa.int64()).to_pylist()
    for before, after in zip(written, read.column("started_at").cast(pa.int64()).to_pylist(), strict=True):
        assert 0 <= before - after < 1_000_000
