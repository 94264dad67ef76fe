"""`hydrometer guard`: keys, snapshots, and what is in one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from hydrometer.cli import options  # noqa: TC001 (Typer reads the annotations at run time)
from hydrometer.cli.exit_status import ExitStatus
from hydrometer.cli.guard_serve_command import serve_gateways
from hydrometer.cli.output.terminal import escape_controls, format_json

guard = typer.Typer(no_args_is_help=True, help="Verdicts for the gateways: keys, snapshots, decisions.")

Snapshot = Annotated[Path, typer.Argument(metavar="SNAPSHOT", help="A file that `guard snapshot` wrote.")]
PublicKeys = Annotated[
    list[Path], typer.Option("--public-key", metavar="FILE", help="Public key that is trusted; may be given again.")
]


guard.command("serve")(serve_gateways)


@guard.command("keygen")
def keygen(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The secret key; the public one is FILE.pub.")],
) -> None:
    """Make the pair of keys that snapshots are signed and checked with."""
    with ExitStatus():
        from hydrometer.enforcement.snapshots import make_keys

        secret, public = make_keys(out)
    typer.echo(f"Secret key, for whoever writes snapshots: {escape_controls(str(secret))}")
    typer.echo(f"Public key, for the guards: {escape_controls(str(public))}")


@guard.command("snapshot")
def snapshot(
    result: options.Result,
    policy: Annotated[Path, typer.Option("--policy", metavar="FILE", help="The policy that guards go by.")],
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="The secret key to sign with.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The snapshot; it is replaced at once.")],
    accounts: Annotated[
        Path | None,
        typer.Option("--accounts", metavar="TRAFFIC", help="Folder whose account tables tell of plans, countries, …"),
    ] = None,
    site_key: options.SiteKey = None,
    member: Annotated[float, typer.Option("--member", metavar="P", help="Least probability of a member.")] = 0.8,
    campaign: Annotated[float, typer.Option("--campaign", metavar="P", help="Least probability of a campaign.")] = 0.5,
    rare: Annotated[
        float,
        typer.Option("--rare", metavar="SHARE", help="Least share of a value's accounts that are the campaign's."),
    ] = 0.5,
    hours: Annotated[
        float, typer.Option("--hours", metavar="N", help="Guards refuse the snapshot after so long.")
    ] = 48,
    cleared: Annotated[
        Path | None, typer.Option("--cleared", metavar="FILE", help="Accounts that are never held, one a line.")
    ] = None,
    casebook: Annotated[
        str | None,
        typer.Option("--casebook", metavar="PLACE", help="Casebook of people's decisions: a file, or postgresql://…"),
    ] = None,
    audit: Annotated[
        Path | None, typer.Option("--audit", metavar="FOLDER", help="Audit log that tells of policies and snapshots.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Write the signed snapshot of a result, by which guards decide."""
    with ExitStatus():
        from hydrometer.enforcement.snapshots import (
            SnapshotOptions,
            SnapshotRequest,
            read_account_list,
            write_snapshot,
        )

        snapshot_options = SnapshotOptions(
            member=member, campaign=campaign, rare=rare, hours=hours, cleared=read_account_list(cleared)
        )
        request = SnapshotRequest(
            result=result,
            policy=policy,
            key=key,
            accounts=accounts,
            site_key=site_key,
            casebook=casebook,
            options=snapshot_options,
        )
        built = write_snapshot(request, out, now=datetime.now(UTC))
        if audit is not None:
            from hydrometer.enforcement.audit import record_snapshot

            audit_facts = {
                "version": built.version,
                "signed_by": built.signed_by,
                "holds": built.holds,
                "result": str(result),
            }
            record_snapshot(audit, policy, audit_facts)
    if as_json:
        typer.echo(format_json(built))
        return
    typer.echo(f"Snapshot {built.version}, {built.bytes:,} bytes, signed by {built.signed_by}")
    typer.echo("Holds: " + ", ".join(f"{count:,} {name}" for name, count in built.holds.items()))
    for reason, count in built.left_out.items():
        typer.echo(f"Left out: {count:,} {reason}")


@guard.command("inspect")
def inspect(snapshot: Snapshot, public_key: PublicKeys) -> None:
    """Check a snapshot's signature and say what it holds, as JSON."""
    with ExitStatus():
        from hydrometer.enforcement.snapshots import inspect_snapshot as inspected

        contents = inspected(snapshot, public_key)
    typer.echo(format_json(contents))
