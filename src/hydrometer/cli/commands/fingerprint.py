"""`hydrometer fingerprint`: replace texts by their fingerprints."""

from __future__ import annotations

from pathlib import Path

import typer

from hydrometer.cli import options
from hydrometer.cli.ending import Ending
from hydrometer.cli.progress import listening
from hydrometer.cli.text import json_text, shown


def fingerprint(
    traffic: options.Traffic,
    out: options.Place,
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
    with Ending(Path(out)), listening(quiet=quiet) as progress:
        chosen = options.chosen(settings, seed=seed, threads=threads, memory=memory, engine=engine)
        from hydrometer import flow

        made = flow.fingerprint(
            options.place(traffic, chosen),
            options.place(out, chosen),
            chosen,
            site_key=site_key,
            mapping=mapping,
            source=source,
            progress=progress,
        )
    if as_json:
        typer.echo(json_text({"out": str(out), "rows": made.rows, "rejected": made.rejected}))
        return
    for name, rows in made.rows.items():
        typer.echo(shown(f"{name}: {rows:,} rows"))
    for reason, rows in made.rejected.items():
        typer.echo(shown(f"Rejected: {rows:,} rows, {reason}"))
    typer.echo(shown(f"Written to {out}"))
