"""Times as the arrays hold them, and as records do."""

from __future__ import annotations

from datetime import UTC, datetime


def micros_to_datetime(micros: int) -> datetime:
    """Return the time, UTC, that µs since 1970 stand for."""
    return datetime.fromtimestamp(micros // 1_000_000, UTC).replace(microsecond=micros % 1_000_000)
