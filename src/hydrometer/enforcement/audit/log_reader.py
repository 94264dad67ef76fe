"""Reading the audit log: its lines in order, the last of them, and those about a case, an appeal or an account."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import msgspec

from hydrometer.contract import InputError
from hydrometer.enforcement.audit.chained_lines import (
    AuditEntry,
    ChainLink,
    decode_entry,
    iterate_lines,
    list_segments,
    parse_link,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


def read_entries(folder: Path, *, last: int | None = None) -> Iterator[AuditEntry]:
    """Yield what the log says, in order; with `last`, only so many from the end. Lines that are none are passed over.

    Raises:
        InputError: there is no log.
    """
    lines = (line for _, _, line, link in read_links(list_files(folder)) if link is not None)
    for line in lines if last is None else deque(lines, maxlen=last):
        try:
            yield decode_entry(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            # An altered line: `verify_log` says so, and the others can still be read.
            continue


def read_last_entries(folder: Path, lines: int) -> list[AuditEntry]:
    """Return the last lines.

    Raises:
        InputError: there is no log.
    """
    return list(read_entries(folder, last=lines))


def find_entries(folder: Path, what: str) -> list[AuditEntry]:
    """Return the lines of a number, case, appeal or account.

    Raises:
        InputError: there is no log, or none such.
    """
    names = ("case", "appeal", "account")
    entries = [
        entry
        for entry in read_entries(folder)
        if str(entry.sequence) == what or any(entry.body.get(name) == what for name in names)
    ]
    if not entries:
        raise InputError(f"holds nothing about {what}", file=str(folder), mend="Name a line, case, appeal or account.")
    return entries


def list_files(folder: Path) -> list[Path]:
    """Return the files of a log in order.

    Raises:
        InputError: there is none.
    """
    files = list_segments(folder)
    if not files:
        raise InputError("is no audit log", file=str(folder), mend="Name the folder that the log is written to.")
    return [file for _, file in files]


def read_links(files: Sequence[Path]) -> Iterator[tuple[Path, int, bytes, ChainLink | None]]:
    """Yield the lines of files, each with its file, its number there, and its links, None where it is none."""
    for file in files:
        for number, line in enumerate(iterate_lines(file), 1):
            yield file, number, line, parse_link(line)
