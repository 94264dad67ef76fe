"""How stages tell what they are doing, without knowing who listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives what a stage does; the command line draws it."""

    def stage(self, name: str, total: int | None = None) -> None:
        """A stage begins; `total` is its number of rows where that is known."""

    def advance(self, rows: int) -> None:
        """So many more rows of the current stage are done."""

    def note(self, message: str) -> None:
        """Something the user should read."""


class SilentProgress:
    """Listens to nothing."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Ignore."""

    def advance(self, rows: int) -> None:
        """Ignore."""

    def note(self, message: str) -> None:
        """Ignore."""
