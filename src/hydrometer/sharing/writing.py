"""Files that are whole or not there: written beside their place and renamed into it."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from hydrometer.contract.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def put(path: Path, content: bytes, *, private: bool, new: bool = False) -> None:
    """Put `content` at `path`, made sure of on disk; a reader sees the old file or the new one, whole.

    Raises:
        FileExistsError: `new`, and there is such a file.
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own that was not there: no older file lends its mode, and two writers do not meet.
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if new:
            os.link(beside, path)  # fails where there is one; renaming would replace it
        else:
            beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def replace_file(file: Path, content: bytes, *, private: bool = False) -> None:
    """Write `content` to `file`, in whose place an earlier file may be; a private one is its owner's only.

    Raises:
        InputError: it cannot be written.
    """
    try:
        put(file, content, private=private)
    except OSError as error:
        raise InputError(
            f"cannot be written: {error.strerror or error}",
            file=str(file),
            mend="Free some space, or name a place that you may write to.",
        ) from None
