"""Files of records, opened so that neither a pipe nor what a small file expands to can hold the reader."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hydrometer.contract import InputError
from hydrometer.files import make_read_error, open_regular_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

GZIP = b"\x1f\x8b"
MOST_EXPANSION = 400
"""Bytes that a byte of gzip may stand for: logs that repeat one long system prompt come to some 250, blanks to 1,000."""
FREE_EXPANSION = 64 << 20
"""Bytes that any file may expand to."""
_BUFFER = 1 << 17


class _UnzippedBytes(io.RawIOBase):
    """What is in a gzip, as long as it does not expand beyond what logs do."""

    def __init__(self, raw: BinaryIO, name: str) -> None:
        self._name, self._size = name, 0
        self._most = max(FREE_EXPANSION, MOST_EXPANSION * os.fstat(raw.fileno()).st_size)
        self._unzipped = gzip.GzipFile(fileobj=raw)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        chunk = self._unzipped.read1(len(buffer))
        buffer[: len(chunk)] = chunk
        self._size += len(chunk)
        if self._size > self._most:
            raise InputError(
                f"expands to more than {MOST_EXPANSION} times its size", file=self._name,
                mend="Unpack it with gunzip and name the file that comes of it, if it is what it should be.",
            )  # fmt: skip
        return len(chunk)


@contextmanager
def open_input(path: Path) -> Iterator[io.BufferedReader]:
    """Open a file, unzipped where it is gzip whatever its name.

    Raises:
        InputError: the file is missing, unreadable, no regular file, damaged gzip or gzip that expands beyond
            `MOST_EXPANSION` (also while it is being read).
    """
    name = str(path)
    try:
        with open_regular_file(path) as raw:
            zipped = raw.read(2) == GZIP
            raw.seek(0)
            unbuffered: Any = _UnzippedBytes(raw, name) if zipped else raw
            with io.BufferedReader(unbuffered, _BUFFER) as stream:
                yield stream
    except EOFError:
        raise InputError("truncated gzip", file=name, mend="Copy the whole file again.") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"damaged gzip: {error}", file=name, mend="Copy the whole file again.") from None
    except FileNotFoundError:
        raise InputError("no such file", file=name, mend="Name an existing file or folder.") from None
    except IsADirectoryError:
        raise InputError("a folder, not a file", file=name, mend="Name a file.") from None
    except PermissionError:
        raise InputError("not readable", file=name, mend="Let this user read the file.") from None
    except OSError as error:
        raise make_read_error(error, name, mend="Copy the file again.") from None
