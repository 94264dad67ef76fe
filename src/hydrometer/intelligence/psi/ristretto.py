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

    from hydrometer.intelligence.psi.item_list import MatchItem

SIZE = 32
"""Bytes of a point."""
BATCH = 512
"""Points of a thread's piece of work."""
_T = TypeVar("_T")
_DOMAIN = b"hydrometer match 1 item\0"


class PointError(ValueError):
    """Bytes that are no point of the group, or its neutral element."""


class PointWorkerPool:
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

    def mask_items(self, session: bytes, items: Sequence[MatchItem], secret: bytes) -> list[bytes]:
        """Return the point of each item in this session, raised by the secret."""
        return self._map_batches(
            lambda item: rbcl.crypto_scalarmult_ristretto255(secret, hash_to_point(session, item)), items
        )

    def make_fillers(self, count: int, secret: bytes) -> list[bytes]:
        """Return so many points that stand for no item; each costs what an item costs, so that time tells nothing."""
        return self._map_batches(lambda _: raise_point(draw_point(), secret), range(count))

    def raise_points(self, points: Sequence[bytes], secret: bytes) -> list[bytes]:
        """Return each point raised by the secret; raises PointError."""
        return self._map_batches(lambda one: raise_point(one, secret), points)

    def _map_batches(self, compute: Callable[[_T], bytes], inputs: Sequence[_T]) -> list[bytes]:
        batches = [inputs[first : first + BATCH] for first in range(0, len(inputs), BATCH)]
        return list(chain.from_iterable(self._pool.map(lambda batch: [compute(one) for one in batch], batches)))


def hash_to_point(session: bytes, item: MatchItem) -> bytes:
    """Return an item's point: another one in every session and for every kind."""
    digest = hashlib.sha512(b"".join((_DOMAIN, session, item.kind.encode(), b"\0", item.value.encode()))).digest()
    element: bytes = rbcl.crypto_core_ristretto255_from_hash(digest)
    return element


def draw_secret() -> bytes:
    """Return a random number below the order of the group, never 0."""
    number: bytes = rbcl.crypto_core_ristretto255_scalar_random()
    return number


def derive_public_key(secret: bytes) -> bytes:
    """Return the base point raised by a secret: a public key."""
    key: bytes = rbcl.crypto_scalarmult_ristretto255_base(secret)
    return key


def raise_point(element: bytes, secret: bytes) -> bytes:
    """Return a stranger's point raised by a secret; raises PointError."""
    try:
        # It fails for whatever is no canonical encoding, and where the outcome is neutral. The group's order is a prime: the
        # outcome is neutral only where the point was.
        product: bytes = rbcl.crypto_scalarmult_ristretto255(secret, element)
    except (RuntimeError, ValueError):
        raise PointError(element.hex()) from None
    return product


def draw_point() -> bytes:
    """Return a random point: it stands for no value."""
    element: bytes = rbcl.crypto_core_ristretto255_from_hash(os.urandom(64))
    return element
