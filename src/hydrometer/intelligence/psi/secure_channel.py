"""A channel between two who share a key: nobody else reads, changes, repeats or leaves out a message unnoticed.

Each sends a greeting with a random number and a public key of the moment. The keys of the channel come of the shared key, both
greetings and the secret that the two public keys agree on, so that a session stays closed also when the shared key
becomes known later. Messages are sealed with ChaCha20-Poly1305 (RFC 8439) and counted, with a key for each direction.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
import time
from typing import TYPE_CHECKING, Literal

from nacl.bindings import (
    crypto_aead_chacha20poly1305_ietf_decrypt,
    crypto_aead_chacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError

from hydrometer.contract import InputError
from hydrometer.intelligence.psi import ristretto as group

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

SessionRole = Literal["join", "serve"]

LABEL = b"hydrometer match 1"
KEY = 32
"""Bytes of the shared key."""
LARGEST = 1 << 17
"""Bytes of the largest message: 4,096 points."""
GREETING = len(LABEL) + 1 + 32 + group.SIZE
IDLE_SECONDS = 300.0
"""Time to wait for the next message, in which the partner may be working on a long list."""
GREETING_SECONDS = 10.0
_TAG = 16
_LENGTH = struct.Struct(">I")
_ROLES: dict[SessionRole, bytes] = {"join": b"\1", "serve": b"\2"}


class ChannelError(InputError):
    """The partner broke off, is too slow, or does not keep to the protocol."""


class AuthenticationError(ChannelError):
    """Somebody who has not shown that it has the key."""


class SecureChannel:
    """Sealed messages over a connected socket."""

    def __init__(
        self,
        connection: socket.socket,
        role: SessionRole,
        key: bytes,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Greet the other side; `seconds` bounds the whole session.

        Raises:
            AuthenticationError: the other side speaks otherwise. Whether it has the key shows at its first message.
        """
        if len(key) != KEY:
            raise InputError(f"a shared key has {KEY} bytes", mend="Make one with `hydrometer match partner`.")
        self._socket, self._clock, self._authenticated = connection, clock, False
        self._end = clock() + seconds
        # A stranger must not keep a partner waiting.
        self._until = min(self._end, clock() + GREETING_SECONDS)
        self._sent = self._received = 0
        secret = group.draw_secret()
        mine = LABEL + _ROLES[role] + os.urandom(32) + group.derive_public_key(secret)
        self._send(mine)
        theirs = self._receive(GREETING)
        other: SessionRole = "serve" if role == "join" else "join"
        if not theirs.startswith(LABEL + _ROLES[other]):
            raise self._make_protocol_error(
                "the other side does not greet as a partner", "One of you serves, the other joins."
            )
        try:
            agreed = group.raise_point(theirs[-group.SIZE :], secret)
        except group.PointError:
            raise self._make_protocol_error("the other side sent no public key", "Ask your partner.") from None
        greetings = mine + theirs if role == "join" else theirs + mine
        root = hmac.digest(key, greetings + agreed, hashlib.sha256)
        self._out, self._in = _derive_key(root, role), _derive_key(root, other)
        self.session = _derive_key(root, "session")
        """32 bytes that only these two know, of this session alone."""

    def send(self, message: bytes) -> None:
        """Seal and send a message; raises ChannelError."""
        sealed = crypto_aead_chacha20poly1305_ietf_encrypt(message, None, _make_nonce(self._sent), self._out)
        self._sent += 1
        self._send(_LENGTH.pack(len(sealed)) + sealed)

    def receive(self, most: int = LARGEST) -> bytes:
        """Wait for a message of at most so many bytes and open it; raises ChannelError."""
        (length,) = _LENGTH.unpack(self._receive(_LENGTH.size))
        if not _TAG <= length <= most + _TAG:
            raise self._make_protocol_error(
                f"a message of {length:,} bytes, of at most {most:,}", "Compare versions and keys."
            )
        sealed = self._receive(length)
        try:
            message: bytes = crypto_aead_chacha20poly1305_ietf_decrypt(
                sealed, None, _make_nonce(self._received), self._in
            )
        except CryptoError:
            raise self._make_protocol_error(
                "a message was not sealed with the shared key, or was changed on its way",
                "Compare the keys with your partner.",
            ) from None
        self._received += 1
        self._authenticated, self._until = True, self._end
        return message

    def _send(self, data: bytes) -> None:
        try:
            self._socket.settimeout(self._remaining_seconds())
            self._socket.sendall(data)
        except OSError as error:
            raise self._make_connection_error(error) from None

    def _receive(self, length: int) -> bytes:
        received = bytearray()
        idle = self._clock() + IDLE_SECONDS
        while len(received) < length:
            try:
                self._socket.settimeout(min(self._remaining_seconds(), max(idle - self._clock(), 0.001)))
                part = self._socket.recv(min(length - len(received), 1 << 16))
            except OSError as error:
                raise self._make_connection_error(error) from None
            if not part:
                raise self._make_protocol_error("the partner has closed the connection", "Ask your partner why.")
            received += part
        return bytes(received)

    def _remaining_seconds(self) -> float:
        left = self._until - self._clock()
        if left <= 0:
            raise self._make_connection_error(TimeoutError())
        return min(left, IDLE_SECONDS)

    def _make_connection_error(self, error: OSError) -> ChannelError:
        if isinstance(error, TimeoutError):
            return self._make_protocol_error("the partner is too slow", "Try again, or allow more --seconds.")
        return self._make_protocol_error(f"the partner is gone: {error.strerror}", "Ask your partner why.")

    def _make_protocol_error(self, problem: str, mend: str) -> ChannelError:
        return (ChannelError if self._authenticated else AuthenticationError)(problem, mend=mend)


def _derive_key(root: bytes, purpose: str) -> bytes:
    return hmac.digest(root, LABEL + b" " + purpose.encode(), hashlib.sha256)


def _make_nonce(number: int) -> bytes:
    return number.to_bytes(12, "little")
