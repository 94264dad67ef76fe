"""Anchors: the last line of an audit log, put down elsewhere to show that nothing was cut off since."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hydrometer.contract import InputError
from hydrometer.enforcement.audit.chain_verification import ChainVerification, verify_log
from hydrometer.enforcement.audit.log_head import LogHead, make_head
from hydrometer.enforcement.audit.log_reader import read_entries
from hydrometer.enforcement.signing_keys import read_signing_key, read_verify_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nacl.signing import SigningKey, VerifyKey


def anchor_log(folder: Path, key: Path | None) -> LogHead:
    """Return the last line as an anchor, signed where a key is given.

    Raises:
        InputError: there is no log, it is not whole, or the key cannot be used.
    """
    return make_anchor(folder, read_signing_key(key) if key is not None else None)


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


def verify_log_folder(
    folder: Path,
    anchors: Sequence[Path],
    *,
    after: Path | None = None,
    public_key: Path | None = None,
    signed_head: bool = False,
) -> ChainVerification:
    """Verify a log against anchors that a public key must have signed, and against its own head where one is asked for.

    Raises:
        InputError: there is no log, or an anchor or key cannot be used.
    """
    public = read_verify_key(public_key) if public_key is not None else None
    if signed_head and public is None:
        raise InputError("no key is named that the head must be signed by", mend="Name it with --public-key.")
    starting_head = read_anchor(after, public) if after is not None else None
    heads = [read_anchor(file, public) for file in anchors]
    return verify_log(folder, heads, after=starting_head, public=public if signed_head else None)
