"""Reading the audit log, and seeing whether anything in it was removed, altered, put elsewhere or cut off."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import msgspec

from hydrometer.contract.errors import InputError
from hydrometer.response.audit_head import HEAD, Head, head_of, read_head
from hydrometer.response.audit_lines import FIRST, LARGEST, Entry, Link, entry_of, lines_of, link_of, segments

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from nacl.signing import SigningKey, VerifyKey

MOST_FAULTS = 1_000
"""Faults that are told one by one; all are counted."""


class Fault(msgspec.Struct, frozen=True):
    """Something that no writer leaves."""

    file: str
    line: int
    """From 1, within the file; 0 for the log as a whole."""
    what: str


class Verification(msgspec.Struct, kw_only=True):
    """What a look through the whole log found."""

    lines: int = 0
    first: int = 0
    last: int = 0
    """Number of the last line."""
    hash: str = FIRST
    """Of the last line: what an anchor is made of."""
    torn: int = 0
    """Bytes at the end that a killed writer left half-written; they were never acknowledged."""
    faults: list[Fault] = []
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

    def told(self) -> dict[str, Any]:
        """What was found, as plain values."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    def add(self, file: str, line: int, what: str) -> None:
        """Add a fault."""
        self.fault_count += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(file, line, what))


def verify(
    folder: Path, anchors: Sequence[Head] = (), *, after: Head | None = None, public: VerifyKey | None = None
) -> Verification:
    """Look through the log in `folder`; hold its own head and `anchors` against it.

    With `after`, the log goes on from that anchor: earlier files have been taken to an archive. With `public`, its own
    head must be signed by that key.

    Lines that were taken away at the end show only against an anchor that names one of them or a later one. A writer may
    go on meanwhile; what it is just writing counts as torn.

    Raises:
        InputError: there is no log.
    """
    found = Verification(last=after.sequence, hash=after.hash) if after else Verification()
    head = _head(folder, found, public)
    wanted: dict[int, list[str]] = {}
    for each in (*anchors, *([head] if head else [])):
        wanted.setdefault(each.sequence, []).append(each.hash)
    found.anchors = len(anchors) + (head is not None)
    _hold(found, folder.name, 0, wanted.pop(found.last, []), Link(found.last, "", found.hash, whole=True))
    # After the head: a writer that goes on meanwhile has the head's line on disk already.
    files = _files(folder)
    for file, number, line, link in _links(files):
        if link is None:
            # Only a file's last line, and a piece of one that is too large, have no line end.
            if file == files[-1] and not line.endswith(b"\n") and len(line) <= LARGEST:
                found.torn = len(line)
            else:
                found.add(file.name, number, "is no line of an audit log: altered")
            continue
        _follow(found, file.name, number, link)
        _hold(found, file.name, number, wanted.pop(link.sequence, []), link)
    for sequence in sorted(wanted):
        what = "cut off" if sequence > found.last else "removed"
        found.add(folder.name, 0, f"line {sequence}, which an anchor names, is not there: {what}")
    return found


def _hold(found: Verification, file: str, number: int, named: list[str], link: Link) -> None:
    """Hold a line to the hashes that anchors name it by."""
    if any(own != link.hash for own in named):
        found.add(file, number, f"line {link.sequence} is another one than the anchor says")
    elif named:
        found.anchored = max(found.anchored or 0, link.sequence)


def _follow(found: Verification, file: str, number: int, link: Link) -> None:
    """Hold a line against the one before it, and go on from it."""
    if not link.whole:
        found.add(file, number, f"line {link.sequence} does not have the hash that it says: altered")
    expected = found.last + 1
    if link.sequence > expected:
        gone = (
            f"line {expected} is" if link.sequence == expected + 1 else f"lines {expected} to {link.sequence - 1} are"
        )
        found.add(file, number, f"{gone} not here: removed, or put elsewhere")
    elif link.sequence < expected:
        found.add(file, number, f"line {link.sequence} is out of its order")
    elif link.previous != found.hash:
        found.add(file, number, f"line {link.sequence} does not follow the line before it: one of them was replaced")
    found.first = found.first or link.sequence
    found.lines += 1
    if link.sequence >= expected:
        found.last, found.hash = link.sequence, link.hash


def read(folder: Path, *, last: int | None = None) -> Iterator[Entry]:
    """Yield what the log says, in order; with `last`, only so many from the end. Lines that are none are passed over.

    Raises:
        InputError: there is no log.
    """
    lines = (line for _, _, line, link in _links(_files(folder)) if link is not None)
    for line in lines if last is None else deque(lines, maxlen=last):
        try:
            yield entry_of(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            # An altered line: `verify` tells of it, and the others can still be read.
            continue


def anchor(folder: Path, key: SigningKey | None = None) -> Head:
    """Return the log's last line as an anchor to put down elsewhere, signed when a key is given.

    Raises:
        InputError: there is no log, or it is not whole.
    """
    found = verify(folder)
    if not found.whole:
        raise InputError(
            "the log is not whole", file=str(folder), mend="`hydrometer audit verify` says what is wrong with it."
        )
    entry = next(iter(read(folder, last=1)), None)
    if entry is None:
        raise InputError("the log is empty", file=str(folder), mend="Anchor it once something is in it.")
    return head_of(entry.sequence, entry.hash, entry.time, key)


def read_anchor(file: Path, public: VerifyKey | None = None) -> Head:
    """Return the anchor in `file`; with a public key, only one that it signed.

    Raises:
        InputError: the file is no anchor, or its signature is missing or wrong.
    """
    try:
        head = msgspec.json.decode(file.read_bytes(), type=Head)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"is no anchor: {error}", file=str(file), mend="Name what `hydrometer audit anchor` printed."
        ) from None
    if public is not None and not head.signed_by(public):
        raise InputError("is not signed by that key", file=str(file), mend="Name its anchor, or its key.")
    return head


def _head(folder: Path, found: Verification, public: VerifyKey | None) -> Head | None:
    try:
        head = read_head(folder)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        found.add(HEAD, 1, "is no head of a log: altered")
        return None
    if head is None:
        if public is not None:
            found.add(HEAD, 0, "is not there, and would be signed: removed")
        return None
    if public is not None and not head.signed_by(public):
        found.add(HEAD, 1, "is not signed by that key: altered, or written without it")
    return head


def _files(folder: Path) -> list[Path]:
    """The files of a log in order.

    Raises:
        InputError: there is none.
    """
    files = segments(folder)
    if not files:
        raise InputError("is no audit log", file=str(folder), mend="Name the folder that the log is written to.")
    return [file for _, file in files]


def _links(files: Sequence[Path]) -> Iterator[tuple[Path, int, bytes, Link | None]]:
    for file in files:
        for number, line in enumerate(lines_of(file), 1):
            yield file, number, line, link_of(line)
