"""Whether traffic has an account."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hydrometer.sources import search_account

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [
    {"exchange_id": f"x{n}", "started_at": "2026-02-01T00:00:00Z", "account_id": f"a{n}", "model": "m", "prompt": "hi"}
    for n in range(3)
]


@pytest.fixture(params=["parquet", "jsonl"])
def exchanges(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The same exchanges in two containers."""
    file = tmp_path / f"exchanges.{request.param}"
    if request.param == "parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), file)
    else:
        file.write_text("".join(json.dumps(row) + "\n" for row in ROWS), "utf-8")
    return file


def test_an_account_is_found_or_not(exchanges: Path) -> None:
    assert search_account([exchanges], "a2") is True
    assert search_account([exchanges], "a22") is False


def test_files_that_hold_no_exchanges_are_passed_over(exchanges: Path) -> None:
    folder = exchanges.parent
    others = [folder / "accounts.csv", folder / "models.json", folder / "intel" / "dossiers.json"]
    assert search_account([exchanges, *others], "nobody") is False


def test_traffic_that_is_gone_or_unreadable_cannot_tell(exchanges: Path) -> None:
    gone = exchanges.with_name("gone.parquet")
    assert search_account([gone], "a1") is None
    assert search_account([exchanges, gone], "nobody") is None
    assert search_account([exchanges, gone], "a1") is True
    exchanges.with_name("odd.jsonl").write_text("{}\n", "utf-8")
    assert search_account([exchanges.with_name("odd.jsonl")], "a1") is None
    assert search_account([], "a1") is None
