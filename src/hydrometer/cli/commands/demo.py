"""`hydrometer demo`: the way from logs to a report, on the bundled sample."""

from __future__ import annotations

from pathlib import Path

import typer

from hydrometer.cli import options  # noqa: TC001 (Typer reads the annotations at run time)
from hydrometer.cli.exit_status import ExitStatus
from hydrometer.cli.output.campaign_output import print_campaigns
from hydrometer.cli.output.progress_display import open_progress
from hydrometer.cli.output.terminal import escape_controls


def demo(out: options.Out = Path("demo"), quiet: options.Quiet = False) -> None:
    """Find the campaigns of the bundled sample and write the same result as `detect` does."""
    with ExitStatus(out), open_progress(quiet=quiet) as progress:
        from hydrometer import api
        from hydrometer.contract import CampaignFile

        result = api.detect(api.sample(), out, progress=progress)
        campaign_file = CampaignFile(campaigns=[*result.campaigns, *result.watches], run=result.run)
    print_campaigns(campaign_file, out)
    typer.echo(escape_controls(f"Open {(out / 'report.html').resolve().as_uri()}"))
