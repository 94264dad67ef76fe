"""Files that are whole or not there: written beside their place and renamed into it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hydrometer.contract.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

PARTIAL = ".partial"
"""Ending of a file that is still being written."""


def replace_file(file: Path, content: bytes, *, private: bool = False) -> None:
    """Write `content` to `file`, in whose place an earlier file may be; a private one is its owner's only.

    Raises:
        InputError: it cannot be written.
    """
    unfinished = file.with_name(file.name + PARTIAL)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if private else 0o666)
        with os.fdopen(handle, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        unfinished.replace(file)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise InputError(
            f"cannot be written: {error.strerror or error}",
            file=str(file),
            mend="Free some space, or name a place that you may write to.",
        ) from None
