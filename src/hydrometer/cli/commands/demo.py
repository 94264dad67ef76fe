"""`hydrometer demo`: the way from logs to a report, on the bundled sample."""

from __future__ import annotations

from pathlib import Path

import typer

from hydrometer.cli import options
from hydrometer.cli.campaigns import print_campaigns
from hydrometer.cli.ending import Ending
from hydrometer.cli.progress import listening
from hydrometer.cli.text import shown


def demo(out: options.Out = Path("demo"), quiet: options.Quiet = False) -> None:
    """Find the campaigns of the bundled sample and write the same result as `detect` does."""
    with Ending(out), listening(quiet=quiet) as progress:
        from hydrometer import flow

        found = flow.detect(
            flow.sample(), out, options.chosen(None), site_key=None, mapping=None, source=None, progress=progress
        )
    print_campaigns(found, out)
    typer.echo(shown(f"Open {(out / 'report.html').resolve().as_uri()}"))
