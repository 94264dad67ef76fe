"""What is missing switches off what needs it, is told, and convicts nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from fixtures.detected_worlds import Labelled, Outcome, detected, written
from hydrometer.contract.account_columns import ACCOUNTS
from hydrometer.contract.exchange_columns import EXCHANGES

if TYPE_CHECKING:
    from pathlib import Path

OPTIONAL = tuple(f"exchanges.{name}" for name in EXCHANGES.names if name not in EXCHANGES.needed)
KNOWN = tuple(f"accounts.{name}" for name in ACCOUNTS.names if name not in ACCOUNTS.needed)
GROUPS = {
    "no accounts table": KNOWN,
    "no addresses": ("exchanges.client_ip", "exchanges.client_asn", "accounts.signup_ip"),
    "no texts": ("exchanges.system_prompt", "exchanges.prompt"),
    "no organisations": ("accounts.org_id",),
    "no agreements": ("accounts.agreements",),
    "no tokens": ("exchanges.input_tokens", "exchanges.output_tokens", "exchanges.reasoning_tokens"),
    "no payments": ("accounts.payment_fingerprint", "accounts.payment_bin"),
    "no clients": ("exchanges.user_agent", "exchanges.ja4", "exchanges.end_user_id", "exchanges.session_id"),
}
CASES = {**GROUPS, "nothing but what is needed": OPTIONAL + KNOWN}


@pytest.mark.parametrize("case", CASES)
def test_missing_columns_are_told_and_accuse_nobody(
    case: str, small: Labelled, small_outcome: Outcome, site_key: Path, tmp_path: Path
) -> None:
    dropped = set(CASES[case])
    exchanges = small.world.exchanges.select([n for n in EXCHANGES.names if f"exchanges.{n}" not in dropped])
    kept = [name for name in ACCOUNTS.names if f"accounts.{name}" not in dropped]
    accounts = small.world.accounts.select(kept) if len(kept) > 1 else None
    traffic = written(tmp_path / "world", exchanges, accounts, small.world.releases)
    outcome = detected(traffic, tmp_path / "result", site_key)
    assert outcome.run.status == "done"
    assert set(outcome.run.absent_columns) == dropped | set(small_outcome.run.absent_columns)
    off = {signal.signal: signal for signal in outcome.run.signals_off}
    for signal in off.values():
        assert any(column in signal.why for column in dropped), signal
        assert signal.costs
    assert outcome.members <= small.run_by_operators
    if "exchanges.prompt" in dropped:
        assert outcome.campaigns == []
    elif case != "no accounts table":
        # Without the whole identity family so small a pool may stay a group that was tested and let go.
        assert len(outcome.members) >= 0.9 * len(small.run_by_operators)
    page = (outcome.out / "report.html").read_text("utf-8")
    for name in off:
        assert name in page


def test_of_a_whole_world_no_column_is_absent_and_no_signal_off(small_outcome: Outcome) -> None:
    assert small_outcome.run.absent_columns == []
    assert small_outcome.run.signals_off == []


def test_a_column_that_only_holds_nulls_is_absent(small: Labelled, site_key: Path, tmp_path: Path) -> None:
    exchanges = small.world.exchanges
    place = exchanges.schema.get_field_index("ja4")
    nulls = exchanges.set_column(place, "ja4", pa.nulls(exchanges.num_rows, pa.string()))
    outcome = detected(written(tmp_path / "world", nulls, small.world.accounts), tmp_path / "result", site_key)
    assert outcome.run.absent_columns == ["exchanges.ja4"]


@pytest.mark.parametrize("agreed", [True, False])
def test_a_harvest_that_an_agreement_allows_is_authorised_and_no_campaign(
    agreed: bool, small: Labelled, site_key: Path, tmp_path: Path
) -> None:
    accounts = small.world.accounts.to_pylist()
    for row in accounts:
        if row["account_id"] in small.run_by_operators:
            row["agreements"] = ["distillation"] if agreed else ["marketing"]
    table = small.world.accounts.from_pylist(accounts, schema=ACCOUNTS.schema)
    outcome = detected(written(tmp_path / "world", small.world.exchanges, table), tmp_path / "result", site_key)
    assert bool(outcome.campaigns) is not agreed
    verdicts = {candidate.verdict for candidate in outcome.read().candidates}
    assert ("authorised" in verdicts) or not agreed


def test_one_declared_customer_is_a_single_customer_and_no_campaign(
    small: Labelled, site_key: Path, tmp_path: Path
) -> None:
    accounts = small.world.accounts.to_pylist()
    for row in accounts:
        if row["account_id"] in small.run_by_operators:
            row["org_id"] = "one-big-customer"
    table = small.world.accounts.from_pylist(accounts, schema=ACCOUNTS.schema)
    outcome = detected(written(tmp_path / "world", small.world.exchanges, table), tmp_path / "result", site_key)
    assert outcome.campaigns == []
    assert "single_customer" in {candidate.verdict for candidate in outcome.read().candidates}
