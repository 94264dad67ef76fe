"""`hydrometer casebook`: cases, and what detection is told of them."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (Typer reads the annotations at run time)
from typing import Annotated

import typer

from hydrometer.cli import casework, options
from hydrometer.cli.ending import Ending
from hydrometer.cli.text import json_text, shown

casebook = typer.Typer(no_args_is_help=True, help="The casebook: cases, constraints, export, upgrade.")

Account = Annotated[str, typer.Argument(metavar="ACCOUNT", help="An account.")]


@casebook.command("list")
def listed(
    state: Annotated[
        str | None, typer.Option("--state", metavar="open|upheld|overturned", help="Only those in this state.")
    ] = None,
    casebook: casework.Book = casework.BOOK,
    as_json: options.Json = False,
) -> None:
    """List cases, the latest first."""
    with Ending():
        from hydrometer.flow.casework import Desk

        with Desk(casebook).reading() as book:
            found = [each for each in book.cases() if state in {None, each.state}]
    if as_json:
        typer.echo(json_text(found))
        return
    for each in found:
        accounts = f"{len(each.accounts):,} accounts"
        typer.echo(shown(f"{each.id}  {each.kind:<8}  {each.state:<10}  {each.opened_at:%Y-%m-%d %H:%M}  {accounts}"))
    typer.echo(f"{len(found)} cases")


@casebook.command("show")
def show(
    case: Annotated[str, typer.Argument(metavar="CASE", help="A case.")],
    casebook: casework.Book = casework.BOOK,
    as_json: options.Json = False,
) -> None:
    """Show a case: evidence as it was kept, reviews, appeals."""
    with Ending():
        from hydrometer.flow.casework import Desk

        found, kept, reviews, appeals = Desk(casebook).dossier(case)
    if as_json:
        typer.echo(json_text({"case": found, "evidence": kept, "reviews": reviews, "appeals": appeals}))
        return
    for line in casework.case_lines(found, kept, reviews, appeals):
        typer.echo(shown(line))


@casebook.command("export")
def export(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="File to write; else standard output.")
    ] = None,
    casebook: casework.Book = casework.BOOK,
) -> None:
    """Write the constraints in force and the labels, as `detect --constraints` reads them."""
    with Ending():
        from hydrometer.flow.casework import Desk, write_constraints

        with Desk(casebook).reading() as book:
            found = book.constraints()
        if out is not None:
            write_constraints(found, out)
    if out is None:
        typer.echo(json_text(found))
    else:
        typer.echo(shown(f"{len(found.constraints):,} constraints and {len(found.labels):,} labels: {out}"))


@casebook.command("constrain")
def constrain(
    kind: Annotated[str, typer.Argument(metavar="cleared|must_link|cannot_link", help="What holds.")],
    account: Account,
    by: casework.By,
    why: casework.Why,
    other: Annotated[str, typer.Option("--with", metavar="ACCOUNT", help="The other account of a pair.")] = "",
    campaign: Annotated[str, typer.Option("--campaign", metavar="ID", help="Or a campaign of the last result.")] = "",
    casebook: casework.Book = casework.BOOK,
    audit: casework.Audit = None,
) -> None:
    """Put down what you know of an account, without a case: detection keeps to it."""
    with Ending():
        from hydrometer.flow.casework import Desk, constraint_of

        wanted = constraint_of(kind, account, other, campaign, by=by, why=why)
        new = Desk(casebook, audit).constrain(wanted)
    typer.echo(shown(f"{kind} of {account}: {'in force' if new else 'was in force already'}"))


@casebook.command("revoke")
def revoke(
    account: Account,
    by: casework.By,
    why: casework.Why,
    casebook: casework.Book = casework.BOOK,
    audit: casework.Audit = None,
) -> None:
    """Take back every constraint of an account."""
    with Ending():
        from hydrometer.flow.casework import Desk

        times = Desk(casebook, audit).revoke(account, by=by, why=why)
    typer.echo(shown(f"{times} constraints of {account} are taken back"))


@casebook.command("upgrade")
def upgrade(casebook: casework.Book = casework.BOOK) -> None:
    """Bring a casebook on a server up to this version; a file is brought up to date when it is opened."""
    with Ending():
        from hydrometer.flow.casework import upgrade as upgraded

        before, now = upgraded(casebook)
    typer.echo(f"At step {now}" + ("" if before == now else f", was at {before or 'none'}"))
