"""Private matching over TCP: one site waits, the other calls."""

from __future__ import annotations

import socket
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hydrometer.contract.errors import InputError
from hydrometer.sharing.matching import match
from hydrometer.sharing.matching_points import Mill
from hydrometer.sharing.matching_wire import Channel, StrangerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hydrometer.sharing.matching_ledger import Ledger
    from hydrometer.sharing.matching_partner import Partner
    from hydrometer.sharing.matching_terms import Matched, Wish
    from hydrometer.sharing.matching_wire import Role

CALL_SECONDS = 30.0
"""Time to reach the other site."""


class Parts:
    """What both sides of a session need."""

    def __init__(self, partner: Partner, wish: Wish, ledger: Ledger, *, seconds: float, threads: int = 0) -> None:
        """`seconds` bounds a session; `threads` is 0 for all cores."""
        self.partner, self.wish, self.ledger = partner, wish, ledger
        self.seconds, self.threads = seconds, threads

    def over(self, connection: socket.socket, role: Role) -> Matched:
        """Run a session over a connection; raises InputError."""
        channel = Channel(connection, role, self.partner.secret, self.seconds)
        with Mill(self.threads) as mill:
            return match(channel, role, self.partner, self.wish, self.ledger, mill)


@contextmanager
def bound(host: str, port: int) -> Iterator[socket.socket]:
    """Listen on an address; raises InputError."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as listening:
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((host, port))
            listening.listen(8)
        except (OSError, OverflowError) as error:
            raise InputError(
                f"cannot listen on {host} port {port}: {error}", mend="Give another host or port."
            ) from None
        yield listening


def serve(listening: socket.socket, parts: Parts, wait: float, told: Callable[[str], None]) -> Matched:
    """Wait so many seconds for the partner and run one session with it.

    Callers that do not have the key are told of and sent away; they do not end the waiting.

    Raises:
        InputError: nobody came, or the session with the partner failed.
    """
    until = time.monotonic() + wait
    while True:
        left = until - time.monotonic()
        if left <= 0:
            raise InputError(f"no partner came within {wait:.0f} seconds", mend="Ask your partner to join.")
        listening.settimeout(left)
        try:
            connection, address = listening.accept()
        except TimeoutError:
            continue
        with connection:
            try:
                return parts.over(connection, "serve")
            except StrangerError as error:
                told(f"{address[0]}: {error.problem}")


def join(host: str, port: int, parts: Parts) -> Matched:
    """Call the other site and run a session; raises InputError."""
    try:
        connection = socket.create_connection((host, port), timeout=CALL_SECONDS)
    except (OSError, OverflowError) as error:
        raise InputError(
            f"cannot reach {host} port {port}: {error}", mend="Ask your partner whether it waits."
        ) from None
    with connection:
        return parts.over(connection, "join")
