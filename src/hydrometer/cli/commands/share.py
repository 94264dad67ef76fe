"""`hydrometer share`: what partners may know of a campaign."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (Typer reads the annotations at run time)
from typing import Annotated, cast, get_args

import typer

from hydrometer.cli import options  # noqa: TC001 (Typer reads the annotations at run time)
from hydrometer.cli.exit_status import ExitStatus
from hydrometer.cli.output.terminal import escape_controls, format_json
from hydrometer.contract import Tlp


def share(
    result: options.Result,
    campaign: Annotated[str, typer.Option("--campaign", metavar="ID", help="The campaign to tell of.")],
    tlp: Annotated[
        str, typer.Option("--tlp", metavar="LEVEL", help="clear, green, amber, amber+strict or red.")
    ] = "amber",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="File to write, readable by its owner only.")
    ] = None,
    form: Annotated[str, typer.Option("--format", metavar="NAME", help="stix, misp, ocsf or csv.")] = "stix",
    policy: Annotated[
        Path | None, typer.Option("--policy", metavar="FILE", help="Redaction policy, TOML or YAML.")
    ] = None,
    sharing_key: Annotated[
        Path | None,
        typer.Option("--sharing-key", metavar="FILE", help="Key that partners share; without it no digest leaves."),
    ] = None,
    intel: Annotated[
        list[Path] | None,
        typer.Option("--intel", metavar="PLACE", help="What partners sent: what the campaign shows of it is sighted."),
    ] = None,
    identity: Annotated[
        str, typer.Option("--identity", metavar="NAME", help="Name under which this site speaks.")
    ] = "",
    preview: Annotated[
        bool, typer.Option("--preview", help="Print exactly what would leave, and write nothing.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Write what partners may know of a campaign; what stays here is counted by its reason."""
    if tlp not in get_args(Tlp):
        raise typer.BadParameter(f"one of {', '.join(get_args(Tlp))}", param_hint="--tlp")
    if (out is None) != preview:
        raise typer.BadParameter("name one: a file to write, or --preview", param_hint="--out / --preview")
    with ExitStatus():
        from hydrometer.intelligence.exchange import ShareRequest, share_campaign

        request = ShareRequest(
            result,
            campaign,
            cast("Tlp", tlp),
            policy=policy,
            sharing_key=sharing_key,
            intel=intel or (),
            identity=identity,
        )
        made = share_campaign(request, form, out)
    if preview:
        typer.echo(made.content.decode("utf-8"), nl=False)
    account = {"out": str(out) if out else None, "leaves": made.leaves, "sightings": made.sightings}
    account |= {"withheld": made.withheld, "format_lost": made.lost}
    if as_json:
        # A preview has standard output for itself.
        typer.echo(format_json(account), err=preview)
        return
    for kind, number in made.leaves.items():
        typer.echo(escape_controls(f"Leaves: {number:,} {kind}"), err=preview)
    for reason, number in made.withheld.items():
        typer.echo(escape_controls(f"Withheld: {number:,} {reason}"), err=preview)
    if made.lost:
        typer.echo(escape_controls(f"Not in this format: {made.lost}"), err=preview)
    if out is not None:
        typer.echo(escape_controls(f"Written to {out}"))
