"""`hydrometer taxii`: exchange STIX objects with partners over TAXII 2.1."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hydrometer.cli.exit_status import UNFINISHED, ExitStatus
from hydrometer.cli.options import Json  # noqa: TC001 (Typer reads the annotations at run time)
from hydrometer.cli.output.terminal import escape_controls, format_json

if TYPE_CHECKING:
    from hydrometer.intelligence.taxii import PushSummary

taxii = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Exchange STIX objects with partners over TAXII 2.1."
)

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The server's folder; it is made when it is not there.")]
Url = Annotated[str, typer.Argument(metavar="URL", help="An API root, or a discovery that ends with /taxii2/.")]
Collection = Annotated[str, typer.Argument(metavar="COLLECTION", help="Id or alias of a collection.")]
TokenFile = Annotated[
    Path, typer.Option("--token-file", metavar="FILE", help="Holds the token; only you may be able to read it.")
]
User = Annotated[
    str | None, typer.Option("--user", metavar="NAME", help="Send the token as this user's password (HTTP Basic).")
]


@taxii.command("serve")
def serve(
    folder: Folder,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 for any that is free.")] = 8791,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", metavar="FILE", help="TLS certificate with its chain, PEM.")
    ] = None,
    key: Annotated[Path | None, typer.Option("--key", metavar="FILE", help="Its key, PEM.")] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Listen beyond this machine without TLS: it ends in front of this server.")
    ] = False,
) -> None:
    """Serve FOLDER to those who were granted access, until the process is told to end."""
    with ExitStatus():
        from hydrometer.files import ServerAddress
        from hydrometer.intelligence.taxii import serve_taxii

        listen = ServerAddress(host=host, port=port, certificate=certificate, key=key, plain=plain)
        serve_taxii(folder, listen, lambda url: typer.echo(f"Serving {url}", err=True))


@taxii.command("collections")
def collections(
    where: Annotated[str, typer.Argument(metavar="FOLDER|URL", help="A server's folder, or another server's address.")],
    add: Annotated[
        str | None, typer.Option("--add", metavar="ALIAS", help="Make a collection of this name in FOLDER.")
    ] = None,
    title: Annotated[str | None, typer.Option("--title", help="Of the new collection; its alias if not given.")] = None,
    description: Annotated[str, typer.Option("--description", help="Of the new collection.")] = "",
    token_file: Annotated[
        Path | None, typer.Option("--token-file", metavar="FILE", help="Holds the token for URL.")
    ] = None,
    user: User = None,
    as_json: Json = False,
) -> None:
    """List the collections of a server, or make one in a folder."""
    with ExitStatus():
        from hydrometer.intelligence.taxii import (
            add_collection,
            make_taxii_client,
            open_taxii_site,
        )

        if where.startswith(("http://", "https://")):
            if token_file is None or add is not None:
                raise typer.BadParameter("an address needs --token-file, and takes no --add")
            with make_taxii_client(where, token_file, user) as speaker:
                remote = speaker.collections()
            lines = [
                f"{one.id}  {one.alias}  {one.title}  "
                f"{'read' if one.can_read else '-'} {'write' if one.can_write else '-'}"
                for one in remote
            ]
            typer.echo(format_json(remote) if as_json else join_escaped_lines(lines))
            return
        if add is not None:
            add_collection(Path(where), add, title or add, description)
        local = open_taxii_site(Path(where))[0].collections()
        typer.echo(
            format_json(local)
            if as_json
            else join_escaped_lines([f"{one.id}  {one.alias}  {one.title}" for one in local])
        )


@taxii.command("grant")
def grant(
    folder: Folder,
    client: Annotated[str, typer.Argument(metavar="CLIENT", help="Name of a partner or program.")],
    read: Annotated[list[str] | None, typer.Option("--read", metavar="COLLECTION", help="It may read this.")] = None,
    write: Annotated[
        list[str] | None, typer.Option("--write", metavar="COLLECTION", help="It may add to this.")
    ] = None,
) -> None:
    """Give CLIENT these rights, in the place of any former ones, and print its new token: it is shown only now."""
    with ExitStatus():
        from hydrometer.intelligence.taxii import (
            grant_access,
        )

        typer.echo(grant_access(folder, client, read or [], write or []))


@taxii.command("clients")
def clients(folder: Folder, as_json: Json = False) -> None:
    """List who was granted what."""
    with ExitStatus():
        from hydrometer.intelligence.taxii import (
            list_clients,
        )

        every = list_clients(folder)
        if as_json:
            typer.echo(format_json([{"name": name, "read": read, "write": write} for name, read, write in every]))
            return
        lines = [
            f"{name}  read {', '.join(read) or '-'}  write {', '.join(write) or '-'}" for name, read, write in every
        ]
        typer.echo(join_escaped_lines(lines))


@taxii.command("withdraw")
def withdraw(folder: Folder, client: Annotated[str, typer.Argument(metavar="CLIENT")]) -> None:
    """Forget CLIENT: its token ends at once. What it added stays."""
    with ExitStatus():
        from hydrometer.intelligence.taxii import (
            open_taxii_site,
        )

        open_taxii_site(folder)[1].withdraw(client)


@taxii.command("pull")
def pull(
    url: Url,
    collection: Collection,
    into: Annotated[Path, typer.Option("--into", metavar="FOLDER", help="Folder of bundles, which `intel add` reads.")],
    token_file: TokenFile,
    user: User = None,
    page: Annotated[int | None, typer.Option("--page", min=1, help="Objects to ask for at a time.")] = None,
    as_json: Json = False,
) -> None:
    """Write what is new in a collection into a folder, and remember how far it came."""
    with ExitStatus(into):
        from hydrometer.intelligence.taxii import (
            make_taxii_client,
            pull_collection,
        )

        done = pull_collection(make_taxii_client(url, token_file, user), collection, into, page)
        if as_json:
            figures = {"objects": done.objects, "bundles": [str(path) for path in done.bundles]}
            typer.echo(format_json(figures | {"retried": done.retried, "resumable": done.resumable}))
            return
        typer.echo(f"{done.objects} objects in {len(done.bundles)} bundles in {into}.")
        if done.retried:
            typer.echo(f"{done.retried} requests were sent again.")
        if not done.resumable:
            typer.echo("The server does not tell when it added what: the next pull begins again.")


@taxii.command("push")
def push(
    url: Url,
    collection: Collection,
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A STIX 2.1 bundle.")],
    token_file: TokenFile,
    user: User = None,
    as_json: Json = False,
) -> None:
    """Post the objects of BUNDLE and wait until the server has looked at all; status 3 when it refused some."""
    with ExitStatus():
        from hydrometer.intelligence.taxii import (
            make_taxii_client,
            push_bundle,
        )

        done = push_bundle(make_taxii_client(url, token_file, user), collection, bundle)
        typer.echo(
            format_json(_summarise_push(done)) if as_json else f"{done.added} of {done.total} objects were taken."
        )
        if done.failures and not as_json:
            for one in done.failures[:20]:
                typer.echo(escape_controls(f"{one.get('id', '')}: {one.get('message', 'refused')}"), err=True)
            if len(done.failures) > 20:
                typer.echo(f"… and {len(done.failures) - 20} more.", err=True)
        if done.failures:
            raise typer.Exit(UNFINISHED)


def _summarise_push(done: PushSummary) -> dict[str, object]:
    return {"total": done.total, "added": done.added, "failures": done.failures}


def join_escaped_lines(lines: list[str]) -> str:
    """Return lines as they may be printed."""
    return "\n".join(map(escape_controls, lines)) if lines else "None."
