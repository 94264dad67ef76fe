"""`hydrometer audit`: read the audit log, and see whether it is whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hydrometer.cli import options  # noqa: TC001 (Typer reads the annotations at run time)
from hydrometer.cli.ending import UNUSABLE, Ending
from hydrometer.cli.text import json_text, shown

audit = typer.Typer(no_args_is_help=True, help="The audit log: verify, show, tail, anchor.")

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of an audit log.")]
PublicKey = Annotated[
    Path | None, typer.Option("--public-key", metavar="FILE", help="Key that the anchors must be signed by.")
]


@audit.command("verify")
def verify(
    folder: Folder,
    anchor: Annotated[
        list[Path] | None, typer.Option("--anchor", metavar="FILE", help="What `audit anchor` printed at some time.")
    ] = None,
    after: Annotated[
        Path | None,
        typer.Option("--after", metavar="FILE", help="Anchor that the log goes on from: the rest is archived."),
    ] = None,
    public_key: PublicKey = None,
    signed_head: Annotated[
        bool, typer.Option("--signed-head", help="The log's own head must be signed by that key too.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Find lines that were removed, altered, reordered or cut off; exit status 2 when there are any."""
    with Ending():
        from hydrometer.flow import auditing

        found = auditing.verified(folder, anchor or [], after=after, public_key=public_key, signed_head=signed_head)
    if as_json:
        typer.echo(json_text({**found.told(), "whole": found.whole}))
    else:
        for fault in found.faults:
            typer.echo(
                shown(f"{fault.file}:{fault.line}: {fault.what}" if fault.line else f"{fault.file}: {fault.what}")
            )
        if found.fault_count > len(found.faults):
            typer.echo(f"and {found.fault_count - len(found.faults):,} more")
        if found.torn:
            typer.echo(f"{found.torn} bytes at the end were never acknowledged: a writer was killed")
        state = "whole" if found.whole else f"NOT whole: {found.fault_count:,} faults"
        if not found.anchors:
            held = "no anchor: a log that was cut off would look whole"
        elif found.anchored is None:
            held = f"{found.anchors:,} anchors, none of which it has the line of"
        else:
            held = f"{found.anchors:,} anchors held, the last of line {found.anchored:,}; cut off after it would look whole"
        typer.echo(f"{found.lines:,} lines, {found.first:,} to {found.last:,}: {state}; {held}")
    if not found.whole:
        raise typer.Exit(UNUSABLE)


@audit.command("show")
def show(
    folder: Folder,
    what: Annotated[str, typer.Argument(metavar="LINE|CASE", help="Number of a line, or a case, appeal or account.")],
) -> None:
    """Print the lines of a number, case, appeal or account, as JSON."""
    with Ending():
        from hydrometer.flow import auditing

        found = auditing.about(folder, what)
    for entry in found:
        typer.echo(json_text(entry))


@audit.command("tail")
def tail(
    folder: Folder,
    lines: Annotated[int, typer.Option("-n", "--lines", metavar="N", min=1, help="How many lines.")] = 20,
    as_json: options.Json = False,
) -> None:
    """Print the last lines of a log."""
    with Ending():
        from hydrometer.flow import auditing

        found = auditing.last(folder, lines)
    if as_json:
        typer.echo(json_text(found))
        return
    for entry in found:
        told = ", ".join(
            f"{name} {value}" for name, value in entry.body.items() if isinstance(value, str | int | float)
        )
        typer.echo(shown(f"{entry.sequence}  {entry.time:%Y-%m-%d %H:%M:%S}  {entry.kind}: {told[:300]}"))


@audit.command("anchor")
def anchor(
    folder: Folder,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="Secret key of `guard keygen`, to sign with.")
    ] = None,
) -> None:
    """Print the last line's number and hash: kept elsewhere, it shows a log that was cut off or rewritten."""
    with Ending():
        from hydrometer.flow import auditing

        found = auditing.anchored(folder, key)
    typer.echo(json_text(found))
