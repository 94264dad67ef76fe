"""A body that a stranger sends, collected no further than it may be long."""

from __future__ import annotations


class BodyTooLargeError(ValueError):
    """More came than the bound allows."""


class BoundedBody:
    """Chunks of a body, put together as they come."""

    def __init__(self, most: int) -> None:
        """`most` bounds the body in bytes."""
        self._most, self._content = most, bytearray()

    def add(self, chunk: bytes) -> None:
        """Add a chunk; raises BodyTooLargeError."""
        self._content += chunk
        if len(self._content) > self._most:
            raise BodyTooLargeError(f"more than {self._most:,} bytes")

    @property
    def content(self) -> bytes:
        """What has come."""
        return bytes(self._content)
