"""`hydrometer appeal`: customers ask for a case to be looked at again."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (Typer reads the annotations at run time)
from typing import TYPE_CHECKING, Annotated

import typer

from hydrometer.cli import casework, options
from hydrometer.cli.ending import Ending
from hydrometer.cli.text import json_text, shown

if TYPE_CHECKING:
    from hydrometer.contract.cases import Finding

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
    casebook: casework.Book = casework.BOOK,
    audit: casework.Audit = None,
    as_json: options.Json = False,
) -> None:
    """Open an appeal against a case."""
    with Ending():
        from hydrometer.flow.casework import Desk

        desk = Desk(casebook, audit)
        opened, whose = desk.open_appeal(case, account, by=by, statement=statement, logs=log or [])
    if as_json:
        typer.echo(json_text({"appeal": opened, "case": case, "account": whose}))
    else:
        typer.echo(shown(f"Appeal {opened} is open: case {case}, account {whose}"))


@appeal.command("uphold")
def uphold(
    appeal: Id,
    by: casework.By,
    why: casework.Why,
    alone: Alone = False,
    casebook: casework.Book = casework.BOOK,
    audit: casework.Audit = None,
) -> None:
    """Find that what was decided stands."""
    _decide(appeal, "uphold", by, why, alone, casebook, audit)


@appeal.command("overturn")
def overturn(
    appeal: Id,
    by: casework.By,
    why: casework.Why,
    alone: Alone = False,
    casebook: casework.Book = casework.BOOK,
    audit: casework.Audit = None,
) -> None:
    """Find that what was decided falls: the account is cleared, for the guard and for detection."""
    _decide(appeal, "overturn", by, why, alone, casebook, audit)


@appeal.command("reopen")
def reopen(
    appeal: Id,
    by: casework.By,
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="What is new.")],
    document: Annotated[
        Path | None, typer.Option("--document", metavar="FILE", help="A text file that is kept as evidence.")
    ] = None,
    casebook: casework.Book = casework.BOOK,
    audit: casework.Audit = None,
) -> None:
    """Open a closed appeal again, with something new; until it is decided, what was decided holds."""
    with Ending():
        from hydrometer.flow.casework import Desk

        Desk(casebook, audit).reopen_appeal(appeal, by=by, text=text, document=document)
    typer.echo(shown(f"Appeal {appeal} is open again"))


@appeal.command("list")
def listed(
    state: Annotated[
        str | None, typer.Option("--state", metavar="open|upheld|overturned", help="Only those in this state.")
    ] = None,
    casebook: casework.Book = casework.BOOK,
    as_json: options.Json = False,
) -> None:
    """List appeals, the longest waiting first."""
    with Ending():
        from hydrometer.flow.casework import Desk

        with Desk(casebook).reading() as book:
            found = [each for each in book.appeals() if state in {None, each.state}]
    if as_json:
        typer.echo(json_text(found))
        return
    for each in found:
        typer.echo(shown(f"{each.id}  {each.state:<10}  {each.opened_at:%Y-%m-%d %H:%M}  {each.case}  {each.account}"))
    typer.echo(f"{len(found)} appeals, {sum(each.state == 'open' for each in found)} open")


@appeal.command("show")
def show(appeal: Id, casebook: casework.Book = casework.BOOK, as_json: options.Json = False) -> None:
    """Show an appeal with the evidence of its case, as it was when it was decided."""
    with Ending():
        from hydrometer.flow.casework import Desk

        with Desk(casebook).reading() as book:
            found = book.appeal(appeal)
            case, kept, reviews = book.case(found.case), book.evidence(found.case), book.reviews(found.case)
    if as_json:
        typer.echo(json_text({"appeal": found, "case": case, "evidence": kept, "reviews": reviews}))
        return
    lines = [*casework.case_lines(case, kept, reviews, [found]), *casework.reasons_of(found.account, kept)]
    for line in lines:
        typer.echo(shown(line))


def _decide(appeal: str, finding: Finding, by: str, why: str, alone: bool, casebook: str, audit: Path | None) -> None:
    with Ending():
        from hydrometer.flow.casework import Desk

        account = Desk(casebook, audit).decide_appeal(appeal, finding, by=by, why=why, alone=alone)
    after = "is cleared" if finding == "overturn" else "stays as it was decided"
    typer.echo(shown(f"Appeal {appeal}: {finding}; account {account} {after}"))
