"""Whether anything in an audit log was removed, altered, put elsewhere or cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hydrometer.enforcement.audit.chained_lines import (
    FIRST,
    LARGEST,
    ChainLink,
)
from hydrometer.enforcement.audit.log_head import HEAD, LogHead, read_head
from hydrometer.enforcement.audit.log_reader import list_files, read_links

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nacl.signing import VerifyKey

MOST_FAULTS = 1_000
"""Faults that are listed one by one; all are counted."""


class ChainFault(msgspec.Struct, frozen=True):
    """A thing wrong in a log, which no writer leaves."""

    file: str
    line: int
    """From 1, within the file; 0 for the log as a whole."""
    what: str


class ChainVerification(msgspec.Struct, kw_only=True):
    """The outcome of verifying a whole log."""

    lines: int = 0
    first: int = 0
    last: int = 0
    """Number of the last line."""
    hash: str = FIRST
    """Of the last line: what an anchor is made of."""
    torn: int = 0
    """Bytes at the end that a killed writer left half-written; they were never acknowledged."""
    faults: list[ChainFault] = []
    fault_count: int = 0
    anchors: int = 0
    """Anchors that the log was compared with, its own head among them."""
    anchored: int | None = None
    """Number of the last line that an anchor names and that is there: what came after it may be cut off unseen. None: there
    was no anchor; 0: one of the time before the first line."""

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return self.fault_count == 0

    def to_builtins(self) -> dict[str, Any]:
        """Return the outcome as plain values."""
        values: dict[str, Any] = msgspec.to_builtins(self)
        return values

    def add_fault(self, file: str, line: int, what: str) -> None:
        """Add a fault."""
        self.fault_count += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(ChainFault(file, line, what))


def verify_log(
    folder: Path, anchors: Sequence[LogHead] = (), *, after: LogHead | None = None, public: VerifyKey | None = None
) -> ChainVerification:
    """Verify the log in `folder`, and compare it with its own head and with `anchors`.

    With `after`, the log goes on from that anchor: earlier files went to an archive. With `public`, its own
    head must be signed by that key.

    Lines that were removed at the end show only against an anchor that names one of them or a later one. A writer may
    go on meanwhile; what it is just writing counts as torn.

    Raises:
        InputError: there is no log.
    """
    verification = ChainVerification(last=after.sequence, hash=after.hash) if after else ChainVerification()
    head = _read_own_head(folder, verification, public)
    wanted: dict[int, list[str]] = {}
    for each in (*anchors, *([head] if head else [])):
        wanted.setdefault(each.sequence, []).append(each.hash)
    verification.anchors = len(anchors) + (head is not None)
    _check_anchors(
        verification,
        folder.name,
        0,
        wanted.pop(verification.last, []),
        ChainLink(verification.last, "", verification.hash, whole=True),
    )
    # After the head: a writer that goes on meanwhile has the head's line on disk already.
    files = list_files(folder)
    for file, number, line, link in read_links(files):
        if link is None:
            # Only a file's last line, and a piece of one that is too large, have no line end.
            if file == files[-1] and not line.endswith(b"\n") and len(line) <= LARGEST:
                verification.torn = len(line)
            else:
                verification.add_fault(file.name, number, "is no line of an audit log: altered")
            continue
        _check_link(verification, file.name, number, link)
        _check_anchors(verification, file.name, number, wanted.pop(link.sequence, []), link)
    for sequence in sorted(wanted):
        what = "cut off" if sequence > verification.last else "removed"
        verification.add_fault(folder.name, 0, f"line {sequence}, which an anchor names, is not there: {what}")
    return verification


def _check_anchors(
    verification: ChainVerification, file: str, number: int, anchor_hashes: list[str], link: ChainLink
) -> None:
    """Compare a line with the hashes that anchors name it by."""
    if any(own != link.hash for own in anchor_hashes):
        verification.add_fault(file, number, f"line {link.sequence} is another one than the anchor says")
    elif anchor_hashes:
        verification.anchored = max(verification.anchored or 0, link.sequence)


def _check_link(verification: ChainVerification, file: str, number: int, link: ChainLink) -> None:
    """Compare a line with the one before it, and go on from it."""
    if not link.whole:
        verification.add_fault(file, number, f"line {link.sequence} does not have the hash that it says: altered")
    expected = verification.last + 1
    if link.sequence > expected:
        gone = (
            f"line {expected} is" if link.sequence == expected + 1 else f"lines {expected} to {link.sequence - 1} are"
        )
        verification.add_fault(file, number, f"{gone} not here: removed, or put elsewhere")
    elif link.sequence < expected:
        verification.add_fault(file, number, f"line {link.sequence} is out of its order")
    elif link.previous != verification.hash:
        verification.add_fault(
            file, number, f"line {link.sequence} does not follow the line before it: one of them was replaced"
        )
    verification.first = verification.first or link.sequence
    verification.lines += 1
    if link.sequence >= expected:
        verification.last, verification.hash = link.sequence, link.hash


def _read_own_head(folder: Path, verification: ChainVerification, public: VerifyKey | None) -> LogHead | None:
    try:
        head = read_head(folder)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        verification.add_fault(HEAD, 1, "is no head of a log: altered")
        return None
    if head is None:
        if public is not None:
            verification.add_fault(HEAD, 0, "is not there, and would be signed: removed")
        return None
    if public is not None and not head.signed_by(public):
        verification.add_fault(HEAD, 1, "is not signed by that key: altered, or written without it")
    return head
