"""`hydrometer attribute`: who may be behind the campaigns of a result."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (Typer reads the annotations at run time)
from typing import Annotated

import typer

from hydrometer.cli import options
from hydrometer.cli.attribution import lines
from hydrometer.cli.ending import Ending
from hydrometer.cli.text import json_text, shown


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
    with Ending(result):
        chosen = options.chosen(settings)
        from hydrometer.flow.attributing import attribute_result

        found = attribute_result(result, intel, chosen.attribution, sharing_key=sharing_key)
    if as_json:
        typer.echo(json_text([{"id": c.id, "attribution": c.attribution} for c in found.campaigns]))
        return
    for line in lines(found.campaigns):
        typer.echo(shown(line))
