"""A backtest on standard output: what was stopped, whom it hit, which rule did it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.cli.output.console_tables import build_table, open_console, print_line

if TYPE_CHECKING:
    from pathlib import Path

    from hydrometer.contract import Backtest

WORDS = frozenset({"honest", "rule", "action", "hit most"})
"""Columns that hold words; the others hold numbers."""


def print_backtest(record: Backtest, out: Path | None) -> None:
    """Print the outcome, the groups that were hit, the rules, and what the backtest cannot see."""
    from hydrometer.report import describe_outcome, format_count

    console = open_console()
    for line in describe_outcome(record):
        print_line(console, line)
    hit = [each for each in record.groups if each.effect.touched_accounts]
    if hit:
        rows = (
            (
                each.group,
                format_count(each.effect.accounts),
                format_count(each.effect.touched_accounts),
                format_count(each.effect.stopped),
                format_count(each.effect.weakened),
                f"{each.worst_account}: {each.worst_requests:,} by {', '.join(each.worst_rules)}",
            )
            for each in hit
        )
        console.print("")
        heads = ("honest", "accounts", "touched", "stopped", "weakened", "hit most")
        console.print(build_table(heads, rows, WORDS))
    rules = (
        (
            each.rule,
            each.action,
            format_count(each.requests),
            format_count(each.harvest),
            format_count(each.honest_requests),
        )
        for each in record.rules
    )
    console.print("")
    console.print(build_table(("rule", "action", "decided", "harvest", "honest"), rules, WORDS - {"honest"}))
    moved = [each for each in record.thresholds if not each.current]
    if moved:
        console.print(f"\nThresholds tried: {len(moved):,}; the page and --json have them.")
    for note in record.notes:
        print_line(console, f"Note: {note}")
    if out is not None:
        print_line(console, f"Page: {out / 'backtest.html'}")
