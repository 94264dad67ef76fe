"""Reading the audit log, and seeing whether anything in it was removed, altered, put elsewhere or cut off."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import msgspec

from hydrometer.contract import InputError
from hydrometer.enforcement.audit.chained_lines import (
    FIRST,
    LARGEST,
    AuditEntry,
    ChainLink,
    decode_entry,
    iterate_lines,
    list_segments,
    parse_link,
)
from hydrometer.enforcement.audit.log_head import HEAD, LogHead, make_head, read_head

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from nacl.signing import SigningKey, VerifyKey

MOST_FAULTS = 1_000
"""Faults that are told one by one; all are counted."""


class ChainFault(msgspec.Struct, frozen=True):
    """Something that no writer leaves."""

    file: str
    line: int
    """From 1, within the file; 0 for the log as a whole."""
    what: str


class ChainVerification(msgspec.Struct, kw_only=True):
    """What a look through the whole log found."""

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
    """Anchors that were held against the log, its own head among them."""
    anchored: int | None = None
    """Number of the last line that an anchor names and that is there: what came after it may be cut off unseen. None: no
    anchor was held; 0: one of the time before the first line."""

    @property
    def whole(self) -> bool:
        """Nothing is wrong."""
        return self.fault_count == 0

    def to_builtins(self) -> dict[str, Any]:
        """What was found, as plain values."""
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
    """Look through the log in `folder`; hold its own head and `anchors` against it.

    With `after`, the log goes on from that anchor: earlier files have been taken to an archive. With `public`, its own
    head must be signed by that key.

    Lines that were taken away at the end show only against an anchor that names one of them or a later one. A writer may
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
    files = _list_files(folder)
    for file, number, line, link in _read_links(files):
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
    """Hold a line to the hashes that anchors name it by."""
    if any(own != link.hash for own in anchor_hashes):
        verification.add_fault(file, number, f"line {link.sequence} is another one than the anchor says")
    elif anchor_hashes:
        verification.anchored = max(verification.anchored or 0, link.sequence)


def _check_link(verification: ChainVerification, file: str, number: int, link: ChainLink) -> None:
    """Hold a line against the one before it, and go on from it."""
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


def read_entries(folder: Path, *, last: int | None = None) -> Iterator[AuditEntry]:
    """Yield what the log says, in order; with `last`, only so many from the end. Lines that are none are passed over.

    Raises:
        InputError: there is no log.
    """
    lines = (line for _, _, line, link in _read_links(_list_files(folder)) if link is not None)
    for line in lines if last is None else deque(lines, maxlen=last):
        try:
            yield decode_entry(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            # An altered line: `verify` tells of it, and the others can still be read.
            continue


def make_anchor(folder: Path, key: SigningKey | None = None) -> LogHead:
    """Return the log's last line as an anchor to put down elsewhere, signed when a key is given.

    Raises:
        InputError: there is no log, or it is not whole.
    """
    verification = verify_log(folder)
    if not verification.whole:
        raise InputError(
            "the log is not whole", file=str(folder), mend="`hydrometer audit verify` says what is wrong with it."
        )
    entry = next(iter(read_entries(folder, last=1)), None)
    if entry is None:
        raise InputError("the log is empty", file=str(folder), mend="Anchor it once something is in it.")
    return make_head(entry.sequence, entry.hash, entry.time, key)


def read_anchor(file: Path, public: VerifyKey | None = None) -> LogHead:
    """Return the anchor in `file`; with a public key, only one that it signed.

    Raises:
        InputError: the file is no anchor, or its signature is missing or wrong.
    """
    try:
        head = msgspec.json.decode(file.read_bytes(), type=LogHead)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"is no anchor: {error}", file=str(file), mend="Name what `hydrometer audit anchor` printed."
        ) from None
    if public is not None and not head.signed_by(public):
        raise InputError("is not signed by that key", file=str(file), mend="Name its anchor, or its key.")
    return head


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


def _list_files(folder: Path) -> list[Path]:
    """The files of a log in order.

    Raises:
        InputError: there is none.
    """
    files = list_segments(folder)
    if not files:
        raise InputError("is no audit log", file=str(folder), mend="Name the folder that the log is written to.")
    return [file for _, file in files]


def _read_links(files: Sequence[Path]) -> Iterator[tuple[Path, int, bytes, ChainLink | None]]:
    for file in files:
        for number, line in enumerate(iterate_lines(file), 1):
            yield file, number, line, parse_link(line)
