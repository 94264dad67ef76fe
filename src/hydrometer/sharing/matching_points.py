"""The group of private matching: ristretto255 (RFC 9496) by libsodium.

A value becomes a point whose logarithm nobody knows; a secret number raises it, and the order of two such raisings does not
matter: that is all the protocol needs. libsodium works outside Python's lock, so threads use all cores.
"""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import TYPE_CHECKING, Self, TypeVar

import rbcl

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from hydrometer.sharing.matching_items import Item

SIZE = 32
"""Bytes of a point."""
BATCH = 512
"""Points of a thread's piece of work."""
_T = TypeVar("_T")
_DOMAIN = b"hydrometer match 1 item\0"


class PointError(ValueError):
    """Bytes that are no point of the group, or its neutral element."""


class Mill:
    """Threads that do the work on lists of points."""

    def __init__(self, threads: int = 0) -> None:
        """`threads` is 0 for all cores."""
        self._pool = ThreadPoolExecutor(threads or os.cpu_count() or 1, thread_name_prefix="match")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def masked(self, session: bytes, items: Sequence[Item], secret: bytes) -> list[bytes]:
        """Return the point of each item in this session, raised by the secret."""
        return self._each(lambda item: rbcl.crypto_scalarmult_ristretto255(secret, point(session, item)), items)

    def filled(self, count: int, secret: bytes) -> list[bytes]:
        """Return so many points that stand for no item; each costs what an item costs, so that time tells nothing."""
        return self._each(lambda _: raised(meaningless(), secret), range(count))

    def raised(self, points: Sequence[bytes], secret: bytes) -> list[bytes]:
        """Return each point raised by the secret; raises PointError."""
        return self._each(lambda one: raised(one, secret), points)

    def _each(self, work: Callable[[_T], bytes], things: Sequence[_T]) -> list[bytes]:
        pieces = [things[first : first + BATCH] for first in range(0, len(things), BATCH)]
        return list(chain.from_iterable(self._pool.map(lambda piece: [work(one) for one in piece], pieces)))


def point(session: bytes, item: Item) -> bytes:
    """Return an item's point: another one in every session and for every kind."""
    digest = hashlib.sha512(b"".join((_DOMAIN, session, item.kind.encode(), b"\0", item.value.encode()))).digest()
    found: bytes = rbcl.crypto_core_ristretto255_from_hash(digest)
    return found


def secret_number() -> bytes:
    """Return a random number below the order of the group, never 0."""
    number: bytes = rbcl.crypto_core_ristretto255_scalar_random()
    return number


def base_raised(secret: bytes) -> bytes:
    """Return the base point raised by a secret: a public key."""
    key: bytes = rbcl.crypto_scalarmult_ristretto255_base(secret)
    return key


def raised(one: bytes, secret: bytes) -> bytes:
    """Return a stranger's point raised by a secret; raises PointError."""
    try:
        # It fails for whatever is no canonical encoding, and where the outcome is neutral. The group's order is a prime: the
        # outcome is neutral only where the point was.
        found: bytes = rbcl.crypto_scalarmult_ristretto255(secret, one)
    except (RuntimeError, ValueError):
        raise PointError(one.hex()) from None
    return found


def meaningless() -> bytes:
    """Return a random point: it stands for no value."""
    found: bytes = rbcl.crypto_core_ristretto255_from_hash(os.urandom(64))
    return found
