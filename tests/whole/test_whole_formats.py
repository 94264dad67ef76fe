"""A gateway's or cloud's log gives the campaigns that the canonical tables give, cut to what the log can hold."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from fixtures.detected_worlds import Labelled, detected, written
from fixtures.log_writers import EXACT, WRITERS
from hydrometer.contract.account_columns import ACCOUNTS
from hydrometer.contract.exchange_columns import EXCHANGES

if TYPE_CHECKING:
    from pathlib import Path


DAYS = 10
"""Days of the small world that are written: logs are long."""


@pytest.fixture(scope="module")
def exchanges(small: Labelled) -> pa.Table:
    times = small.world.exchanges["started_at"]
    until = pa.scalar(pc.min(times).as_py() + timedelta(days=DAYS), times.type)
    return small.world.exchanges.filter(pc.less(times, until))


def cut_to(name: str, exchanges: pa.Table, accounts: pa.Table) -> tuple[pa.Table, pa.Table]:
    """The tables with the columns that a format gives back exactly; Bedrock keeps whole seconds."""
    held = EXACT[name]
    exchanges = exchanges.select([n for n in EXCHANGES.names if n in held or n in EXCHANGES.needed])
    if "started_at" not in held:
        place = exchanges.schema.get_field_index("started_at")
        floored = pc.floor_temporal(exchanges["started_at"], unit="second")
        exchanges = exchanges.set_column(place, exchanges.schema.field("started_at"), floored)
    return exchanges, accounts.select([n for n in ACCOUNTS.names if n in held])


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_a_log_gives_the_campaigns_of_the_tables(
    name: str, small: Labelled, exchanges: pa.Table, site_key: Path, tmp_path: Path
) -> None:
    canonical = detected(
        written(tmp_path / "canonical", *cut_to(name, exchanges, small.world.accounts)), tmp_path / "expected", site_key
    )
    assert len(canonical.members & small.run_by_operators) >= 0.9 * len(small.run_by_operators)
    assert canonical.members <= small.run_by_operators
    logs = tmp_path / "logs"
    logs.mkdir()
    WRITERS[name](exchanges, small.world.accounts, logs)
    outcome = detected(logs, tmp_path / "result", site_key)
    assert outcome.run.rejected == {}
    assert outcome.run.rows["exchanges"] == exchanges.num_rows
    assert outcome.groups == canonical.groups
    assert sorted(outcome.taken) == sorted(canonical.taken)
