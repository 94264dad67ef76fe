"""The log of the guard: one JSON object a line, of what it did and never of what was asked.

No text of a request, no header and no key reaches a line: callers hand over names, counts and ids of their own making.
Of an error it has the class and the positions in the code, not the message, which may quote a request.
"""

from __future__ import annotations

import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable

FRAMES = 6
"""Innermost positions of an error that are logged."""


class EventLog:
    """A log of events, written to a stream of bytes; to none where `out` is None."""

    def __init__(self, out: BinaryIO | None, clock: Callable[[], float]) -> None:
        self._out, self._clock = out, clock

    def write(self, event: str, **facts: str | float | bool | None) -> None:
        """Write one line."""
        if self._out is None:
            return
        at = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="milliseconds")
        self._out.write(orjson.dumps({"at": at, "event": event, **facts}, option=orjson.OPT_APPEND_NEWLINE))
        self._out.flush()

    def write_error(self, event: str, error: BaseException, **facts: str | float | bool | None) -> None:
        """Write one line with the class of an error and where it arose."""
        frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
        positions = [f"{frame.filename.rpartition('hydrometer/')[2]}:{frame.lineno}" for frame in frames]
        self.write(event, error=type(error).__name__, at_code=" < ".join(reversed(positions)), **facts)
