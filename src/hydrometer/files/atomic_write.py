"""Files that are whole or not there: written beside their place, made sure of on disk, and renamed into it."""

from __future__ import annotations

import os
import secrets
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARTIAL = ".partial"
"""Ending of a file that is still being written by its only writer."""


@contextmanager
def write_atomically(
    file: Path, *, private: bool = False, new: bool = False, contended: bool = False, lasting_name: bool = False
) -> Iterator[BinaryIO]:
    """Yield what to write into; at the end of the block, the content takes the place of `file` at once.

    A reader sees the old file or the new one, whole. When the block fails, the old one stays, and nothing lies beside it.
    The folder has to be there.

    private: readable by its owner alone, whatever the mode of an earlier file. new: there may be no earlier file.
    contended: others may write this very file meanwhile, so each writes under a name of its own, which a killed process
    leaves behind; else it writes under the name with PARTIAL, which the next writer takes over. lasting_name: the folder
    is made sure of too, so that a crash of the machine does not bring the earlier file back.

    Raises:
        FileExistsError: `new`, and there is such a file.
        OSError: it cannot be written.
    """
    if contended:
        temporary = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    else:
        temporary = file.with_name(file.name + PARTIAL)
        # What a killed process left would lend its mode and, where it is a link, its place.
        temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if new:
            os.link(temporary, file)  # fails where there is one; renaming would replace it
        else:
            temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
    if lasting_name:
        sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder as durable as the contents; only where folders can be opened.

    Raises:
        OSError: the disk failed.
    """
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
