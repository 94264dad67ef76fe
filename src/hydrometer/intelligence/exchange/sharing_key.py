"""What is done with the key that partners share: digests of values, and the key's public name."""

from __future__ import annotations

import hashlib
import hmac

LENGTH = 16
"""Bytes of a sharing key."""
MARK = "hmac-sha256"
"""Beginning of a digest, so that nobody takes it for a value."""


class SharingKey:
    """Sixteen secret bytes that a circle of partners shares; never shown by `repr`.

    A digest keeps a value from those without the key only: whoever has it can try values, and there are few telephone
    numbers. Between partners who do not trust each other that far, match privately instead.
    """

    __slots__ = ("_digest", "name")

    def __init__(self, secret: bytes) -> None:
        """Raise ValueError when `secret` is not 16 bytes."""
        if len(secret) != LENGTH:
            raise ValueError(f"a sharing key has {LENGTH} bytes, not {len(secret)}")
        self.name = _derive_key(secret, b"hydrometer sharing key name")[:8].hex()
        """What the key may be called in public: the same for all who hold it."""
        self._digest = _derive_key(secret, b"hydrometer sharing key digests")

    def digest(self, kind: str, value: str) -> str:
        """Return the digest of a value: HMAC-SHA-256 over kind and value, with the key's name."""
        content = f"{kind}\0{value}".encode()
        return f"{MARK}:{self.name}:{hmac.digest(self._digest, content, 'sha256').hex()}"

    def __repr__(self) -> str:
        return f"SharingKey({self.name})"


def _derive_key(secret: bytes, purpose: bytes) -> bytes:
    return hashlib.blake2b(purpose, key=secret, digest_size=32).digest()
