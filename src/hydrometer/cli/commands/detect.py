"""`hydrometer detect`: find campaigns in traffic."""

from __future__ import annotations

from typing import Annotated

import typer

from hydrometer.cli import options
from hydrometer.cli.exit_status import ExitStatus
from hydrometer.cli.output.campaign_output import print_campaigns, summarise_campaigns
from hydrometer.cli.output.progress_display import open_progress
from hydrometer.cli.output.terminal import format_json


def detect(
    traffic: options.Traffic,
    out: options.Out,
    source: options.Source = None,
    mapping: options.Mapping = None,
    site_key: options.SiteKey = None,
    settings: options.SettingsFile = None,
    seed: options.Seed = None,
    threads: options.Threads = None,
    memory: options.Memory = None,
    engine: options.Engine = None,
    intel: options.Intel = None,
    sharing_key: options.SharingKey = None,
    as_json: options.Json = False,
    explain_steps: Annotated[
        bool, typer.Option("--explain-steps", help="Print the SQL steps of such a run and run nothing.")
    ] = False,
    no_exhibits: Annotated[
        bool, typer.Option("--no-exhibits", help="Show no wording of prompts in the report.")
    ] = False,
    constraints: Annotated[
        str | None,
        typer.Option("--constraints", metavar="FILE", help="What people found of accounts: an export, or a casebook."),
    ] = None,
    quiet: options.Quiet = False,
) -> None:
    """Find campaigns in TRAFFIC; write campaigns, members, harvested exchanges and a report to a folder."""
    if explain_steps:
        with ExitStatus():
            run_settings = options.resolve_settings(settings, seed=seed, threads=threads, memory=memory, engine=engine)
            from hydrometer import api

            steps = api.list_steps(run_settings)
        typer.echo(
            format_json([{"name": step.name, "meaning": step.meaning, "sql": step.sql} for step in steps])
            if as_json
            else "\n\n".join(f"-- {step.name}: {step.meaning}\n{step.sql.rstrip(';')};" for step in steps)
        )
        return
    with ExitStatus(out), open_progress(quiet=quiet) as progress:
        run_settings = options.resolve_settings(
            settings,
            seed=seed,
            threads=threads,
            memory=memory,
            exhibits=False if no_exhibits else None,
            engine=engine,
        )
        from hydrometer import api
        from hydrometer.contract import CampaignFile

        result = api.detect(
            options.resolve_location(traffic, run_settings),
            out,
            run_settings,
            site_key=site_key,
            mapping=mapping,
            source=source,
            progress=progress,
            constraints=constraints,
            intel=intel or (),
            sharing_key=sharing_key,
        )
        campaign_file = CampaignFile(campaigns=[*result.campaigns, *result.watches], run=result.run)
    if as_json:
        typer.echo(format_json(summarise_campaigns(campaign_file, out)))
    else:
        print_campaigns(campaign_file, out)
