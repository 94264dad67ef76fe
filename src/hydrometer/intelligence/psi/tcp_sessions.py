"""Private matching over TCP: one site waits, the other calls."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

from hydrometer.contract import InputError
from hydrometer.intelligence.psi.protocol import match_privately
from hydrometer.intelligence.psi.ristretto import PointWorkerPool
from hydrometer.intelligence.psi.secure_channel import AuthenticationError, SecureChannel

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydrometer.intelligence.psi.partner_file import Partner
    from hydrometer.intelligence.psi.query_quota import SessionLedger
    from hydrometer.intelligence.psi.secure_channel import SessionRole
    from hydrometer.intelligence.psi.session_terms import LocalRequest, MatchResult

CALL_SECONDS = 30.0
"""Time to reach the other site."""


class SessionSetup:
    """What both sides of a session need."""

    def __init__(
        self, partner: Partner, request: LocalRequest, ledger: SessionLedger, *, seconds: float, threads: int = 0
    ) -> None:
        """`seconds` bounds a session; `threads` is 0 for all cores."""
        self.partner, self.request, self.ledger = partner, request, ledger
        self.seconds, self.threads = seconds, threads

    def run_over(self, connection: socket.socket, role: SessionRole) -> MatchResult:
        """Run a session over a connection; raises InputError."""
        channel = SecureChannel(connection, role, self.partner.secret, self.seconds)
        with PointWorkerPool(self.threads) as workers:
            return match_privately(channel, role, self.partner, self.request, self.ledger, workers)


def serve_session(
    listener: socket.socket, setup: SessionSetup, wait: float, report: Callable[[str], None]
) -> MatchResult:
    """Wait so many seconds for the partner and run one session with it.

    Callers that do not have the key are reported and sent away; they do not end the waiting.

    Raises:
        InputError: nobody came, or the session with the partner failed.
    """
    until = time.monotonic() + wait
    while True:
        left = until - time.monotonic()
        if left <= 0:
            raise InputError(f"no partner came within {wait:.0f} seconds", mend="Ask your partner to join.")
        listener.settimeout(left)
        try:
            connection, address = listener.accept()
        except TimeoutError:
            continue
        with connection:
            try:
                return setup.run_over(connection, "serve")
            except AuthenticationError as error:
                report(f"{address[0]}: {error.problem}")


def join_session(host: str, port: int, setup: SessionSetup) -> MatchResult:
    """Call the other site and run a session; raises InputError."""
    try:
        connection = socket.create_connection((host, port), timeout=CALL_SECONDS)
    except (OSError, OverflowError) as error:
        raise InputError(
            f"cannot reach {host} port {port}: {error}", mend="Ask your partner whether it waits."
        ) from None
    with connection:
        return setup.run_over(connection, "join")
