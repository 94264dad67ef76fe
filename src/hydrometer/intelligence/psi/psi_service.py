"""Private matching of what this site knows with what a partner knows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hydrometer.files import open_listener, require_extra
from hydrometer.intelligence.exchange.dossier_files import read_dossiers
from hydrometer.intelligence.psi.item_list import ItemList, read_item_list, select_items
from hydrometer.intelligence.psi.partner_file import make_partner, read_partner
from hydrometer.intelligence.psi.query_quota import SessionLedger
from hydrometer.intelligence.psi.session_terms import Learn, LocalRequest, MatchResult

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hydrometer.intelligence.psi.tcp_sessions import SessionSetup

__all__ = [
    "ItemList",
    "Learn",
    "MatchResult",
    "join_match",
    "make_partner",
    "open_query_ledger",
    "read_match_items",
    "serve_match",
]


def read_match_items(source: Path) -> ItemList:
    """Read what is to be matched: a folder or bundle of dossiers, else a list of `kind:value`; raises InputError."""
    if source.is_dir() or source.suffix == ".json":
        return select_items(read_dossiers(source).indicators, datetime.now(UTC))
    return read_item_list(source)


def open_query_ledger(partner_file: Path) -> SessionLedger:
    """Open the ledger of a partner, which lies beside its file; raises InputError."""
    return SessionLedger(partner_file.with_name(f"{partner_file.name}.ledger"))


def _prepare_session(
    partner_file: Path, items: ItemList, *, learn: Learn, pad: bool, seconds: float, threads: int
) -> SessionSetup:
    with require_extra("match", "private matching"):
        from hydrometer.intelligence.psi.tcp_sessions import SessionSetup  # late: an extra
    local_request = LocalRequest(items=items.items, learn=learn, pad=pad)
    return SessionSetup(
        read_partner(partner_file), local_request, open_query_ledger(partner_file), seconds=seconds, threads=threads
    )


def serve_match(
    partner_file: Path,
    items: ItemList,
    address: tuple[str, int],
    announce: Callable[[str], None],
    *,
    learn: Learn = "both",
    pad: bool = False,
    wait: float = 3_600.0,
    seconds: float = 600.0,
    threads: int = 0,
) -> MatchResult:
    """Wait for the partner and run one session; `told` gets where it listens, and who came without the key.

    Raises:
        InputError: a file or the address is unusable, nobody came, or the session failed.
    """
    parts = _prepare_session(partner_file, items, learn=learn, pad=pad, seconds=seconds, threads=threads)
    from hydrometer.intelligence.psi import tcp_sessions  # late: an extra

    with open_listener(*address) as listening:
        host, port = listening.getsockname()[:2]
        announce(f"Waiting for {parts.partner.name} on {host} port {port}")
        return tcp_sessions.serve_session(listening, parts, wait, announce)


def join_match(
    partner_file: Path,
    items: ItemList,
    address: tuple[str, int],
    *,
    learn: Learn = "both",
    pad: bool = False,
    seconds: float = 600.0,
    threads: int = 0,
) -> MatchResult:
    """Call the partner and run a session; raises InputError."""
    parts = _prepare_session(partner_file, items, learn=learn, pad=pad, seconds=seconds, threads=threads)
    from hydrometer.intelligence.psi import tcp_sessions  # late: an extra

    return tcp_sessions.join_session(*address, parts)
