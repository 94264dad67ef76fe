"""Files that are whole or not there: written beside their path, made sure of on disk, and renamed to it."""

from __future__ import annotations

import errno
import os
import secrets
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from hydrometer.files.file_errors import explain_write_errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARTIAL = ".partial"
"""Ending of a file that is still being written by its only writer."""


@contextmanager
def write_atomically(
    file: Path, *, private: bool = False, new: bool = False, contended: bool = False, lasting_name: bool = False
) -> Iterator[BinaryIO]:
    """Yield what to write into; at the end of the block, the content replaces `file` at once.

    A reader sees the old file or the new one, whole. When the block fails, the old one stays, and nothing lies beside it.
    The folder has to be there. A pipe or device, such as /dev/stdout, cannot be replaced: it is written into.

    private: readable by its owner alone, whatever the mode of an earlier file. new: there may be no earlier file.
    contended: others may write this very file meanwhile, so each writes under a name of its own, which a killed process
    leaves behind; else it writes under the name with PARTIAL, which the next writer takes over. lasting_name: the folder
    is made sure of too, so that a crash of the machine does not bring the earlier file back.

    Raises:
        FileExistsError: `new`, and there is such a file.
        OSError: it cannot be written.
    """
    if not new and file.exists() and not (file.is_file() or file.is_dir()):
        with file.open("wb") as stream:
            yield stream
        return
    if contended:
        temporary = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    else:
        temporary = file.with_name(file.name + PARTIAL)
        # What a killed process left would lend its mode and, where it is a link, its target.
        temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if new:
            _move_to_new(temporary, file)
        else:
            temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
    if lasting_name:
        sync_folder(file.parent)


def write_whole(
    file: Path,
    content: bytes,
    *,
    private: bool = False,
    new: bool = False,
    contended: bool = False,
    lasting_name: bool = False,
) -> None:
    """Write `content` to `file` as `write_atomically` does; raises as it does."""
    with write_atomically(file, private=private, new=new, contended=contended, lasting_name=lasting_name) as stream:
        stream.write(content)


def replace_file(file: Path, content: bytes, *, private: bool = False) -> None:
    """Write `content` to `file`, whose folder is made where it is missing and which others may write meanwhile.

    Raises:
        InputError: it cannot be written.
    """
    with explain_write_errors(file, mend="Free some space, or name a place that you may write to."):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, content, private=private, contended=True)


def _move_to_new(temporary: Path, file: Path) -> None:
    """Give a file its name; raises FileExistsError where there is one, which renaming would replace."""
    try:
        os.link(temporary, file)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
        # A file system without hard links, such as a mounted object store.
        if file.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(file)) from None
        temporary.rename(file)


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
