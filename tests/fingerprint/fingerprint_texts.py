"""Exchanges for the fingerprint tests."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa

from hydrometer.contract.exchange_columns import EXCHANGES
from hydrometer.contract.settings import FingerprintSettings
from hydrometer.fingerprint import Fingerprinter, SiteKey

KEY = SiteKey(bytes(range(16)))


def exchanges(texts: list[tuple[str | None, str | None]], **columns: list[Any]) -> pa.RecordBatch:
    """Return a batch with these (system prompt, prompt) pairs."""
    rows = len(texts)
    values: dict[str, list[Any]] = {
        "exchange_id": [f"x{row}" for row in range(rows)],
        "started_at": [dt.datetime(2026, 2, 1, tzinfo=dt.UTC)] * rows,
        "account_id": ["a"] * rows,
        "model": ["m"] * rows,
        "system_prompt": [system for system, _ in texts],
        "prompt": [prompt for _, prompt in texts],
        **columns,
    }
    arrays = [pa.array(values.get(c.name, [None] * rows), c.type) for c in EXCHANGES.columns]
    return pa.RecordBatch.from_arrays(arrays, schema=EXCHANGES.schema)


def fingerprints(
    texts: list[tuple[str | None, str | None]], key: SiteKey = KEY, **settings: int
) -> list[dict[str, Any]]:
    """Return the fingerprint rows of the texts."""
    made = Fingerprinter(FingerprintSettings(**settings), key).fingerprint_batch(exchanges(texts))
    rows: list[dict[str, Any]] = made.to_pylist()
    return rows


def prompt(text: str, key: SiteKey = KEY, **settings: int) -> dict[str, Any]:
    """Return the fingerprint row of one prompt."""
    return fingerprints([(None, text)], key, **settings)[0]
