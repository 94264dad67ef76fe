"""`hydrometer appeal`: customers ask for a case to be looked at again."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (Typer reads the annotations at run time)
from typing import TYPE_CHECKING, Annotated

import typer

from hydrometer.cli import options
from hydrometer.cli.exit_status import ExitStatus
from hydrometer.cli.output import case_output
from hydrometer.cli.output.terminal import escape_controls, format_json

if TYPE_CHECKING:
    from hydrometer.contract import ReviewFinding

appeal = typer.Typer(no_args_is_help=True, help="Appeals: open, decide, reopen, list, show.")

Id = Annotated[str, typer.Argument(metavar="APPEAL", help="Id of an appeal.")]
Alone = Annotated[
    bool, typer.Option("--alone", help="Whoever upheld the case decides the appeal too: there is nobody else.")
]


@appeal.command("open")
def open_appeal(
    case: Annotated[str, typer.Argument(metavar="CASE", help="What the customer was told, or a campaign.")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who appeals.")],
    statement: Annotated[str, typer.Option("--statement", metavar="TEXT", help="What the customer says.")],
    account: Annotated[
        str | None, typer.Option("--account", metavar="ID", help="For whom, where a case is about several accounts.")
    ] = None,
    log: Annotated[
        list[Path] | None,
        typer.Option("--log", metavar="FOLDER", help="Audit log of a gateway, where the casebook lacks the case."),
    ] = None,
    casebook: options.Casebook = options.CASEBOOK,
    audit: options.Audit = None,
    as_json: options.Json = False,
) -> None:
    """Open an appeal against a case."""
    with ExitStatus():
        from hydrometer.enforcement.casebook import CaseService

        desk = CaseService(casebook, audit)
        appeal_id, whose = desk.open_appeal(case, account, by=by, statement=statement, logs=log or [])
    if as_json:
        typer.echo(format_json({"appeal": appeal_id, "case": case, "account": whose}))
    else:
        typer.echo(escape_controls(f"Appeal {appeal_id} is open: case {case}, account {whose}"))


@appeal.command("uphold")
def uphold(
    appeal: Id,
    by: options.By,
    why: options.Why,
    alone: Alone = False,
    casebook: options.Casebook = options.CASEBOOK,
    audit: options.Audit = None,
) -> None:
    """Find that what was decided stands."""
    _decide_appeal(appeal, "uphold", by, why, alone, casebook, audit)


@appeal.command("overturn")
def overturn(
    appeal: Id,
    by: options.By,
    why: options.Why,
    alone: Alone = False,
    casebook: options.Casebook = options.CASEBOOK,
    audit: options.Audit = None,
) -> None:
    """Find that what was decided falls: the account is cleared, for the guard and for detection."""
    _decide_appeal(appeal, "overturn", by, why, alone, casebook, audit)


@appeal.command("reopen")
def reopen(
    appeal: Id,
    by: options.By,
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="What is new.")],
    document: Annotated[
        Path | None, typer.Option("--document", metavar="FILE", help="A text file that is kept as evidence.")
    ] = None,
    casebook: options.Casebook = options.CASEBOOK,
    audit: options.Audit = None,
) -> None:
    """Open a closed appeal again, with something new; until it is decided, what was decided holds."""
    with ExitStatus():
        from hydrometer.enforcement.casebook import CaseService

        CaseService(casebook, audit).reopen_appeal(appeal, by=by, text=text, document=document)
    typer.echo(escape_controls(f"Appeal {appeal} is open again"))


@appeal.command("list")
def list_appeals(
    state: Annotated[
        str | None, typer.Option("--state", metavar="open|upheld|overturned", help="Only those in this state.")
    ] = None,
    casebook: options.Casebook = options.CASEBOOK,
    as_json: options.Json = False,
) -> None:
    """List appeals, the longest waiting first."""
    with ExitStatus():
        from hydrometer.enforcement.casebook import CaseService

        with CaseService(casebook).open_casebook() as book:
            appeals = [each for each in book.appeals() if state in {None, each.state}]
    if as_json:
        typer.echo(format_json(appeals))
        return
    for each in appeals:
        typer.echo(
            escape_controls(
                f"{each.id}  {each.state:<10}  {each.opened_at:%Y-%m-%d %H:%M}  {each.case}  {each.account}"
            )
        )
    typer.echo(f"{len(appeals)} appeals, {sum(each.state == 'open' for each in appeals)} open")


@appeal.command("show")
def show(appeal: Id, casebook: options.Casebook = options.CASEBOOK, as_json: options.Json = False) -> None:
    """Show an appeal with the evidence of its case, as it was when it was decided."""
    with ExitStatus():
        from hydrometer.enforcement.casebook import CaseService

        with CaseService(casebook).open_casebook() as book:
            record = book.appeal(appeal)
            case, kept, reviews = book.case(record.case), book.evidence(record.case), book.reviews(record.case)
    if as_json:
        typer.echo(format_json({"appeal": record, "case": case, "evidence": kept, "reviews": reviews}))
        return
    lines = [*case_output.format_case(case, kept, reviews, [record]), *case_output.format_reasons(record.account, kept)]
    for line in lines:
        typer.echo(escape_controls(line))


def _decide_appeal(
    appeal: str, finding: ReviewFinding, by: str, why: str, alone: bool, casebook: str, audit: Path | None
) -> None:
    with ExitStatus():
        from hydrometer.enforcement.casebook import CaseService

        account = CaseService(casebook, audit).decide_appeal(appeal, finding, by=by, why=why, alone=alone)
    after = "is cleared" if finding == "overturn" else "stays as it was decided"
    typer.echo(escape_controls(f"Appeal {appeal}: {finding}; account {account} {after}"))
