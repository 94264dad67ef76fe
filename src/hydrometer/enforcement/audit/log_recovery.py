"""The checks before a log is continued: where its whole lines end, and whether it has the line of its head."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hydrometer.contract import InputError
from hydrometer.enforcement.audit.chained_lines import ChainLink, iterate_lines, list_segments, parse_link
from hydrometer.enforcement.audit.log_head import HEAD, read_head

if TYPE_CHECKING:
    from pathlib import Path

    from nacl.signing import VerifyKey

KEEP = "`hydrometer audit verify` says what is wrong; keep the folder, and log to a new one."
ONE_KEY = "A log has one key, or none, from its first line on: name it, or log to a new folder."


def find_last_whole_line(first: int, file: Path) -> tuple[int, ChainLink | None]:
    """Return where the whole lines of a file end, and the last of them.

    Raises:
        InputError: a broken line has a whole one behind it, which no killed writer leaves.
    """
    end, at, last = 0, 0, None
    astray = False
    for number, line in enumerate(iterate_lines(file), 1):
        at += len(line)
        link = parse_link(line)
        follows = link is not None and link.whole and link.sequence == (last.sequence + 1 if last else first)
        follows = follows and (last is None or (link is not None and link.previous == last.hash))
        if not follows and link is None:
            astray = True
        elif not follows or astray:
            raise make_broken_error(file, number)
        else:
            end, last = at, link
    return end, last


def check_against_head(folder: Path, last_sequence: int, last_hash: str, public: VerifyKey | None) -> int | None:
    """Return the line that a log's own head names, None where there is no head, after seeing that the log has it.

    last_sequence, last_hash: of the last line. public: of the key that signs the heads from the first line on.

    A head is written after its line is on disk, so no killed writer leaves one without the other. A line that went to an
    archive is not looked for.

    Raises:
        InputError: the head is none, is missing where it would be signed, is signed by another key or is not where it
            would be, or the line is not there or another one.
        OSError: a file cannot be read.
    """
    try:
        head = read_head(folder)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InputError("is no head of an audit log", file=str(folder / HEAD), mend=KEEP) from None
    if head is None:
        if public is not None and last_sequence:
            raise InputError("the audit log has no head, and would have a signed one", file=str(folder), mend=ONE_KEY)
        return None
    if (public is None and head.signature) or (public is not None and not head.signed_by(public)):
        problem = "is signed, and no key is named" if public is None else "is not signed by that key"
        raise InputError(f"the head of the audit log {problem}", file=str(folder / HEAD), mend=ONE_KEY)
    if head.sequence > last_sequence:
        raise InputError(
            f"the audit log ends with line {last_sequence}, and its head names line {head.sequence}: lines were cut off",
            file=str(folder),
            mend=KEEP,
        )
    if head.sequence == last_sequence:
        line_hash: str | None = last_hash
    else:
        holding = [file for first, file in list_segments(folder) if first <= head.sequence]
        if not holding:
            return head.sequence
        links = (parse_link(line) for line in iterate_lines(holding[-1]))
        line_hash = next((link.hash for link in links if link is not None and link.sequence == head.sequence), None)
    if line_hash != head.hash:
        raise InputError(
            f"line {head.sequence} of the audit log is not the one that its head names", file=str(folder), mend=KEEP
        )
    return head.sequence


def make_broken_error(file: Path, number: int) -> InputError:
    """Return the error of a line that no killed writer leaves."""
    return InputError(
        "the audit log is broken before its end",
        file=str(file),
        row=number,
        mend=KEEP,
    )
