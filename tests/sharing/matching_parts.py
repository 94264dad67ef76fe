"""Two sites that match over a pair of sockets, each in a thread."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hydrometer.intelligence.psi.item_list import MatchItem
from hydrometer.intelligence.psi.partner_file import Partner
from hydrometer.intelligence.psi.protocol import match_privately
from hydrometer.intelligence.psi.query_quota import SessionLedger
from hydrometer.intelligence.psi.ristretto import PointWorkerPool
from hydrometer.intelligence.psi.secure_channel import SecureChannel, SessionRole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from hydrometer.intelligence.psi.session_terms import LocalRequest, MatchResult

KEY = "ab" * 32


def items(values: Iterable[object], kind: Any = "device") -> tuple[MatchItem, ...]:
    """Items of one kind, in order."""
    return tuple(sorted({MatchItem(kind, str(value)) for value in values}))


@dataclass
class Tapped:
    """A socket that keeps what goes through it, and may change it."""

    inner: socket.socket
    sent: list[bytes] = field(default_factory=list)
    change: Callable[[int, bytes], bytes | None] = lambda _, data: data
    """Number and bytes of a sending → what is sent in its place; None closes the connection."""

    def sendall(self, data: bytes) -> None:
        """Send what the change makes of it."""
        self.sent.append(data)
        changed = self.change(len(self.sent) - 1, data)
        if changed is None:
            self.inner.shutdown(socket.SHUT_RDWR)
            raise BrokenPipeError(32, "Broken pipe")
        self.inner.sendall(changed)

    def recv(self, length: int) -> bytes:
        """Receive."""
        return self.inner.recv(length)

    def settimeout(self, seconds: float) -> None:
        """Bound the next calls."""
        self.inner.settimeout(min(seconds, 5.0))


@dataclass
class Side:
    """A site's part of a session."""

    folder: Path
    role: SessionRole
    wish: LocalRequest
    partner: Partner = field(default_factory=lambda: Partner(name="them", key=KEY))
    change: Callable[[int, bytes], bytes | None] = lambda _, data: data
    tapped: Tapped | None = None

    @property
    def ledger(self) -> SessionLedger:
        """The site's ledger."""
        return SessionLedger(self.folder / f"{self.role}.ledger")

    def run(self, connection: socket.socket) -> MatchResult | Exception:
        """Run the session; what it raises is the outcome too."""
        self.tapped = Tapped(connection, change=self.change)
        try:
            channel = SecureChannel(self.tapped, self.role, self.partner.secret, 20.0)  # type: ignore[arg-type]
            with PointWorkerPool(1) as mill:
                return match_privately(channel, self.role, self.partner, self.wish, self.ledger, mill)
        except Exception as error:  # noqa: BLE001 - the test judges it
            return error
        finally:
            connection.close()


def meet(join: Side, serve: Side) -> tuple[Any, Any]:
    """Let two sides run a session; return what came of it, the joining side's first."""
    one, two = socket.socketpair()
    with ThreadPoolExecutor(2) as threads:
        joined, served = threads.submit(join.run, one), threads.submit(serve.run, two)
        return joined.result(), served.result()
