"""`hydrometer review`: a person reviews a case."""

from __future__ import annotations

from typing import Annotated

import typer

from hydrometer.cli import casework, options
from hydrometer.cli.ending import Ending
from hydrometer.cli.finding import finding_of
from hydrometer.cli.text import json_text, shown


def review(
    case: Annotated[str, typer.Argument(metavar="CASE", help="A case of the casebook.")],
    finding: casework.AsFound,
    by: casework.By,
    why: casework.Why,
    casebook: casework.Book = casework.BOOK,
    audit: casework.Audit = None,
    as_json: options.Json = False,
) -> None:
    """Uphold or overturn a case of the casebook, or say that nobody can say yet."""
    with Ending():
        from hydrometer.flow.casework import Desk

        found = finding_of(finding)
        changed = Desk(casebook, audit).review(case, found, by=by, why=why)
    if as_json:
        typer.echo(json_text({"case": case, "finding": found, "accounts": changed}))
    else:
        typer.echo(shown(f"Case {case}: {found} by {by}; {len(changed):,} accounts are concerned"))
