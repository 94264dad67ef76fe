"""`hydrometer audit`: read the audit log, and see whether it is whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hydrometer.cli import options  # noqa: TC001 (Typer reads the annotations at run time)
from hydrometer.cli.exit_status import UNUSABLE, ExitStatus
from hydrometer.cli.output.terminal import escape_controls, format_json

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
    with ExitStatus():
        from hydrometer.enforcement.audit import verify_log_folder

        report = verify_log_folder(folder, anchor or [], after=after, public_key=public_key, signed_head=signed_head)
    if as_json:
        typer.echo(format_json({**report.to_builtins(), "whole": report.whole}))
    else:
        for fault in report.faults:
            typer.echo(
                escape_controls(
                    f"{fault.file}:{fault.line}: {fault.what}" if fault.line else f"{fault.file}: {fault.what}"
                )
            )
        if report.fault_count > len(report.faults):
            typer.echo(f"and {report.fault_count - len(report.faults):,} more")
        if report.torn:
            typer.echo(f"{report.torn} bytes at the end were never acknowledged: a writer was killed")
        state = "whole" if report.whole else f"NOT whole: {report.fault_count:,} faults"
        if not report.anchors:
            anchor_state = "no anchor: a log that was cut off would look whole"
        elif report.anchored is None:
            anchor_state = f"{report.anchors:,} anchors, none of which it has the line of"
        else:
            anchor_state = f"{report.anchors:,} anchors held, the last of line {report.anchored:,}; cut off after it would look whole"
        typer.echo(f"{report.lines:,} lines, {report.first:,} to {report.last:,}: {state}; {anchor_state}")
    if not report.whole:
        raise typer.Exit(UNUSABLE)


@audit.command("show")
def show(
    folder: Folder,
    what: Annotated[str, typer.Argument(metavar="LINE|CASE", help="Number of a line, or a case, appeal or account.")],
) -> None:
    """Print the lines of a number, case, appeal or account, as JSON."""
    with ExitStatus():
        from hydrometer.enforcement.audit import find_entries

        entries = find_entries(folder, what)
    for entry in entries:
        typer.echo(format_json(entry))


@audit.command("tail")
def tail(
    folder: Folder,
    lines: Annotated[int, typer.Option("-n", "--lines", metavar="N", min=1, help="How many lines.")] = 20,
    as_json: options.Json = False,
) -> None:
    """Print the last lines of a log."""
    with ExitStatus():
        from hydrometer.enforcement.audit import read_last_entries

        entries = read_last_entries(folder, lines)
    if as_json:
        typer.echo(format_json(entries))
        return
    for entry in entries:
        fields = ", ".join(
            f"{name} {value}" for name, value in entry.body.items() if isinstance(value, str | int | float)
        )
        typer.echo(escape_controls(f"{entry.sequence}  {entry.time:%Y-%m-%d %H:%M:%S}  {entry.kind}: {fields[:300]}"))


@audit.command("anchor")
def anchor(
    folder: Folder,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="Secret key of `guard keygen`, to sign with.")
    ] = None,
) -> None:
    """Print the last line's number and hash: kept elsewhere, it shows a log that was cut off or rewritten."""
    with ExitStatus():
        from hydrometer.enforcement.audit import anchor_log

        anchor_record = anchor_log(folder, key)
    typer.echo(format_json(anchor_record))
