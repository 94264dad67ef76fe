"""The site's secret key: without it, hashes of texts mean nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hydrometer.contract import InputError
from hydrometer.files import read_secret, write_whole

if TYPE_CHECKING:
    from pathlib import Path

LENGTH = 16
"""Bytes in a key."""
_PROBLEM = "cannot use the site key"
_MEND = "Name a file that only you can read, or remove it to have a new key made (old sketches then match nothing)."


class SiteKey:
    """Sixteen secret bytes that key every hash of a site; never shown by `repr`."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        """Keep the secret; raises InputError when it is not 16 bytes."""
        if len(secret) != LENGTH:
            raise InputError(
                f"a site key has {LENGTH} bytes, not {len(secret)}", mend="Give 16 bytes from a safe source."
            )
        self._secret = bytes(secret)

    @classmethod
    def from_hex(cls, text: str) -> SiteKey:
        """Read a key from 32 hexadecimal digits; raises InputError."""
        try:
            return cls(bytes.fromhex(text.strip()))
        except ValueError:
            raise InputError("the site key is not hexadecimal", mend="Give 32 hexadecimal digits.") from None

    @classmethod
    def load_or_create(cls, path: Path) -> SiteKey:
        """Read the key at `path`, or make one there, readable by its owner alone.

        Raises:
            InputError: the file is not a regular file, may be read by others, has a wrong length, or cannot be read or
            written.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                write_whole(path, os.urandom(LENGTH), private=True, new=True, contended=True)
        except FileExistsError:
            pass  # made by another process just now, or a file where a folder should be, which reading tells
        except OSError as error:
            raise InputError(f"{_PROBLEM}: {error.strerror or error}", file=str(path), mend=_MEND) from None
        return cls.load(path)

    @classmethod
    def load(cls, path: Path) -> SiteKey:
        """Read the key at `path`.

        Raises:
            InputError: as `load_or_create`, and where there is no such file.
        """
        secret = read_secret(path, "the site key", problem=_PROBLEM, mend=_MEND)
        if len(secret) != LENGTH:
            raise InputError(f"a site key has {LENGTH} bytes", file=str(path), mend=_MEND)
        return cls(secret)

    @property
    def words(self) -> tuple[int, int]:
        """The key as two little-endian 64-bit numbers, the low one first."""
        return int.from_bytes(self._secret[:8], "little"), int.from_bytes(self._secret[8:], "little")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SiteKey) and self._secret == other._secret

    def __hash__(self) -> int:
        return hash(self._secret)

    def __repr__(self) -> str:
        return "SiteKey(secret)"
