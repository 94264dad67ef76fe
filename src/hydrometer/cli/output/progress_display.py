"""Progress on standard error: drawn on a terminal, plain lines in a pipe, nothing when asked to be quiet."""

from __future__ import annotations

import sys
import time
from abc import ABC, abstractmethod
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, SpinnerColumn, TextColumn
from rich.progress import Progress as Live
from rich.text import Text

from hydrometer.cli.output.terminal import escape_controls
from hydrometer.contract import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from types import TracebackType

    from rich.progress import Task, TaskID

    from hydrometer.contract import Progress

PAUSE = 5.0
"""Seconds between two plain lines of one stage."""


@dataclass
class StageTally:
    """What is known of the stage that runs."""

    name: str
    total: int | None
    begun: float
    rows: int = 0

    def describe_running(self, now: float) -> str:
        """Return rows, rate and time left at `now` (seconds on the clock that gave `begun`)."""
        seconds = now - self.begun
        parts = [f"{self.rows:,} of {self.total:,} rows" if self.total else f"{self.rows:,} rows"]
        if self.rows and seconds > 0:
            rate = self.rows / seconds
            parts.append(f"{rate:,.0f} rows/s")
            if self.total and self.total > self.rows:
                parts.append(f"{format_duration((self.total - self.rows) / rate)} left")
        return ", ".join(parts)

    def describe_end(self, now: float, *, stopped: bool) -> str:
        """Return one line that says what the stage came to."""
        word = "stopped" if stopped else "done"
        rows = f", {self.rows:,} rows" if self.rows else ""
        return f"{self.name}: {word}{rows} in {format_duration(now - self.begun)}"


def format_duration(seconds: float) -> str:
    """Return seconds as a person says them: 0.4 s, 12 s, 3 min 05 s, 2 h 10 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


class _StageProgress(ABC):
    """Keeps the tally; a stage ends when the next begins or when the context closes."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tally: StageTally | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end(stopped=kind is not None)

    def stage(self, name: str, total: int | None = None) -> None:
        """End the stage before and begin this one."""
        self._end(stopped=False)
        self._tally = StageTally(escape_controls(name), total, self._clock())
        self._show_begin(self._tally)

    def advance(self, rows: int) -> None:
        """Count rows of the current stage."""
        if self._tally is not None:
            self._tally.rows += rows
            self._show_advance(self._tally)

    def note(self, message: str) -> None:
        """Print a line that the user should read."""
        self._print_line(f"note: {escape_controls(message)}")

    def _end(self, *, stopped: bool) -> None:
        if self._tally is not None:
            ended = self._tally.describe_end(self._clock(), stopped=stopped)
            self._tally = None
            self._print_line(ended)

    @abstractmethod
    def _show_begin(self, tally: StageTally) -> None:
        """Show that a stage begins."""

    @abstractmethod
    def _show_advance(self, tally: StageTally) -> None:
        """Show that more rows are done."""

    @abstractmethod
    def _print_line(self, text: str) -> None:
        """Print a line that stays."""


class PlainProgress(_StageProgress):
    """Lines for a pipe or a log file: where a stage begins and ends, and at most one every few seconds within it."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._stream = stream
        self._last_line_at = clock()

    def _show_begin(self, tally: StageTally) -> None:
        self._last_line_at = tally.begun
        self._print_line(f"{tally.name}: begun" + (f", {tally.total:,} rows" if tally.total else ""))

    def _show_advance(self, tally: StageTally) -> None:
        now = self._clock()
        if now - self._last_line_at >= PAUSE:
            self._last_line_at = now
            self._print_line(f"{tally.name}: {tally.describe_running(now)}")

    def _print_line(self, text: str) -> None:
        self._stream.write(f"{text}\n")
        self._stream.flush()


class LiveProgress(_StageProgress):
    """A moving line for a terminal: stage, bar, rows, rate and time left; ended stages stay above it."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._console = console
        self._live = Live(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            _TallyColumn(self),
            console=console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._live.stop()

    def describe_running(self) -> str:
        """Return the text beside the bar."""
        return "" if self._tally is None else self._tally.describe_running(self._clock())

    def _end(self, *, stopped: bool) -> None:
        if self._task is not None:
            self._live.remove_task(self._task)
            self._task = None
        super()._end(stopped=stopped)

    def _show_begin(self, tally: StageTally) -> None:
        self._task = self._live.add_task(tally.name, total=tally.total)

    def _show_advance(self, tally: StageTally) -> None:
        if self._task is not None:
            self._live.update(self._task, completed=tally.rows)

    def _print_line(self, text: str) -> None:
        self._console.print(Text(text), soft_wrap=True)


class _TallyColumn(ProgressColumn):
    """The column of a running stage: what is counted of it, in words."""

    def __init__(self, drawn: LiveProgress) -> None:
        super().__init__()
        self._drawn = drawn

    def render(self, task: Task) -> Text:  # noqa: ARG002 (the tally knows more than Rich's task)
        return Text(self._drawn.describe_running())


def open_progress(*, quiet: bool) -> AbstractContextManager[Progress]:
    """Return the progress that suits standard error."""
    if quiet:
        return nullcontext(SilentProgress())
    if sys.stderr.isatty():
        console = Console(stderr=True, highlight=False)
        if not console.is_dumb_terminal:
            return LiveProgress(console)
    return PlainProgress(sys.stderr)
