"""`hydrometer review`: a person reviews a case."""

from __future__ import annotations

from typing import Annotated

import typer

from hydrometer.cli import options
from hydrometer.cli.exit_status import ExitStatus
from hydrometer.cli.finding_argument import parse_finding
from hydrometer.cli.output.terminal import escape_controls, format_json


def review(
    case: Annotated[str, typer.Argument(metavar="CASE", help="A case of the casebook.")],
    finding: options.Finding,
    by: options.By,
    why: options.Why,
    casebook: options.Casebook = options.CASEBOOK,
    audit: options.Audit = None,
    as_json: options.Json = False,
) -> None:
    """Uphold or overturn a case of the casebook, or say that nobody can say yet."""
    with ExitStatus():
        from hydrometer.enforcement.casebook import CaseService

        parsed_finding = parse_finding(finding)
        changed = CaseService(casebook, audit).review(case, parsed_finding, by=by, why=why)
    if as_json:
        typer.echo(format_json({"case": case, "finding": parsed_finding, "accounts": changed}))
    else:
        typer.echo(escape_controls(f"Case {case}: {parsed_finding} by {by}; {len(changed):,} accounts are concerned"))
