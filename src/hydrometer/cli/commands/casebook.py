"""`hydrometer casebook`: cases, and what detection is told of them."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (Typer reads the annotations at run time)
from typing import Annotated

import typer

from hydrometer.cli import options
from hydrometer.cli.exit_status import ExitStatus
from hydrometer.cli.output import case_output
from hydrometer.cli.output.terminal import escape_controls, format_json

casebook = typer.Typer(no_args_is_help=True, help="The casebook: cases, constraints, export, upgrade.")

Account = Annotated[str, typer.Argument(metavar="ACCOUNT", help="An account.")]


@casebook.command("list")
def list_cases(
    state: Annotated[
        str | None, typer.Option("--state", metavar="open|upheld|overturned", help="Only those in this state.")
    ] = None,
    casebook: options.Casebook = options.CASEBOOK,
    as_json: options.Json = False,
) -> None:
    """List cases, the latest first."""
    with ExitStatus():
        from hydrometer.enforcement.casebook import CaseService

        with CaseService(casebook).open_casebook() as book:
            cases = [each for each in book.cases() if state in {None, each.state}]
    if as_json:
        typer.echo(format_json(cases))
        return
    for each in cases:
        accounts = f"{len(each.accounts):,} accounts"
        typer.echo(
            escape_controls(f"{each.id}  {each.kind:<8}  {each.state:<10}  {each.opened_at:%Y-%m-%d %H:%M}  {accounts}")
        )
    typer.echo(f"{len(cases)} cases")


@casebook.command("show")
def show(
    case: Annotated[str, typer.Argument(metavar="CASE", help="A case.")],
    casebook: options.Casebook = options.CASEBOOK,
    as_json: options.Json = False,
) -> None:
    """Show a case: evidence as it was kept, reviews, appeals."""
    with ExitStatus():
        from hydrometer.enforcement.casebook import CaseService

        record, kept, reviews, appeals = CaseService(casebook).read_case_file(case)
    if as_json:
        typer.echo(format_json({"case": record, "evidence": kept, "reviews": reviews, "appeals": appeals}))
        return
    for line in case_output.format_case(record, kept, reviews, appeals):
        typer.echo(escape_controls(line))


@casebook.command("export")
def export(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="File to write; else standard output.")
    ] = None,
    casebook: options.Casebook = options.CASEBOOK,
) -> None:
    """Write the constraints in force and the labels, as `detect --constraints` reads them."""
    with ExitStatus():
        from hydrometer.enforcement.casebook import CaseService, write_constraints

        with CaseService(casebook).open_casebook() as book:
            constraint_set = book.constraints()
        if out is not None:
            write_constraints(constraint_set, out)
    if out is None:
        typer.echo(format_json(constraint_set))
    else:
        typer.echo(
            escape_controls(
                f"{len(constraint_set.constraints):,} constraints and {len(constraint_set.labels):,} labels: {out}"
            )
        )


@casebook.command("constrain")
def constrain(
    kind: Annotated[str, typer.Argument(metavar="cleared|must_link|cannot_link", help="What holds.")],
    account: Account,
    by: options.By,
    why: options.Why,
    other: Annotated[str, typer.Option("--with", metavar="ACCOUNT", help="The other account of a pair.")] = "",
    campaign: Annotated[str, typer.Option("--campaign", metavar="ID", help="Or a campaign of the last result.")] = "",
    casebook: options.Casebook = options.CASEBOOK,
    audit: options.Audit = None,
) -> None:
    """Put down what you know of an account, without a case: detection keeps to it."""
    with ExitStatus():
        from hydrometer.enforcement.casebook import CaseService, make_constraint

        wanted = make_constraint(kind, account, other, campaign, by=by, why=why)
        new = CaseService(casebook, audit).add_constraint(wanted)
    typer.echo(escape_controls(f"{kind} of {account}: {'in force' if new else 'was in force already'}"))


@casebook.command("revoke")
def revoke(
    account: Account,
    by: options.By,
    why: options.Why,
    casebook: options.Casebook = options.CASEBOOK,
    audit: options.Audit = None,
) -> None:
    """Take back every constraint of an account."""
    with ExitStatus():
        from hydrometer.enforcement.casebook import CaseService

        times = CaseService(casebook, audit).revoke_constraints(account, by=by, why=why)
    typer.echo(escape_controls(f"{times} constraints of {account} are taken back"))


@casebook.command("upgrade")
def upgrade(casebook: options.Casebook = options.CASEBOOK) -> None:
    """Bring a casebook on a server up to this version; a file is brought up to date when it is opened."""
    with ExitStatus():
        from hydrometer.enforcement.casebook import upgrade_database as upgraded

        before, now = upgraded(casebook)
    typer.echo(f"At step {now}" + ("" if before == now else f", was at {before or 'none'}"))
