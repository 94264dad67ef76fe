"""Files that partners and people are given: whole or not there, in folders that are made for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.contract import InputError
from hydrometer.files.atomic_write import write_atomically

if TYPE_CHECKING:
    from pathlib import Path


def write_whole(path: Path, content: bytes, *, private: bool, new: bool = False) -> None:
    """Put `content` at `path`, made sure of on disk; a reader sees the old file or the new one, whole.

    Raises:
        FileExistsError: `new`, and there is such a file.
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(path, private=private, new=new, contended=True) as file:
        file.write(content)


def replace_file(file: Path, content: bytes, *, private: bool = False) -> None:
    """Write `content` to `file`, in whose place an earlier file may be; a private one is its owner's only.

    Raises:
        InputError: it cannot be written.
    """
    try:
        write_whole(file, content, private=private)
    except OSError as error:
        raise InputError(
            f"cannot be written: {error.strerror or error}",
            file=str(file),
            mend="Free some space, or name a place that you may write to.",
        ) from None
