"""Exchange with partners: a TAXII server and its clients, and private matching."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydrometer.contract import InputError
from hydrometer.files import ServerAddress, read_bytes, read_secret, require_extra
from hydrometer.intelligence.taxii.client_registry import NAME, ClientRegistry
from hydrometer.intelligence.taxii.inbox import BundleInbox
from hydrometer.intelligence.taxii.resources import pack_bundle, unpack_bundle
from hydrometer.intelligence.taxii.taxii_store import TaxiiStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydrometer.intelligence.taxii.taxii_client import TaxiiClient
    from hydrometer.intelligence.taxii.taxii_store import TaxiiCollection


@dataclass(frozen=True)
class PullSummary:
    """What was pulled."""

    objects: int
    bundles: list[Path]
    retried: int
    resumable: bool
    """Whether the server told how far it came; if not, the next pull begins again."""


@dataclass
class PushSummary:
    """What became of what was pushed."""

    total: int = 0
    added: int = 0
    failures: list[dict[str, Any]] = field(default_factory=list)


def open_taxii_site(folder: Path) -> tuple[TaxiiStore, ClientRegistry]:
    """Open the store and the clients of a server's folder; raises InputError."""
    return TaxiiStore(folder / "taxii.sqlite"), ClientRegistry(folder / "clients.json")


def add_collection(folder: Path, alias: str, title: str, description: str) -> TaxiiCollection:
    """Make a collection in a server's folder; raises InputError."""
    if not NAME.fullmatch(alias):
        raise InputError(f"no alias for a collection: {alias!r}", mend="Use letters, digits, dots, dashes.")
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
    """Serve a folder until the process is told to end; `announce` gets the address once it is bound.

    Raises:
        InputError: the folder, the address or a certificate is unusable, or an extra is missing.
    """
    with require_extra("serve", "a TAXII server"):
        from hydrometer.intelligence.taxii import taxii_listener  # late: an extra
    store, clients = open_taxii_site(folder)
    taxii_listener.run_taxii_server(store, clients, listen, announce)


def read_token(file: Path) -> str:
    """Read a token from a file that only its owner may read; raises InputError."""
    text = read_secret(file, "the token").decode("utf-8", "replace").strip()
    if not text or not text.isprintable():
        raise InputError("no token", file=str(file), mend="Put the token there, and nothing else.")
    return text


def make_taxii_client(url: str, token_file: Path, user: str | None) -> TaxiiClient:
    """Make a client of another server; raises InputError."""
    with require_extra("serve", "a TAXII client"):
        from hydrometer.intelligence.taxii.taxii_client import TaxiiClient  # late: an extra
    return TaxiiClient(url, read_token(token_file), user=user)


def pull_collection(taxii_client: TaxiiClient, collection: str, out: Path, page: int | None = None) -> PullSummary:
    """Write what is new in a collection into a folder, a bundle a page, and remember how far it came.

    Raises:
        InputError: the server or the folder is unusable; pages that came before stay, and the next pull begins after them.
    """
    inbox = BundleInbox(out)
    objects, bundles, resumable = 0, list[Path](), True
    with taxii_client:
        root = str(taxii_client.root)
        for one in taxii_client.pull(collection, inbox.added_after(root, collection), page):
            if one.objects:
                bundles.append(inbox.save_page(root, collection, pack_bundle(one.objects), one.added_last))
                objects += len(one.objects)
                resumable = resumable and one.added_last is not None
    return PullSummary(objects, bundles, taxii_client.retried, resumable)


def push_bundle(taxii_client: TaxiiClient, collection: str, file: Path) -> PushSummary:
    """Post a bundle's objects; raises InputError."""
    objects = unpack_bundle(read_bytes(file, mend="Give a STIX bundle."), str(file))
    summary = PushSummary()
    with taxii_client:
        for status in taxii_client.push(collection, objects):
            summary.total += status.total_count
            summary.added += status.success_count
            summary.failures += status.failures
    return summary
