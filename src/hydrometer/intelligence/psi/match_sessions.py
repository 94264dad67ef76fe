"""One session of private matching with a partner, over TCP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydrometer.files import open_listener, require_extra
from hydrometer.intelligence.psi.partner_file import read_partner
from hydrometer.intelligence.psi.query_quota import open_query_ledger
from hydrometer.intelligence.psi.session_terms import LocalRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hydrometer.intelligence.psi.item_list import ItemList
    from hydrometer.intelligence.psi.session_terms import Learn, MatchResult
    from hydrometer.intelligence.psi.tcp_sessions import SessionSetup


@dataclass(frozen=True, slots=True)
class MatchOptions:
    """What a session is to bring, and what it may take."""

    learn: Learn = "both"
    pad: bool = False
    """Whether to fill our list up to the next power of two, so that it tells less of our number."""
    seconds: float = 600.0
    """Bounds the session."""
    threads: int = 0
    """0 for all cores."""


def serve_match(
    partner_file: Path,
    items: ItemList,
    address: tuple[str, int],
    announce: Callable[[str], None],
    options: MatchOptions = MatchOptions(),
    wait: float = 3_600.0,
) -> MatchResult:
    """Wait so many seconds for the partner and run one session; `announce` gets where it listens, and who came without the key.

    Raises:
        InputError: a file or the address is unusable, nobody came, or the session failed.
    """
    setup = _prepare_session(partner_file, items, options)
    from hydrometer.intelligence.psi import tcp_sessions  # late: an extra

    with open_listener(*address) as listening:
        host, port = listening.getsockname()[:2]
        announce(f"Waiting for {setup.partner.name} on {host} port {port}")
        return tcp_sessions.serve_session(listening, setup, wait, announce)


def join_match(
    partner_file: Path,
    items: ItemList,
    address: tuple[str, int],
    options: MatchOptions = MatchOptions(),
) -> MatchResult:
    """Call the partner and run a session; raises InputError."""
    setup = _prepare_session(partner_file, items, options)
    from hydrometer.intelligence.psi import tcp_sessions  # late: an extra

    return tcp_sessions.join_session(*address, setup)


def _prepare_session(partner_file: Path, items: ItemList, options: MatchOptions) -> SessionSetup:
    with require_extra("match", "private matching"):
        from hydrometer.intelligence.psi.tcp_sessions import SessionSetup  # late: an extra
    return SessionSetup(
        read_partner(partner_file),
        LocalRequest(items=items.items, learn=options.learn, pad=options.pad),
        open_query_ledger(partner_file),
        seconds=options.seconds,
        threads=options.threads,
    )
