"""Files of a user, opened only where they are regular: a pipe, a socket or a device may never end."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, BinaryIO

from hydrometer.contract import InputError

if TYPE_CHECKING:
    from pathlib import Path

_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def open_regular_file(file: Path) -> BinaryIO:
    """Return the bytes of a regular file as a stream; nothing else is waited for.

    Raises:
        InputError: it is a pipe, a socket or a device.
        OSError: it is missing, a folder, or cannot be opened.
    """
    # Looked at before it is opened, since opening a device may move it, and after, since a path may be exchanged.
    refuse_irregular_file(file, file.stat().st_mode)
    handle = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        refuse_irregular_file(file, os.fstat(handle).st_mode)
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def refuse_irregular_file(file: Path, mode: int) -> None:
    """Raise InputError where a mode is that of a pipe, a socket or a device, IsADirectoryError where that of a folder."""
    if stat.S_ISREG(mode):
        return
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file))
    kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "something else")
    raise InputError(
        f"is {kind}, not a regular file", file=str(file), mend="Copy what it gives to a file, and name that."
    )
