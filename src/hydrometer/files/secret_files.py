"""Files that hold secrets: only their owner may read them, and they are replaced whole."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from hydrometer.contract import InputError
from hydrometer.files.atomic_write import write_whole

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_SECRET = 1 << 20
"""Bytes of the largest file of secrets."""


def read_secret(path: Path, what: str, *, problem: str = "", mend: str = "Name a file that you can read.") -> bytes:
    """Return the bytes of `path`; `what` names its contents in messages.

    problem, mend: what is said where it cannot be read.

    Raises:
        InputError: the file cannot be read, may be read by others than its owner, or is larger than `LARGEST_SECRET`.
    """
    problem = problem or f"cannot read {what}"
    try:
        # Not blocking, so that a named pipe is no trap; the mode is that of the very file that is read.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise InputError(f"{problem}: it is no regular file", file=str(path), mend=mend)
            if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise InputError(f"{what} may be read by others", file=str(path), mend=f"Run: chmod 600 {path}")
            content = file.read(LARGEST_SECRET + 1)
    except OSError as error:
        raise InputError(f"{problem}: {error.strerror or error}", file=str(path), mend=mend) from None
    if len(content) > LARGEST_SECRET:
        raise InputError(f"{what} is larger than {LARGEST_SECRET:,} bytes", file=str(path), mend="Name the right file.")
    return content


def write_secret(path: Path, content: bytes, what: str, *, new: bool = False) -> None:
    """Write `content` to `path`, readable by its owner alone; a reader sees the old file or the new one, whole.

    Raises:
        InputError: it cannot be written, or `new` and there is such a file already.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content, private=True, new=new, contended=True)
    except FileExistsError:
        raise InputError(
            f"there is {what} already", file=str(path), mend="Name another file, or remove this one first."
        ) from None
    except OSError as error:
        raise InputError(
            f"cannot write {what}: {error.strerror or error}",
            file=str(path),
            mend="Name a place that you can write to.",
        ) from None
