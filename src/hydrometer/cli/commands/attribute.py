"""`hydrometer attribute`: who may be behind the campaigns of a result."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (Typer reads the annotations at run time)
from typing import Annotated

import typer

from hydrometer.cli import options
from hydrometer.cli.exit_status import ExitStatus
from hydrometer.cli.output.attribution_output import format_attributions
from hydrometer.cli.output.terminal import escape_controls, format_json


def attribute(
    result: options.Result,
    intel: Annotated[
        list[Path],
        typer.Option(
            "--intel",
            metavar="PATH",
            help="Dossiers of known actors: STIX 2.1 bundles, or a folder of them; can be given again.",
        ),
    ],
    sharing_key: options.SharingKey = None,
    settings: options.SettingsFile = None,
    as_json: options.Json = False,
) -> None:
    """Weigh dossiers of known actors for each campaign of RESULT; write who may be behind it into the result."""
    with ExitStatus(result):
        run_settings = options.resolve_settings(settings)
        from hydrometer import api

        attributed = api.attribute(result, intel, run_settings, sharing_key=sharing_key)
    if as_json:
        typer.echo(format_json([{"id": c.id, "attribution": c.attribution} for c in attributed.campaigns]))
        return
    for line in format_attributions(attributed.campaigns):
        typer.echo(escape_controls(line))
