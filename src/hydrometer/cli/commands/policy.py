"""`hydrometer policy`: check, test and show a policy, and what it would have done."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from hydrometer.cli import options  # noqa: TC001 (Typer reads the annotations at run time)
from hydrometer.cli.exit_status import UNUSABLE, ExitStatus
from hydrometer.cli.output.backtest_output import print_backtest
from hydrometer.cli.output.progress_display import open_progress
from hydrometer.cli.output.terminal import escape_controls, format_json
from hydrometer.contract import Budget, Rule

policy = typer.Typer(no_args_is_help=True, help="Policies: check, test, show, and what they would have done.")

File = Annotated[Path, typer.Argument(metavar="POLICY", help="A policy file (YAML).")]


@policy.command("check")
def check(file: File, as_json: options.Json = False) -> None:
    """Say everything that is wrong with a policy, line by line; exit status 2 when it cannot be used."""
    with ExitStatus():
        from hydrometer.enforcement.policy import (
            check_policy,
        )

        made, problems = check_policy(file, datetime.now(UTC))
    if as_json:
        rows = [{"line": p.line, "column": p.column, "what": p.what, "mend": p.mend, "note": p.note} for p in problems]
        typer.echo(format_json({"usable": made is not None, "problems": rows}))
    else:
        for each in problems:
            kind = "note: " if each.note else ""
            typer.echo(escape_controls(f"{file}:{each.line}:{each.column}: {kind}{each.what}. {each.mend}"))
        if made is not None:
            counts = f"{len(made.rules)} rules, {len(made.budgets)} budgets, {len(made.tests)} tests"
            typer.echo(escape_controls(f"{made.name}: can be used; mode {made.mode}, {counts}"))
    if made is None:
        raise typer.Exit(UNUSABLE)


@policy.command("test")
def run_tests(file: File, as_json: options.Json = False) -> None:
    """Run the tests in a policy by the rulebook that the guard goes by; exit status 2 when one fails."""
    with ExitStatus():
        from hydrometer.enforcement.policy import (
            run_policy_tests,
        )

        tested = run_policy_tests(file, datetime.now(UTC))
    if as_json:
        import msgspec

        typer.echo(format_json([{**msgspec.to_builtins(each), "passed": each.passed} for each in tested]))
    else:
        for each in tested:
            if not each.passed:
                wanted = each.expected + (f" by {each.expected_rule}" if each.expected_rule else "")
                got = each.action + (f" by {each.rule}" if each.rule else "")
                typer.echo(escape_controls(f"{file}:{each.line}: {each.name}: expected {wanted}, got {got}"))
            for name in each.unevaluated:
                typer.echo(
                    escape_controls(f"{file}:{each.line}: {each.name}: the condition of {name} could not be evaluated")
                )
        failed = sum(not each.passed for each in tested)
        typer.echo(f"{len(tested) - failed} of {len(tested)} tests passed")
    if not all(each.passed for each in tested):
        raise typer.Exit(UNUSABLE)


@policy.command("show")
def show(
    file: Annotated[Path | None, typer.Argument(metavar="POLICY", help="A policy file; none: the example.")] = None,
    as_json: options.Json = False,
) -> None:
    """Print a policy as it is understood; without a file, an example with comments to begin with."""
    with ExitStatus():
        from hydrometer.enforcement.policy import (
            load_or_example_policy,
            read_example_policy,
        )

        if file is None and not as_json:
            typer.echo(read_example_policy(), nl=False)
            return
        loaded_policy = load_or_example_policy(file)
    if as_json:
        typer.echo(format_json(loaded_policy))
        return
    typer.echo(
        escape_controls(
            f"{loaded_policy.name}: mode {loaded_policy.mode}, appeals to {loaded_policy.appeal or 'nowhere'}"
        )
    )
    typer.echo(
        f"Silent degradation: {'off' if loaded_policy.silent_degradation == 'off' else 'ON, accepted by its owner'}"
    )
    parts: list[Rule | Budget] = [*loaded_policy.rules, *loaded_policy.budgets]
    for each in parts:
        until = f", until {each.expires:%Y-%m-%d %H:%M} UTC" if each.expires else ""
        share = f", for {each.percent:g} % of subjects" if each.percent < 100 else ""
        person = ", approved by a person" if each.person else ""
        size = (
            f" beyond {each.requests:,} in {each.seconds:,} s for one {each.over}" if isinstance(each, Budget) else ""
        )
        typer.echo(escape_controls(f"  {each.action:<18} {each.name}{size}{share}{until}{person}"))
        typer.echo(escape_controls(f"  {'':<18} if {' '.join(each.when.split())}"))


@policy.command("backtest")
def backtest(
    file: File,
    result: Annotated[
        Path, typer.Argument(metavar="RESULT", help="A folder that `detect` wrote, or a folder of such, one a day.")
    ],
    traffic: Annotated[Path, typer.Argument(metavar="TRAFFIC", help="Past traffic: a log file or a folder of logs.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="Folder for the page, the record and every decision.")
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(
            "--truth", metavar="WORLD", help="The labelled world that TRAFFIC is of, or its folder WORLD.truth."
        ),
    ] = None,
    also: Annotated[
        list[Path] | None,
        typer.Option("--also", metavar="RESULT", help="A result of another day, known from its traffic's end on."),
    ] = None,
    known_from: Annotated[
        datetime | None,
        typer.Option("--as-if-known-from", metavar="DATE", help="Take RESULT as known from then on (UTC)."),
    ] = None,
    upheld: Annotated[
        bool, typer.Option("--as-if-upheld", help="As if a person had upheld every campaign of the results.")
    ] = False,
    member: Annotated[
        float, typer.Option("--member", metavar="P", min=0, max=1, help="Least probability of a member in a snapshot.")
    ] = 0.8,
    campaign: Annotated[
        float,
        typer.Option("--campaign", metavar="P", min=0, max=1, help="Least probability of a campaign in a snapshot."),
    ] = 0.5,
    source: options.Source = None,
    mapping: options.Mapping = None,
    site_key: options.SiteKey = None,
    most: Annotated[
        int,
        typer.Option("--most", metavar="N", min=1, help="Requests of other accounts from which on they are sampled."),
    ] = 2_000_000,
    no_thresholds: Annotated[
        bool, typer.Option("--no-thresholds", help="Do not try other thresholds, which takes longest.")
    ] = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Replay TRAFFIC under POLICY by what RESULT knew: harvest stopped, honest customers touched, other thresholds."""
    with ExitStatus(out), open_progress(quiet=quiet) as progress:
        from hydrometer.enforcement.backtest import BacktestRequest, run_backtest, write_backtest
        from hydrometer.enforcement.snapshots import SnapshotOptions

        request = BacktestRequest(
            policy=file,
            result=result,
            traffic=traffic,
            more_results=also or [],
            known_from=known_from.replace(tzinfo=UTC) if known_from else None,
            truth=truth,
            site_key=site_key,
            source=source,
            mapping=mapping,
            as_if_upheld=upheld,
            snapshot_options=SnapshotOptions(member=member, campaign=campaign),
            thresholds=not no_thresholds,
            sample_limit=most,
        )
        tried = run_backtest(request, progress)
        if out is not None:
            write_backtest(tried, out)
    if as_json:
        typer.echo(format_json(tried.record))
    else:
        print_backtest(tried.record, out)


@policy.command("shadow")
def shadow(
    logs: Annotated[list[Path], typer.Argument(metavar="AUDIT ...", help="Audit logs of gateways in shadow mode.")],
    as_json: options.Json = False,
) -> None:
    """Sum up what gateways in shadow mode wrote down: what would have been done, by which rule, to how many."""
    with ExitStatus():
        from hydrometer.enforcement.audit import summarise_shadow_mode

        summary = summarise_shadow_mode(logs)
    if as_json:
        typer.echo(format_json(summary))
        return
    typer.echo(
        f"{summary.decisions:,} requests of {summary.accounts:,} accounts would not have been let through as they were"
    )
    if summary.decisions:
        typer.echo(f"From {summary.first} to {summary.last}")
    for action, requests in summary.actions.items():
        typer.echo(escape_controls(f"  {action:<18} {requests:,} requests"))
    for rule, counts in sorted(summary.rules.items(), key=lambda pair: -pair[1]["requests"]):
        typer.echo(escape_controls(f"  by {rule}: {counts['requests']:,} requests of {counts['accounts']:,} accounts"))
    for account, requests in summary.busiest:
        typer.echo(escape_controls(f"  account {account}: {requests:,} requests"))
