"""`hydrometer decide`: a person decides on a campaign."""

from __future__ import annotations

from typing import Annotated

import typer

from hydrometer.cli import casework, options
from hydrometer.cli.ending import Ending
from hydrometer.cli.finding import finding_of
from hydrometer.cli.text import json_text, shown


def decide(
    result: options.Result,
    campaign: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="A campaign of the result.")],
    finding: casework.AsFound,
    by: casework.By,
    why: casework.Why,
    least: Annotated[
        float, typer.Option("--at-least", metavar="P", min=0, max=1, help="Least probability of the members meant.")
    ] = 0.5,
    casebook: casework.Book = casework.BOOK,
    audit: casework.Audit = None,
    as_json: options.Json = False,
) -> None:
    """Uphold or overturn a campaign of RESULT: its members become reviewed verdicts, or are cleared."""
    with Ending():
        from hydrometer.flow.casework import Desk

        found = finding_of(finding)
        desk = Desk(casebook, audit)
        case, changed, left = desk.decide(result, campaign, found, by=by, why=why, least=least)
    if as_json:
        typer.echo(json_text({"case": case.id, "finding": found, "accounts": changed, "left_out": left}))
        return
    typer.echo(
        shown(f"Case {case.id}: {found} by {by}; {len(changed):,} of {len(case.accounts):,} accounts are concerned")
    )
    if left:
        typer.echo(f"Left out: {left:,} members below probability {least:g}")
