"""How much each partner has asked: what keeps it from trying values until it knows all of ours.

Whoever puts a value into a session learns whether we have it. So the items that a partner puts in are counted when it says how
many they are, before it gets any answer, and stay counted if the session breaks off after the first answer, or the process does.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from hydrometer.contract import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAY = 86_400
_SCHEMA = """CREATE TABLE IF NOT EXISTS sessions (
    number INTEGER PRIMARY KEY, began INTEGER NOT NULL, partner TEXT NOT NULL, theirs INTEGER NOT NULL, ours INTEGER NOT NULL,
    learn TEXT NOT NULL, counted INTEGER NOT NULL, outcome TEXT NOT NULL
) STRICT"""


class QueryQuota(msgspec.Struct, frozen=True):
    """At most so many items of a partner in so many days."""

    items: int
    days: int


class QuotaError(InputError):
    """The partner has asked as much as it may."""


class SessionRecord(msgspec.Struct, frozen=True):
    """A session as the ledger has it."""

    number: int
    began: int
    """Seconds since 1970."""
    partner: str
    theirs: int
    ours: int
    learn: str
    """both, us or them."""
    counted: bool
    """Whether the partner learnt, so that its items count."""
    outcome: str

    @property
    def began_at(self) -> datetime:
        """When it began, UTC."""
        return datetime.fromtimestamp(self.began, UTC)


class SessionLedger:
    """A file of sessions; several processes may use it at a time."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        """Raise InputError when the file cannot be used."""
        self._path, self._clock = path, clock
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            with closing(self._open()) as file:
                file.execute(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise InputError(
                f"cannot use the ledger: {error}", file=str(path), mend="Name a file that you can write to."
            ) from None

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=30, isolation_level=None)

    def begin(self, partner: str, *, theirs: int, ours: int, learn: str, quota: QueryQuota | None) -> int:
        """Enter a session and return its number; with a quota the partner's items count, and may be too many.

        Raises:
            QuotaError: they are; nothing is entered.
        """
        now = int(self._clock())
        with closing(self._open()) as file:
            file.execute("BEGIN IMMEDIATE")  # two sessions at a time count together
            if quota is not None:
                (counted_items,) = file.execute(
                    "SELECT coalesce(sum(theirs), 0) FROM sessions WHERE partner = ? AND counted AND began > ?",
                    (partner, now - quota.days * DAY),
                ).fetchone()
                if counted_items + theirs > quota.items:
                    file.execute("ROLLBACK")
                    raise QuotaError(
                        f"{partner} asks about {theirs:,} items after {counted_items:,} in {quota.days} days; "
                        f"{quota.items:,} are allowed",
                        mend="Wait, or allow more in the partner's file.",
                    )
            number = file.execute(
                "INSERT INTO sessions (began, partner, theirs, ours, learn, counted, outcome) VALUES (?, ?, ?, ?, ?, ?, 'begun')",
                (now, partner, theirs, ours, learn, quota is not None),
            ).lastrowid
            file.execute("COMMIT")
        return int(number or 0)

    def end(self, number: int, outcome: str, *, answered: bool) -> None:
        """Note how a session ended; one that broke off before any answer went counts no more."""
        with closing(self._open()) as file:
            file.execute(
                "UPDATE sessions SET outcome = ?, counted = counted AND ? WHERE number = ?", (outcome, answered, number)
            )

    def sessions(self) -> list[SessionRecord]:
        """Return all sessions, oldest first."""
        with closing(self._open()) as file:
            rows = file.execute(
                "SELECT number, began, partner, theirs, ours, learn, counted, outcome FROM sessions ORDER BY number"
            ).fetchall()
        names = SessionRecord.__struct_fields__
        return [msgspec.convert(dict(zip(names, row, strict=True)), SessionRecord, strict=False) for row in rows]


def open_query_ledger(partner_file: Path) -> SessionLedger:
    """Open the ledger of a partner, which lies beside its file; raises InputError."""
    return SessionLedger(partner_file.with_name(f"{partner_file.name}.ledger"))
