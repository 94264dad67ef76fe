"""Exchange with partners: a TAXII server and its clients, and private matching."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydrometer.contract.errors import InputError
from hydrometer.sharing.listen import Listen
from hydrometer.sharing.secret_files import read_secret
from hydrometer.sharing.taxii_clients import NAME, Clients
from hydrometer.sharing.taxii_inbox import Inbox
from hydrometer.sharing.taxii_resources import bundle, objects_of
from hydrometer.sharing.taxii_store import TaxiiStore

__all__ = ["Listen"]

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydrometer.sharing.taxii_client import TaxiiClient
    from hydrometer.sharing.taxii_store import Collection


@dataclass(frozen=True)
class Pull:
    """What was pulled."""

    objects: int
    bundles: list[Path]
    retried: int
    resumable: bool
    """Whether the server told how far it came; if not, the next pull begins again."""


@dataclass
class Push:
    """What became of what was pushed."""

    total: int = 0
    added: int = 0
    failures: list[dict[str, Any]] = field(default_factory=list)


def missing(extra: str, error: ModuleNotFoundError) -> InputError:
    """Say which extra a missing package belongs to."""
    return InputError(f"{error.name} is not installed", mend=f"Run: pip install 'hydrometer[{extra}]'")


def site_of(folder: Path) -> tuple[TaxiiStore, Clients]:
    """Open the store and the clients of a server's folder; raises InputError."""
    return TaxiiStore(folder / "taxii.sqlite"), Clients(folder / "clients.json")


def add_collection(folder: Path, alias: str, title: str, description: str) -> Collection:
    """Make a collection in a server's folder; raises InputError."""
    if not NAME.fullmatch(alias):
        raise InputError(f"no alias for a collection: {alias!r}", mend="Use letters, digits, dots, dashes.")
    return site_of(folder)[0].add_collection(alias, title, description)


def grant(folder: Path, client: str, read: list[str], write: list[str]) -> str:
    """Give a client rights on collections, by alias or id, and a new token; return the token.

    Raises:
        InputError: a collection is not there, or the folder or the name is unusable.
    """
    store, clients = site_of(folder)
    ids = {name: one.id for one in store.collections() for name in (one.id, one.alias)}
    unknown = sorted({*read, *write} - ids.keys())
    if unknown:
        raise InputError(
            f"no collection {', '.join(unknown)}",
            file=str(folder),
            mend="Make it with `hydrometer taxii collections --add`.",
        )
    return clients.grant(client, read=tuple(ids[name] for name in read), write=tuple(ids[name] for name in write))


def clients_of(folder: Path) -> list[tuple[str, list[str], list[str]]]:
    """Return each client's name and the aliases of what it may read and write, by name; raises InputError."""
    store, clients = site_of(folder)
    aliases = {one.id: one.alias for one in store.collections()}
    return [
        (one.name, [aliases.get(name, name) for name in one.read], [aliases.get(name, name) for name in one.write])
        for one in clients.every()
    ]


def serve(folder: Path, listen: Listen, told: Callable[[str], None]) -> None:
    """Serve a folder until the process is told to end; `told` gets the address once it is bound.

    Raises:
        InputError: the folder, the address or a certificate is unusable, or an extra is missing.
    """
    try:
        from hydrometer.sharing import taxii_listening  # late: an extra
    except ModuleNotFoundError as error:
        raise missing("serve", error) from None
    store, clients = site_of(folder)
    taxii_listening.serve(store, clients, listen, told)


def token_of(file: Path) -> str:
    """Read a token from a file that only its owner may read; raises InputError."""
    text = read_secret(file, "the token").decode("utf-8", "replace").strip()
    if not text or not text.isprintable():
        raise InputError("no token", file=str(file), mend="Put the token there, and nothing else.")
    return text


def client(url: str, token_file: Path, user: str | None) -> TaxiiClient:
    """Make a client of another server; raises InputError."""
    try:
        from hydrometer.sharing.taxii_client import TaxiiClient  # late: an extra
    except ModuleNotFoundError as error:
        raise missing("serve", error) from None
    return TaxiiClient(url, token_of(token_file), user=user)


def pull(speaker: TaxiiClient, collection: str, into: Path, page: int | None = None) -> Pull:
    """Write what is new in a collection into a folder, a bundle a page, and remember how far it came.

    Raises:
        InputError: the server or the folder is unusable; pages that came before stay, and the next pull begins after them.
    """
    inbox = Inbox(into)
    objects, bundles, resumable = 0, list[Path](), True
    with speaker:
        root = str(speaker.root)
        for one in speaker.pull(collection, inbox.added_after(root, collection), page):
            if one.objects:
                bundles.append(inbox.keep(root, collection, bundle(one.objects), one.added_last))
                objects += len(one.objects)
                resumable = resumable and one.added_last is not None
    return Pull(objects, bundles, speaker.retried, resumable)


def push(speaker: TaxiiClient, collection: str, file: Path) -> Push:
    """Post a bundle's objects; raises InputError."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=str(file), mend="Give a STIX bundle.") from None
    objects = objects_of(content, str(file))
    done = Push()
    with speaker:
        for status in speaker.push(collection, objects):
            done.total += status.total_count
            done.added += status.success_count
            done.failures += status.failures
    return done
