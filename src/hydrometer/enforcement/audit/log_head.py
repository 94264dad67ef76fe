"""The head of an audit log: number and hash of a line, signed where there is a key; an anchor is the same, kept elsewhere."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from nacl.exceptions import BadSignatureError

from hydrometer.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from nacl.signing import SigningKey, VerifyKey

HEAD = "head.json"


class LogHead(msgspec.Struct, frozen=True, kw_only=True):
    """The number and hash of a line that was on disk: kept elsewhere, they show a shortened log."""

    sequence: int
    hash: str
    time: datetime
    signature: str = ""
    """Ed25519 over sequence and hash, in hexadecimal; empty when no key was given."""

    def signed_by(self, public: VerifyKey) -> bool:
        """Return whether a key signed the head."""
        try:
            public.verify(_encode_for_signature(self.sequence, self.hash), bytes.fromhex(self.signature))
        except (BadSignatureError, ValueError):
            return False
        return True


def make_head(sequence: int, line_hash: str, time: datetime, key: SigningKey | None) -> LogHead:
    """Return the head that names a line by its number and hash; `key` signs it."""
    signature = key.sign(_encode_for_signature(sequence, line_hash)).signature.hex() if key else ""
    return LogHead(sequence=sequence, hash=line_hash, time=time, signature=signature)


def write_head(folder: Path, head: LogHead) -> None:
    """Put a log's own head beside its lines, in place of the one before.

    Raises:
        OSError: it cannot be written.
    """
    write_whole(folder / HEAD, msgspec.json.encode(head) + b"\n", lasting_name=True)


def read_head(folder: Path) -> LogHead | None:
    """Return a log's own head; None where there is none.

    Raises:
        msgspec.DecodeError: what lies there is none.
        OSError: it cannot be read.
    """
    try:
        return msgspec.json.decode((folder / HEAD).read_bytes(), type=LogHead)
    except FileNotFoundError:
        return None


def _encode_for_signature(sequence: int, line_hash: str) -> bytes:
    return b"hydrometer audit %d %b" % (sequence, line_hash.encode())
