"""`hydrometer intel`: what is known of actors, and who says so."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, cast, get_args

import typer

from hydrometer.cli import options  # noqa: TC001 (Typer reads the annotations at run time)
from hydrometer.cli.exit_status import UNUSABLE, ExitStatus
from hydrometer.cli.output.intel_output import DossierFilters, print_dossiers, print_import, print_withdrawals
from hydrometer.cli.output.terminal import escape_controls, format_json
from hydrometer.contract import Actor, ActorRelease, Reliability, Role, Tlp, WorkingHours

intel = typer.Typer(
    help="Keep what is known of actors: partners' bundles, own dossiers, earlier campaigns.", no_args_is_help=True
)
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of what is known.")]
STANCES = {"true": "agree", "false": "disagree", "unknown": "neutral"}


def _require_one_of(value: str, allowed: tuple[str, ...], option: str) -> str:
    if value not in allowed:
        raise typer.BadParameter(f"one of {', '.join(allowed)}", param_hint=option)
    return value


def _parse_moment(text: str | None, option: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no ISO 8601 time", param_hint=option) from None
    return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None


@intel.command()
def add(
    folder: Folder,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE ...]", help="STIX bundles, MISP events, CSV tables, or folders of them."),
    ] = None,
    source: Annotated[str, typer.Option("--source", metavar="NAME", help="Who sent it.")] = "",
    reliability: Annotated[
        str, typer.Option("--reliability", metavar="A-F", help="Of the source, as this site judges it; F when new.")
    ] = "",
    credibility: Annotated[
        int | None, typer.Option("--credibility", min=1, max=6, help="Of these indicators: 1 confirmed … 6 unknown.")
    ] = None,
    identity: Annotated[
        str, typer.Option("--identity", metavar="ID", help="STIX identity of a new source; made when not named.")
    ] = "",
    scale: Annotated[
        str,
        typer.Option("--scale", metavar="NAME", help="Of a table's confidences: stix, words, admiralty, wep, icd203."),
    ] = "stix",
    from_result: Annotated[
        Path | None, typer.Option("--from-result", metavar="RESULT", help="Make a campaign of a result known instead.")
    ] = None,
    campaign: Annotated[str, typer.Option("--campaign", metavar="ID", help="The campaign of that result.")] = "",
    actor: Annotated[str, typer.Option("--actor", metavar="NAME", help="Known actor that it is attributed to.")] = "",
    role: Annotated[
        str, typer.Option("--role", help="operator or beneficiary: what that actor is of it.")
    ] = "operator",
    stopped: Annotated[
        str | None, typer.Option("--stopped", metavar="TIME", help="When its accounts were banned.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Import what a partner sent, or an earlier campaign; importing again changes nothing."""
    if bool(files) == (from_result is not None):
        raise typer.BadParameter("name one: files, or --from-result", param_hint="FILE / --from-result")
    if files and not source:
        raise typer.BadParameter("say who sent the file", param_hint="--source")
    if from_result is not None and not campaign:
        raise typer.BadParameter("name the campaign of the result", param_hint="--campaign")
    moment = _parse_moment(stopped, "--stopped")
    if reliability:
        _require_one_of(reliability, get_args(Reliability), "--reliability")
    _require_one_of(role, get_args(Role), "--role")
    with ExitStatus(folder):
        from hydrometer.intelligence.exchange import (
            SentFiles,
            add_campaign,
            import_files,
        )

        if from_result is not None:
            made = add_campaign(folder, from_result, campaign, actor=actor, role=cast("Role", role), stopped=moment)
        else:
            sent = SentFiles(
                files or (),
                source,
                cast("Reliability", reliability) if reliability else None,
                identity=identity,
                credibility=credibility,
                scale=scale,
            )
            made = import_files(folder, sent)
    print_import(made._asdict(), as_json=as_json)


@intel.command()
def actor(
    folder: Folder,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the actor is called.")],
    alias: Annotated[list[str] | None, typer.Option("--alias", metavar="NAME", help="Another name of it.")] = None,
    role: Annotated[
        list[str] | None, typer.Option("--role", help="operator or beneficiary; both when not named.")
    ] = None,
    product: Annotated[
        list[str] | None, typer.Option("--product", metavar="NAME", help="What its prompts may call the model.")
    ] = None,
    release: Annotated[
        list[str] | None, typer.Option("--release", metavar="PRODUCT=DAY", help="A product and the day it came out.")
    ] = None,
    timezone: Annotated[
        str, typer.Option("--timezone", metavar="NAME", help="Where its people work, such as Asia/Singapore.")
    ] = "",
    start: Annotated[int, typer.Option("--start", min=0, max=24, help="Hour at which work begins.")] = 9,
    end: Annotated[int, typer.Option("--end", min=0, max=24, help="Hour at which it ends.")] = 18,
    tlp: Annotated[str, typer.Option("--tlp", metavar="LEVEL", help="Who may see the dossier.")] = "amber",
    confidence: Annotated[int, typer.Option("--confidence", min=0, max=100)] = 50,
    as_json: options.Json = False,
) -> None:
    """Write a dossier of one's own, or a newer version of it."""
    from datetime import date

    releases = []
    for text in release or ():
        what, _, day = text.rpartition("=")
        try:
            releases.append(ActorRelease(product=what, day=date.fromisoformat(day)))
        except ValueError:
            raise typer.BadParameter(f"{text!r} is not PRODUCT=YYYY-MM-DD", param_hint="--release") from None
    roles = tuple(_require_one_of(one, get_args(Role), "--role") for one in role or get_args(Role))
    dossier = Actor(
        id="",
        name=name,
        aliases=tuple(alias or ()),
        roles=cast("tuple[Role, ...]", roles),
        products=tuple(product or ()),
        releases=tuple(releases),
        hours=WorkingHours(timezone=timezone, start=start, end=end) if timezone else None,
        tlp=cast("Tlp", _require_one_of(tlp, get_args(Tlp), "--tlp")),
        confidence=confidence,
    )
    with ExitStatus(folder):
        from hydrometer.intelligence.exchange import (
            add_actor,
        )

        made = add_actor(folder, dossier)
    print_import(made._asdict(), as_json=as_json)


@intel.command("list")
def list_records(
    folder: Folder,
    what: Annotated[
        str,
        typer.Option("--what", help="sources, actors, indicators, templates, campaigns, sightings, opinions or all."),
    ] = "all",
    kind: Annotated[str, typer.Option("--kind", help="Indicators of this kind.")] = "",
    source: Annotated[str, typer.Option("--source", metavar="NAME", help="What this source says.")] = "",
    of: Annotated[str, typer.Option("--of", metavar="NAME", help="What points to this actor or campaign.")] = "",
    valid: Annotated[bool, typer.Option("--valid", help="Only what counts now.")] = False,
    as_json: options.Json = False,
) -> None:
    """Show what is known, and who says so."""
    with ExitStatus():
        from hydrometer.intelligence.exchange import (
            read_intel,
        )

        dossiers, withdrawn, notes = read_intel(folder)
        if what != "all" and what not in dossiers.__struct_fields__:
            raise typer.BadParameter(f"one of all, {', '.join(dossiers.__struct_fields__)}", param_hint="--what")
    filters = DossierFilters(what, kind, source, of, in_force=valid)
    print_dossiers(dossiers, withdrawn, notes, filters, as_json=as_json)


@intel.command()
def lint(
    folder: Folder,
    result: Annotated[
        Path | None, typer.Option("--result", metavar="RESULT", help="A result, which tells what is common.")
    ] = None,
    most: Annotated[
        int | None, typer.Option("--most", min=1, metavar="N", help="Most objects to validate; 2,000 when not said.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="End with status 2 when there is an error.")] = False,
    as_json: options.Json = False,
) -> None:
    """Say what is invalid, past its validity, leads nowhere, is too broad, unmarked, or twice there."""
    with ExitStatus():
        from hydrometer.intelligence.exchange import (
            lint_intel,
        )

        faults, validator = lint_intel(folder, result, most)
    if as_json:
        typer.echo(format_json({"validator": validator, "faults": [fault._asdict() for fault in faults]}))
    else:
        for fault in faults:
            typer.echo(escape_controls(f"{fault.severity}: {fault.problem}: {fault.id} {fault.detail}".rstrip()))
        typer.echo(escape_controls(f"{len(faults):,} faults; validated by {validator}"))
    if strict and any(fault.severity == "error" for fault in faults):
        raise typer.Exit(UNUSABLE)


@intel.command()
def expire(folder: Folder, as_json: options.Json = False) -> None:
    """Mark what is past its validity, and withdraw what rested on what its source has revoked."""
    with ExitStatus(folder):
        from hydrometer.intelligence.exchange import (
            expire_intel,
        )

        withdrawn = expire_intel(folder)
    print_withdrawals(withdrawn, as_json=as_json)


@intel.command()
def retract(
    folder: Folder,
    of: Annotated[str, typer.Argument(metavar="ID", help="A statement, or the identity of a source.")],
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Kept with it.")] = "retracted",
    undo: Annotated[bool, typer.Option("--undo", help="Take a retraction back.")] = False,
    as_json: options.Json = False,
) -> None:
    """Withdraw a statement or everything of a source, and what rested on it."""
    with ExitStatus(folder):
        from hydrometer.intelligence.exchange import (
            restore_statement,
            retract_statement,
        )

        if undo:
            back = restore_statement(folder, of)
        else:
            withdrawn = retract_statement(folder, of, why)
    if not undo:
        print_withdrawals(withdrawn, as_json=as_json)
    elif as_json:
        typer.echo(format_json({"restored": back}))
    else:
        typer.echo(escape_controls(f"Counts again: {len(back):,}"))


@intel.command()
def revoke(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="What `hydrometer share` wrote and was sent.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The bundle to send after it.")],
) -> None:
    """Write the bundle that takes back, for good, what an earlier one said."""
    with ExitStatus():
        from hydrometer.intelligence.exchange import (
            write_revocation,
        )

        number = write_revocation(bundle, out)
    typer.echo(escape_controls(f"Revokes {number:,} objects: {out}"))


@intel.command()
def opine(
    folder: Folder,
    of: Annotated[str, typer.Argument(metavar="ID", help="The statement.")],
    stance: Annotated[str, typer.Argument(metavar="true|false|unknown", help="What this site holds of it.")],
    because: Annotated[str, typer.Option("--because", metavar="TEXT", help="Why; partners read it.")] = "",
    as_json: options.Json = False,
) -> None:
    """Say what this site holds of a statement; it goes back to partners with the next exchange."""
    _require_one_of(stance, tuple(STANCES), "STANCE")
    with ExitStatus(folder):
        from hydrometer.intelligence.exchange import (
            state_opinion,
        )

        made = state_opinion(folder, of, STANCES[stance], because)  # type: ignore[arg-type]
    typer.echo(
        format_json({"opinion": made, "of": of, "stance": STANCES[stance]}) if as_json else escape_controls(made)
    )
