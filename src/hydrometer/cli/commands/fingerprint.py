"""`hydrometer fingerprint`: replace texts by their fingerprints."""

from __future__ import annotations

from pathlib import Path

import typer

from hydrometer.cli import options
from hydrometer.cli.exit_status import ExitStatus
from hydrometer.cli.output.progress_display import open_progress
from hydrometer.cli.output.terminal import escape_controls, format_json


def fingerprint(
    traffic: options.Traffic,
    out: options.OutAddress,
    source: options.Source = None,
    mapping: options.Mapping = None,
    site_key: options.SiteKey = None,
    settings: options.SettingsFile = None,
    seed: options.Seed = None,
    threads: options.Threads = None,
    memory: options.Memory = None,
    engine: options.Engine = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Read TRAFFIC and write it without texts, with keyed one-way fingerprints in their place; `detect` reads it."""
    with ExitStatus(Path(out)), open_progress(quiet=quiet) as progress:
        run_settings = options.resolve_settings(settings, seed=seed, threads=threads, memory=memory, engine=engine)
        from hydrometer import api

        made = api.fingerprint(
            options.resolve_location(traffic, run_settings),
            options.resolve_location(out, run_settings),
            run_settings,
            site_key=site_key,
            mapping=mapping,
            source=source,
            progress=progress,
        )
    if as_json:
        typer.echo(format_json({"out": str(out), "rows": made.rows, "rejected": made.rejected}))
        return
    for name, rows in made.rows.items():
        typer.echo(escape_controls(f"{name}: {rows:,} rows"))
    for reason, rows in made.rejected.items():
        typer.echo(escape_controls(f"Rejected: {rows:,} rows, {reason}"))
    typer.echo(escape_controls(f"Written to {out}"))
