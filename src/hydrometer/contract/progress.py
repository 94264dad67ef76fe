"""How stages report what they do, without knowing who listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """A listener to the stages of a run; the command line draws what it hears."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Begin a stage of `total` rows, or of a number that nobody knows yet."""

    def advance(self, rows: int) -> None:
        """Count so many more rows of the current stage as done."""

    def note(self, message: str) -> None:
        """Show something that the user should read."""


class SilentProgress:
    """A listener that shows nothing."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Do nothing."""

    def advance(self, rows: int) -> None:
        """Do nothing."""

    def note(self, message: str) -> None:
        """Do nothing."""
