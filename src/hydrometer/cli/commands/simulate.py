"""`hydrometer simulate`: write a labelled world."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (Typer reads the annotations)
from typing import Annotated

import typer

from hydrometer.cli import options
from hydrometer.cli.exit_status import ExitStatus
from hydrometer.cli.output.progress_display import open_progress
from hydrometer.cli.output.terminal import escape_controls, format_json
from hydrometer.contract import InputError


def simulate(
    scenario: Annotated[
        str, typer.Option("--scenario", metavar="NAME", help="A scenario of --list, or a .toml or .json file.")
    ] = "ladder3",
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="The same seed gives the same world.")] = 1,
    accounts: Annotated[
        int | None, typer.Option("--accounts", metavar="N", help="Accounts of the whole world.")
    ] = None,
    exchanges: Annotated[
        int | None, typer.Option("--exchanges", metavar="N", help="Exchanges of the whole world, within 5 %.")
    ] = None,
    days: Annotated[int | None, typer.Option("--days", metavar="N", help="Days that the world lasts.")] = None,
    operator_accounts: Annotated[
        int | None, typer.Option("--operator-accounts", metavar="N", help="Accounts of all operators together.")
    ] = None,
    harvested: Annotated[
        int | None, typer.Option("--harvested", metavar="N", help="Exchanges that all operators harvest, within 5 %.")
    ] = None,
    sketches_only: Annotated[
        bool, typer.Option("--sketches-only", help="Write fingerprints in place of texts: for scale.")
    ] = False,
    site_key: options.SiteKey = None,
    threads: options.Threads = None,
    list_only: Annotated[bool, typer.Option("--list", help="Print the scenarios and make nothing.")] = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="Folder to write; it must be new or empty.")
    ] = None,
) -> None:
    """Write a labelled world: traffic as `detect` reads it, and beside it FOLDER.truth, which says who was who."""
    if list_only:
        _print_scenarios(as_json=as_json)
        return
    with ExitStatus(out), open_progress(quiet=quiet) as progress:
        if out is None:
            raise InputError(
                "no folder to write is named", mend="Name one with --out, or see the scenarios with --list."
            )
        run_settings = options.resolve_settings(None, threads=threads)
        from hydrometer import api

        made = api.simulate(
            scenario,
            out,
            seed=seed,
            accounts=accounts,
            exchanges=exchanges,
            days=days,
            operator_accounts=operator_accounts,
            harvested=harvested,
            sketches_only=sketches_only,
            site_key=site_key,
            settings=run_settings,
            progress=progress,
        )
    rows = {
        "accounts": made.accounts.total(),
        "exchanges": made.exchanges.total(),
        "harvested": made.harvested.total(),
    }
    if as_json:
        typer.echo(format_json({"out": str(out), "rows": rows, "harvested_by_operator": dict(made.harvested)}))
        return
    for name, number in rows.items():
        typer.echo(f"{name}: {number:,}")
    for name, number in sorted(made.harvested.items()):
        typer.echo(
            escape_controls(f"operator {name}: {made.accounts[name]:,} accounts, {number:,} exchanges harvested")
        )
    if made.cut:
        typer.echo(f"Limit reached: {made.cut:,} sketches kept fewer hashes than they had (fingerprint.max_sketch)")
    typer.echo(escape_controls(f"Written to {out}, the truth to {out}.truth"))


def _print_scenarios(*, as_json: bool) -> None:
    from hydrometer import api

    scenarios = api.scenarios()
    if as_json:
        typer.echo(format_json(scenarios))
        return
    width = max(map(len, scenarios))
    for name, line in scenarios.items():
        typer.echo(f"{name:{width}}  {line}")
