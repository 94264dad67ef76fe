"""The audit log's lines: JSON that carries the hash of the line before and, last, its own.

```
{"sequence":7,"previous":"<64 hex>","time":"2026-03-01T09:00:00.000000Z","kind":"decision","body":{…},"hash":"<64 hex>"}
```

`hash` is the SHA-256 of the line's bytes up to `,"hash"`, so that a line is checked as it lies there, without reading
its JSON the same way again. Whoever can write the log can write another one that is whole: what shows that is an
anchor, a line's number and hash that were put down elsewhere.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST = "0" * 64
"""What the first line names as the hash of the line before."""
LARGEST = 1 << 20
"""Bytes of a line; a decision takes some 600."""
KEPT_LETTERS, KEPT_FIELDS = 200, 64
"""Of a body that is too large: letters of each text, and plain fields."""
ENDING = ".jsonl"

_BEGINNING = re.compile(rb'\{"sequence":(\d{1,18}),"previous":"([0-9a-f]{64})",')
_TAIL = len(b',"hash":""}\n') + 64
ROOM = 256
"""Bytes of a line beside what it says: number, hashes, braces."""


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an audit log: what happened, and when it was written."""

    sequence: int
    """From 1, without gaps."""
    previous: str
    """SHA-256 of the line before, in hexadecimal."""
    time: datetime
    kind: str
    """decision, policy, snapshot, review, appeal, case, or recovered."""
    body: dict[str, Any]
    hash: str


class ChainLink(msgspec.Struct, frozen=True):
    """The links of a line to its neighbours."""

    sequence: int
    previous: str
    hash: str
    whole: bool
    """The line has the hash that it says."""


def encode_line(sequence: int, previous: str, time: datetime, kind: str, body: object) -> tuple[bytes, str]:
    """Return a line with its line end, and its hash.

    A body that would make it larger than LARGEST is cut, and says so: what a stranger sent may not keep a line, nor those
    that are written with it, out of the log.
    """
    rest = _encode_content(time, kind, body)
    if len(rest) + ROOM > LARGEST:
        rest = _encode_content(time, kind, _shorten_body(body, len(rest)))
    start = b'{"sequence":%d,"previous":"%b",%b' % (sequence, previous.encode(), rest)
    own = sha256(start).hexdigest()
    return b'%b,"hash":"%b"}\n' % (start, own.encode()), own


def _encode_content(time: datetime, kind: str, body: object) -> bytes:
    """Return the content of a line after the links, without the outer braces."""
    content = {"time": time.astimezone(UTC), "kind": kind, "body": body}
    try:
        encoded = msgspec.json.encode(content)
    except UnicodeEncodeError:
        # A client may send half of a surrogate pair, which UTF-8 cannot hold: it becomes a question mark.
        plain = json.dumps(msgspec.to_builtins(content), ensure_ascii=False, separators=(",", ":"))
        encoded = plain.encode("utf-8", "replace")
    return encoded[1:-1]


def _shorten_body(body: object, size: int) -> dict[str, Any]:
    """Return the plain fields of a body, its texts cut, and how large it was."""
    plain = msgspec.to_builtins(body)
    fields = plain.items() if isinstance(plain, dict) else ()
    short = {
        name[:KEPT_LETTERS]: value[:KEPT_LETTERS] if isinstance(value, str) else value
        for name, value in list(fields)[:KEPT_FIELDS]
        if isinstance(value, str | int | float | bool) or value is None
    }
    return {**short, "cut_from_bytes": size}


def parse_link(line: bytes) -> ChainLink | None:
    """Return the links of a line with its line end; None when it is none."""
    beginning = _BEGINNING.match(line)
    if beginning is None or len(line) < _TAIL or line[-_TAIL : -_TAIL + 9] != b',"hash":"' or line[-3:] != b'"}\n':
        return None
    own = line[-_TAIL + 9 : -3]
    whole = sha256(line[:-_TAIL]).hexdigest().encode() == own
    return ChainLink(int(beginning[1]), beginning[2].decode(), own.decode("ascii", "replace"), whole)


def decode_entry(line: bytes) -> AuditEntry:
    """Return what a line says.

    Raises:
        msgspec.DecodeError: it is none.
    """
    return msgspec.json.decode(line, type=AuditEntry)


def list_segments(folder: Path) -> list[tuple[int, Path]]:
    """Return the files of a log in order, each with the number of its first line."""
    files = [
        (int(path.stem), path) for path in folder.glob("*" + ENDING) if path.stem.isascii() and path.stem.isdigit()
    ]
    return sorted(files)


def build_segment_path(folder: Path, sequence: int) -> Path:
    """Return the path of the file that begins with a line."""
    return folder / f"{sequence:018d}{ENDING}"


def iterate_lines(file: Path) -> Iterator[bytes]:
    """Yield the lines of a file with their ends; one that is too long comes in pieces, and is none.

    A line that has no end yet is the last, even when a writer goes on meanwhile.
    """
    with file.open("rb") as stream:
        while line := stream.readline(LARGEST + 1):
            yield line
            if len(line) <= LARGEST and not line.endswith(b"\n"):
                return
