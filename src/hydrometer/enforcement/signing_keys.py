"""The keys that snapshots are signed and checked with: Ed25519, as files of hexadecimal digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nacl.signing import SigningKey, VerifyKey

from hydrometer.contract import InputError
from hydrometer.files import explain_write_errors, read_bytes, read_secret, write_whole

if TYPE_CHECKING:
    from pathlib import Path

PUBLIC = ".pub"
"""Ending of the file of a public key, after the name of the secret one."""
_DIGITS = 64
_MEND = "Make a pair of keys with `hydrometer guard keygen`."


def make_keys(path: Path) -> tuple[Path, Path]:
    """Write a new secret key to `path`, readable by its owner alone, and its public key beside it; return both paths.

    Raises:
        InputError: there is something already, or it cannot be written.
    """
    public = path.with_name(path.name + PUBLIC)
    for file in (path, public):
        if file.exists():
            raise InputError("is there already", file=str(file), mend="Name a new file: a key is never overwritten.")
    key = SigningKey.generate()
    with explain_write_errors(path, mend="Name a folder that you may write to."):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, f"{bytes(key).hex()}\n".encode(), private=True, new=True, contended=True)
        write_whole(public, f"{bytes(key.verify_key).hex()}\n".encode(), contended=True)
    return path, public


def read_signing_key(path: Path) -> SigningKey:
    """Read a secret key; raises InputError where it is none, or others may read it."""
    return SigningKey(_parse_key(read_secret(path, "the signing key", problem="cannot be read", mend=_MEND), path))


def read_verify_key(path: Path) -> VerifyKey:
    """Read a public key; raises InputError where it is none."""
    return VerifyKey(_parse_key(read_bytes(path, mend=_MEND), path))


def format_key_id(key: VerifyKey) -> str:
    """Return the first digits of a public key, by which people tell keys apart."""
    return bytes(key).hex()[:16]


def _parse_key(content: bytes, path: Path) -> bytes:
    try:
        text = content.decode("ascii").strip()
    except UnicodeDecodeError:
        raise InputError("is no key", file=str(path), mend=_MEND) from None
    try:
        key_bytes = bytes.fromhex(text)
    except ValueError:
        key_bytes = b""
    if len(text) != _DIGITS or len(key_bytes) != _DIGITS // 2:
        raise InputError(f"a key has {_DIGITS} hexadecimal digits", file=str(path), mend=_MEND)
    return key_bytes
