"""The audit log: every decision that is not `allow`, every policy, snapshot, review and appeal, in a chain of hashes.

One process writes a log, any number of threads in it. A line is acknowledged when it is on disk (fsync); threads that
write at the same time share one fsync. What a killed process left half-written was never acknowledged: it is set
aside, and the log says so.
"""

from __future__ import annotations

import os
import sys
import threading
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, BinaryIO, Self

from hydrometer.contract import InputError
from hydrometer.enforcement.audit.chained_lines import FIRST, build_segment_path, encode_line, list_segments
from hydrometer.enforcement.audit.log_head import make_head, write_head
from hydrometer.enforcement.audit.log_recovery import check_against_head, find_last_whole_line, make_broken_error
from hydrometer.files import sync_folder, wait_until, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from types import TracebackType

    from nacl.signing import SigningKey

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

WAIT_SECONDS = 10.0
"""How long a command waits for another one to finish writing the audit log."""
SEGMENT_BYTES = 64 << 20
"""A file that is larger is followed by another."""
LOCK = "lock"
TORN = ".torn"
"""Ending of what a killed process left half-written."""


class AuditLog:
    """An audit log that is open for writing; a context manager."""

    def __init__(
        self,
        folder: Path,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        wait: float = 0.0,
        key: SigningKey | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Open the log in `folder`, or begin one there.

        wait: seconds to wait for another process that writes there. key: signs the heads, from an empty log's on.

        Raises:
            InputError: the folder cannot be used, another process writes there, the log is broken, lacks the line that its
                own head names, or that head is missing or not signed as `key` says: going on would put a head over what
                shows it.
        """
        self._folder, self._segment_bytes, self._clock, self._key = folder, segment_bytes, clock, key
        self._changed = threading.Condition()
        self._pending: list[bytes] = []
        self._flushing = False
        self._failure: OSError | None = None
        self.torn = 0
        """Bytes that an earlier process left half-written, none of them acknowledged."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = (folder / LOCK).open("a+b")
        except OSError as error:
            raise _make_folder_error(folder, error) from None
        usable = False
        try:
            _acquire_lock(self._lock, folder, wait)
            self._last_sequence, self._last_hash = self._recover()
            self._durable_sequence, self._durable_hash = self._last_sequence, self._last_hash
            headed = check_against_head(
                folder, self._last_sequence, self._last_hash, key.verify_key if key is not None else None
            )
            self._head_sequence = headed or 0
            if key is not None and headed is None:
                # From the beginning on, so that a log without a signed head is one that lost it.
                self._write_head()
            self._file = self._open_segment()
            usable = True
        except OSError as error:
            raise _make_folder_error(folder, error) from None
        finally:
            if not usable:
                self._lock.close()
        if self.torn:
            self.append("recovered", {"bytes": self.torn})

    @property
    def sequence(self) -> int:
        """Number of the last line that is on disk."""
        return self._durable_sequence

    def append(self, kind: str, body: object) -> int:
        """Write one line; return its number once it is on disk.

        Raises:
            OSError: the disk failed, now or earlier; nothing is written any more, and this line is not acknowledged.
        """
        return self.append_all([(kind, body)])

    def append_all(self, entries: Iterable[tuple[str, object]]) -> int:
        """Write lines, one after the other; return the number of the last once all are on disk.

        Raises as `append`.
        """
        with self._changed:
            self._check_writable()
            lines, sequence, last = [], self._last_sequence, self._last_hash
            for kind, body in entries:
                line, last = encode_line(sequence + 1, last, self._clock(), kind, body)
                lines.append(line)
                sequence += 1
            self._pending += lines
            self._last_sequence, self._last_hash = sequence, last
            while self._durable_sequence < sequence:
                if self._flushing:
                    self._changed.wait()
                    self._check_writable()
                    continue
                self._flush()
            return sequence

    def write_head(self) -> bool:
        """Write the head; False where no line came since the last one. Who appends meanwhile waits.

        Raises:
            OSError: the head cannot be written; the one before stays, and lines can be appended. Or the log is closed or
                not written any more.
        """
        with self._changed:
            self._check_writable()
            if self._head_sequence == self._durable_sequence:
                return False
            self._write_head()
            return True

    def close(self) -> None:
        """Write the head and let others write; nothing is pending, since every line was waited for.

        Raises:
            OSError: the head cannot be written; all lines are on disk, and the log is closed.
        """
        with self._changed:
            if self._file.closed:
                return
            self._file.close()
            try:
                if self._failure is None and self._durable_sequence:
                    self._write_head()
            finally:
                self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check_writable(self) -> None:
        if self._failure is not None:
            raise OSError(self._failure.errno, f"the audit log is not written any more: {self._failure.strerror}")
        if self._file.closed:
            raise OSError(0, "the audit log is closed")

    def _flush(self) -> None:
        """Write everything pending with one fsync; called and left with the condition held."""
        lines, self._pending, self._flushing = self._pending, [], True
        sequence, last, size = self._last_sequence, self._last_hash, self._file.tell()
        self._changed.release()
        failure: OSError | None = None
        try:
            self._file.write(b"".join(lines))
            self._file.flush()
            os.fsync(self._file.fileno())
            size = self._file.tell()
        except OSError as error:
            # After a failed fsync nobody knows what is on disk. What was not acknowledged is found when it is reopened.
            failure = error
        finally:
            self._changed.acquire()
            self._flushing = False
            self._failure = failure
            if failure is None:
                self._durable_sequence, self._durable_hash = sequence, last
            self._changed.notify_all()
        self._check_writable()
        if size >= self._segment_bytes:
            # The lines are on disk and acknowledged even if no further file can be made.
            self._file.close()
            try:
                self._file = self._open_segment()
                self._write_head()
            except OSError as error:
                self._failure = error

    def _write_head(self) -> None:
        write_head(self._folder, make_head(self._durable_sequence, self._durable_hash, self._clock(), self._key))
        self._head_sequence = self._durable_sequence

    def _open_segment(self) -> BinaryIO:
        files = list_segments(self._folder)
        if files and files[-1][1].stat().st_size < self._segment_bytes:
            return files[-1][1].open("ab")
        file = build_segment_path(self._folder, self._durable_sequence + 1)
        file.touch()
        sync_folder(self._folder)
        return file.open("ab")

    def _recover(self) -> tuple[int, str]:
        """Return number and hash of the last line, after setting aside what was left half-written.

        Raises:
            InputError: a line before the end is broken.
        """
        files = list_segments(self._folder)
        after = None
        for first, file in reversed(files):
            end, last = find_last_whole_line(first, file)
            size = file.stat().st_size
            if end < size:
                self._set_aside(file, end)
                self.torn += size - end
            if last is not None and after in {None, last.sequence + 1}:
                return last.sequence, last.hash
            if last is not None:
                break
            after = first
        if after in {None, 1}:
            return 0, FIRST
        raise make_broken_error(files[0][1], 1)

    def _set_aside(self, file: Path, end: int) -> None:
        with file.open("r+b") as stream:
            stream.seek(end)
            rest = stream.read()
            aside = file.with_name(f"{file.stem}-{sha256(rest).hexdigest()[:8]}{TORN}")
            write_whole(aside, rest, lasting_name=True)
            stream.truncate(end)
            stream.flush()
            os.fsync(stream.fileno())


def _make_folder_error(folder: Path, error: OSError) -> InputError:
    return InputError(
        f"cannot be used: {error.strerror}", file=str(folder), mend="Name a folder that you may write to, with room."
    )


def _acquire_lock(lock: BinaryIO, folder: Path, wait: float) -> None:
    if not wait_until(lambda: _try_lock(lock), seconds=wait, pause=0.05):
        raise InputError(
            "another process writes this audit log", file=str(folder), mend="Stop it, or log to another folder."
        )


def _try_lock(lock: BinaryIO) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(lock.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
