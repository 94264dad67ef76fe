"""Labelled worlds and results of a few rows, written as files."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

START = datetime(2026, 3, 1, tzinfo=UTC)

Sent = tuple[str, str | None, str | None]
"""An exchange, the operator that harvests it, and its beneficiary."""
Claimed = tuple[str, str, str | None, float]
"""An exchange, a campaign, a template, and a probability."""


def write_world(
    place: Path, operators: Mapping[str, str], honest: Mapping[str, str], sent: Sequence[Sent] | None = None
) -> Path:
    """Write the truth beside `place`; accounts are words of one string, by operator and by archetype."""
    truth = place.with_name(place.name + ".truth")
    truth.mkdir(parents=True)
    rows = [(account, name, "operator") for name, accounts in operators.items() for account in accounts.split()]
    rows += [(account, "", kind) for kind, accounts in honest.items() for account in accounts.split()]
    _write(rows, ("account_id", "operator", "kind"), truth / "accounts.parquet")
    if sent is not None:
        _write(sent, ("exchange_id", "campaign", "beneficiary"), truth / "exchanges.parquet", text=True)
    return place


def write_times(place: Path, rows: Sequence[tuple[str, str, float]], name: str = "exchanges.parquet") -> None:
    """Write when (days after START) each exchange was sent by which account."""
    place.mkdir(exist_ok=True)
    moments = [START + timedelta(days=days) for _, _, days in rows]
    columns = {
        "exchange_id": pa.array([exchange for exchange, _, _ in rows], pa.string()),
        "account_id": pa.array([account for _, account, _ in rows], pa.string()),
        "started_at": pa.array(moments, pa.timestamp("us", tz="UTC")),
    }
    pq.write_table(pa.table(columns), place / name)


def write_result(
    place: Path,
    campaigns: Mapping[str, Mapping[str, float | None] | str],
    listed: Mapping[str, float | None] | None = None,
    claimed: Sequence[Claimed] | None = None,
) -> Path:
    """Write who is in which campaign, with a probability or, of a string of accounts, without."""
    place.mkdir(parents=True)
    rows: list[tuple[Any, ...]] = []
    for name, accounts in campaigns.items():
        held = dict.fromkeys(accounts.split()) if isinstance(accounts, str) else accounts
        rows += [(name, account, probability) for account, probability in held.items()]
    columns = {
        "campaign_id": pa.array([row[0] for row in rows], pa.string()),
        "account_id": pa.array([row[1] for row in rows], pa.string()),
        "probability": pa.array([row[2] for row in rows], pa.float64()),
    }
    pq.write_table(pa.table(columns), place / "members.parquet")
    if listed is not None:
        named = [{"id": name} | ({} if p is None else {"probability": p}) for name, p in listed.items()]
        (place / "campaigns.json").write_text(json.dumps({"campaigns": named, "run": {}}))
    if claimed is not None:
        _write(claimed, ("exchange_id", "campaign_id", "template_id", "probability"), place / "harvested.parquet")
    return place


def write_candidates(
    place: Path, candidates: Sequence[dict[str, object]], considered: Sequence[tuple[str, str, float, bool]]
) -> None:
    """Write the groups that were tested and their accounts (group, account, probability, member)."""
    (place / "candidates.json").write_text(json.dumps(candidates))
    _write(considered, ("candidate_id", "account_id", "probability", "member"), place / "considered.parquet")


def _write(rows: Sequence[tuple[Any, ...]], names: Sequence[str], file: Path, *, text: bool = False) -> None:
    columns = {name: [row[n] for row in rows] for n, name in enumerate(names)}
    types = {name: pa.array(values, pa.string()) if text else pa.array(values) for name, values in columns.items()}
    pq.write_table(pa.table(types), file)
