"""The keys that snapshots are signed and checked with: Ed25519, as files of hexadecimal digits."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from nacl.signing import SigningKey, VerifyKey

from hydrometer.contract import InputError

if TYPE_CHECKING:
    from pathlib import Path

PUBLIC = ".pub"
"""Ending of the file of a public key, after the name of the secret one."""
_DIGITS = 64


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
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(bytes(key).hex() + "\n")
        public.write_text(bytes(key.verify_key).hex() + "\n", "ascii")
    except OSError as error:
        raise InputError(
            f"cannot be written: {error.strerror}", file=str(path), mend="Name a folder that you may write to."
        ) from None
    return path, public


def read_signing_key(path: Path) -> SigningKey:
    """Read a secret key; raises InputError where it is none, or others may read it."""
    if os.name == "posix" and path.exists() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise InputError("the signing key may be read by others", file=str(path), mend=f"Run: chmod 600 {path}")
    return SigningKey(_read_key_bytes(path))


def read_verify_key(path: Path) -> VerifyKey:
    """Read a public key; raises InputError where it is none."""
    return VerifyKey(_read_key_bytes(path))


def format_key_id(key: VerifyKey) -> str:
    """Return the first digits of a public key, by which people tell keys apart."""
    return bytes(key).hex()[:16]


def _read_key_bytes(path: Path) -> bytes:
    mend = "Make a pair of keys with `hydrometer guard keygen`."
    try:
        text = path.read_text("ascii").strip()
    except UnicodeDecodeError:
        raise InputError("is no key", file=str(path), mend=mend) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=str(path), mend=mend) from None
    try:
        key_bytes = bytes.fromhex(text)
    except ValueError:
        key_bytes = b""
    if len(text) != _DIGITS or len(key_bytes) != _DIGITS // 2:
        raise InputError(f"a key has {_DIGITS} hexadecimal digits", file=str(path), mend=mend)
    return key_bytes
