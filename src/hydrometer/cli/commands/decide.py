"""`hydrometer decide`: a person decides on a campaign."""

from __future__ import annotations

from typing import Annotated

import typer

from hydrometer.cli import options
from hydrometer.cli.exit_status import ExitStatus
from hydrometer.cli.finding_argument import parse_finding
from hydrometer.cli.output.terminal import escape_controls, format_json


def decide(
    result: options.Result,
    campaign: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="A campaign of the result.")],
    finding: options.Finding,
    by: options.By,
    why: options.Why,
    least: Annotated[
        float, typer.Option("--at-least", metavar="P", min=0, max=1, help="Least probability of the members meant.")
    ] = 0.5,
    casebook: options.Casebook = options.CASEBOOK,
    audit: options.Audit = None,
    as_json: options.Json = False,
) -> None:
    """Uphold or overturn a campaign of RESULT: its members become reviewed verdicts, or are cleared."""
    with ExitStatus():
        from hydrometer.enforcement.casebook import CaseService

        parsed_finding = parse_finding(finding)
        desk = CaseService(casebook, audit)
        case, changed, left = desk.decide(result, campaign, parsed_finding, by=by, why=why, least=least)
    if as_json:
        typer.echo(format_json({"case": case.id, "finding": parsed_finding, "accounts": changed, "left_out": left}))
        return
    typer.echo(
        escape_controls(
            f"Case {case.id}: {parsed_finding} by {by}; {len(changed):,} of {len(case.accounts):,} accounts are concerned"
        )
    )
    if left:
        typer.echo(f"Left out: {left:,} members below probability {least:g}")
