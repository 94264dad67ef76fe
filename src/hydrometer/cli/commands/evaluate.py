"""`hydrometer evaluate`: how well results did on labelled worlds."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (Typer reads the annotations at run time)
from typing import Annotated

import typer

from hydrometer.cli import options  # noqa: TC001 (Typer reads the annotations at run time)
from hydrometer.cli.exit_status import ExitStatus
from hydrometer.cli.output.evaluation_output import print_evaluation
from hydrometer.cli.output.terminal import format_json


def evaluate(
    pairs: Annotated[
        list[Path],
        typer.Argument(metavar="RESULT WORLD ...", help="Results of `detect`, or one a day, each with its world."),
    ],
    at: Annotated[
        float, typer.Option("--at", min=0, max=1, help="Probability from which an account is flagged.")
    ] = 0.5,
    as_json: options.Json = False,
    draw: Annotated[
        Path | None, typer.Option("--draw", metavar="FILE.svg", help="Draw reliability and honest accounts flagged.")
    ] = None,
) -> None:
    """Score RESULT against the truth beside WORLD; of several pairs, pool them with intervals over the worlds."""
    if len(pairs) % 2:
        raise typer.BadParameter("name pairs: RESULT WORLD [RESULT WORLD ...]", param_hint="RESULT WORLD")
    with ExitStatus():
        from hydrometer import api

        summary = api.evaluate(pairs[::2], pairs[1::2], at=at, drawing=draw)
    if as_json:
        typer.echo(format_json(summary))
    else:
        print_evaluation(summary)
