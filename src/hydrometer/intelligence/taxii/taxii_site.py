"""The folder of a TAXII server: its collections, who may use them, and serving it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.contract import InputError
from hydrometer.files import require_extra
from hydrometer.intelligence.exchange.party_names import check_party_name
from hydrometer.intelligence.taxii.client_registry import ClientRegistry
from hydrometer.intelligence.taxii.taxii_store import TaxiiStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hydrometer.files import ServerAddress
    from hydrometer.intelligence.taxii.taxii_store import TaxiiCollection


def open_taxii_site(folder: Path) -> tuple[TaxiiStore, ClientRegistry]:
    """Open the store and the clients of a server's folder; raises InputError."""
    return TaxiiStore(folder / "taxii.sqlite"), ClientRegistry(folder / "clients.json")


def add_collection(folder: Path, alias: str, title: str, description: str) -> TaxiiCollection:
    """Make a collection in a server's folder; raises InputError."""
    check_party_name(alias, "alias for a collection")
    return open_taxii_site(folder)[0].add_collection(alias, title, description)


def grant_access(folder: Path, client: str, read: list[str], write: list[str]) -> str:
    """Give a client rights on collections, by alias or id, and a new token; return the token.

    Raises:
        InputError: a collection is not there, or the folder or the name is unusable.
    """
    store, clients = open_taxii_site(folder)
    ids = {name: one.id for one in store.collections() for name in (one.id, one.alias)}
    unknown = sorted({*read, *write} - ids.keys())
    if unknown:
        raise InputError(
            f"no collection {', '.join(unknown)}",
            file=str(folder),
            mend="Make it with `hydrometer taxii collections --add`.",
        )
    return clients.grant(client, read=tuple(ids[name] for name in read), write=tuple(ids[name] for name in write))


def list_clients(folder: Path) -> list[tuple[str, list[str], list[str]]]:
    """Return each client's name and the aliases of what it may read and write, by name; raises InputError."""
    store, clients = open_taxii_site(folder)
    aliases = {one.id: one.alias for one in store.collections()}
    return [
        (one.name, [aliases.get(name, name) for name in one.read], [aliases.get(name, name) for name in one.write])
        for one in clients.list_clients()
    ]


def serve_taxii(folder: Path, listen: ServerAddress, announce: Callable[[str], None]) -> None:
    """Serve a folder until the process is to end; `announce` gets the address once it is bound.

    Raises:
        InputError: the folder, the address or a certificate is unusable, or an extra is missing.
    """
    with require_extra("serve", "a TAXII server"):
        from hydrometer.intelligence.taxii import taxii_listener  # late: an extra
    store, clients = open_taxii_site(folder)
    taxii_listener.run_taxii_server(store, clients, listen, announce)
