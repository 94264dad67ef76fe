"""`hydrometer explain`: why a campaign is one, why an account is in it or not."""

from __future__ import annotations

from typing import Annotated

import typer

from hydrometer.cli import options  # noqa: TC001 (Typer reads the annotations at run time)
from hydrometer.cli.exit_status import ExitStatus
from hydrometer.cli.output.terminal import escape_controls, format_json


def explain(
    result: options.Result,
    campaign: Annotated[
        str | None, typer.Option("--campaign", metavar="ID", help="The campaign, watch or group to explain.")
    ] = None,
    account: Annotated[
        str | None, typer.Option("--account", metavar="ID", help="The account to explain, member or not.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Say in plain words why a campaign was found, or why an account is a member or is not."""
    if (campaign is None) == (account is None):
        raise typer.BadParameter("name one campaign or one account", param_hint="--campaign / --account")
    with ExitStatus():
        from hydrometer import api

        if account is not None:
            api.require_account(result, account)
        explanation = api.explain(result, campaign=campaign, account=account)
    if as_json:
        typer.echo(format_json(explanation.to_dict()))
    else:
        for line in explanation.lines():
            typer.echo(escape_controls(line))
