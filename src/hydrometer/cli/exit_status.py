"""How a command ends: 0 done, 2 unusable input or settings, 3 interrupted or failed after writing what it had.

A defect before anything was written is none of these: its traceback ends the process with Python's own status 1.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING, Any, Self

import typer

from hydrometer.cli.output.terminal import escape_controls
from hydrometer.contract import InputError

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

UNUSABLE = 2
UNFINISHED = 3


class ExitStatus:
    """A context in which a command does its work; turns how that ends into an exit status and one message.

    `out` is the folder that the work writes, None when it writes nothing. A request to terminate (SIGTERM, as job
    runners send it) is an interruption like Ctrl-C: the work gets to write what it has.
    """

    def __init__(self, out: Path | None = None) -> None:
        self._out = out
        self._before: dict[str, int] = {}
        self._handler: Any = signal.SIG_DFL

    def __enter__(self) -> Self:
        self._before = _read_change_times(self._out)
        self._handler = signal.signal(signal.SIGTERM, _raise_interrupt)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.signal(signal.SIGTERM, self._handler)
        if error is None:
            return
        if isinstance(error, InputError):
            _print_error(f"Error: {error}")
            raise typer.Exit(UNUSABLE)
        written = _read_change_times(self._out) != self._before
        if isinstance(error, KeyboardInterrupt):
            _print_error(
                f"Interrupted; what was done is in {self._out}." if written else "Interrupted; nothing was written."
            )
            raise typer.Exit(UNFINISHED)
        if isinstance(error, Exception) and written:
            traceback.print_exception(error, file=sys.stderr)
            _print_error(f"Failed; what was done is in {self._out}. It is not complete.")
            raise typer.Exit(UNFINISHED)


def _print_error(message: str) -> None:
    typer.echo(escape_controls(message), err=True)


def _raise_interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _read_change_times(folder: Path | None) -> dict[str, int]:
    """Return when each entry of `folder` last changed (ns); empty when there is no such folder."""
    if folder is None or not folder.is_dir():
        return {}
    with os.scandir(folder) as entries:
        return {entry.name: entry.stat(follow_symlinks=False).st_mtime_ns for entry in entries}
