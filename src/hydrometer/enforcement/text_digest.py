"""Digests of texts: how accounts, subjects and envelopes are hashed wherever the text itself is not to be kept."""

from __future__ import annotations

from hashlib import blake2b


def digest_text(text: str, size: int, key: bytes = b"") -> bytes:
    """Return `size` bytes of the digest of a text, under a key where there is one (BLAKE2b, RFC 7693).

    Half of a surrogate pair, which a client may send and UTF-8 cannot hold, is hashed as a question mark.
    """
    return blake2b(text.encode("utf-8", "replace"), digest_size=size, key=key).digest()


def hash_text(text: str, key: bytes = b"") -> int:
    """Return the 64-bit hash of a text, under a key where there is one."""
    return int.from_bytes(digest_text(text, 8, key), "little")
