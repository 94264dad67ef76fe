"""Private matching of what this site knows with what a partner knows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hydrometer.contract.errors import InputError
from hydrometer.sharing.matching_items import Items, of_indicators, read_list
from hydrometer.sharing.matching_ledger import Ledger
from hydrometer.sharing.matching_partner import make_partner, read_partner
from hydrometer.sharing.matching_terms import Learn, Matched, Wish
from hydrometer.sharing.stix import read_dossiers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hydrometer.sharing.matching_tcp import Parts

__all__ = ["Items", "Learn", "Matched", "join", "ledger_of", "make_partner", "serve", "taken"]


def taken(source: Path) -> Items:
    """Read what is to be matched: a folder or bundle of dossiers, else a list of `kind:value`; raises InputError."""
    if source.is_dir() or source.suffix == ".json":
        return of_indicators(read_dossiers(source).indicators, datetime.now(UTC))
    return read_list(source)


def ledger_of(partner_file: Path) -> Ledger:
    """Open the ledger of a partner, which lies beside its file; raises InputError."""
    return Ledger(partner_file.with_name(f"{partner_file.name}.ledger"))


def _parts(partner_file: Path, items: Items, *, learn: Learn, pad: bool, seconds: float, threads: int) -> Parts:
    try:
        from hydrometer.sharing.matching_tcp import Parts  # late: an extra
    except ModuleNotFoundError as error:
        raise InputError(f"{error.name} is not installed", mend="Run: pip install 'hydrometer[match]'") from None
    wish = Wish(items=items.items, learn=learn, pad=pad)
    return Parts(read_partner(partner_file), wish, ledger_of(partner_file), seconds=seconds, threads=threads)


def serve(
    partner_file: Path,
    items: Items,
    address: tuple[str, int],
    told: Callable[[str], None],
    *,
    learn: Learn = "both",
    pad: bool = False,
    wait: float = 3_600.0,
    seconds: float = 600.0,
    threads: int = 0,
) -> Matched:
    """Wait for the partner and run one session; `told` gets where it listens, and who came without the key.

    Raises:
        InputError: a file or the address is unusable, nobody came, or the session failed.
    """
    parts = _parts(partner_file, items, learn=learn, pad=pad, seconds=seconds, threads=threads)
    from hydrometer.sharing import matching_tcp  # late: an extra

    with matching_tcp.bound(*address) as listening:
        host, port = listening.getsockname()[:2]
        told(f"Waiting for {parts.partner.name} on {host} port {port}")
        return matching_tcp.serve(listening, parts, wait, told)


def join(
    partner_file: Path,
    items: Items,
    address: tuple[str, int],
    *,
    learn: Learn = "both",
    pad: bool = False,
    seconds: float = 600.0,
    threads: int = 0,
) -> Matched:
    """Call the partner and run a session; raises InputError."""
    parts = _parts(partner_file, items, learn=learn, pad=pad, seconds=seconds, threads=threads)
    from hydrometer.sharing import matching_tcp  # late: an extra

    return matching_tcp.join(*address, parts)
