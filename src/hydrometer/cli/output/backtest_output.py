"""A backtest on standard output: what was stopped, whom it hit, which rule did it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hydrometer.cli.output.campaign_output import WIDE
from hydrometer.cli.output.terminal import escape_controls

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hydrometer.contract import Backtest


def print_backtest(record: Backtest, out: Path | None) -> None:
    """Print the outcome, the groups that were hit, the rules, and what the backtest cannot see."""
    from hydrometer.report import describe_outcome

    console = Console(width=None if sys.stdout.isatty() else WIDE, highlight=False)
    for line in describe_outcome(record):
        console.print(Text(escape_controls(line)), soft_wrap=True)
    hit = [each for each in record.groups if each.effect.touched_accounts]
    if hit:
        rows = (
            (
                each.group,
                _format_number(each.effect.accounts),
                _format_number(each.effect.touched_accounts),
                _format_number(each.effect.stopped),
                _format_number(each.effect.weakened),
                f"{each.worst_account}: {each.worst_requests:,} by {', '.join(each.worst_rules)}",
            )
            for each in hit
        )
        console.print("")
        console.print(_build_backtest_table(("honest", "accounts", "touched", "stopped", "weakened", "hit most"), rows))
    rules = (
        (
            each.rule,
            each.action,
            _format_number(each.requests),
            _format_number(each.harvest),
            _format_number(each.honest_requests),
        )
        for each in record.rules
    )
    console.print("")
    console.print(_build_backtest_table(("rule", "action", "decided", "harvest", "honest"), rules))
    moved = [each for each in record.thresholds if not each.current]
    if moved:
        console.print(f"\nThresholds tried: {len(moved):,}; the page and --json have them.")
    for note in record.notes:
        console.print(Text(escape_controls(f"Note: {note}")), soft_wrap=True)
    if out is not None:
        console.print(Text(escape_controls(f"Page: {out / 'backtest.html'}")), soft_wrap=True)


def _build_backtest_table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for index, name in enumerate(head):
        table.add_column(
            name, justify="left" if index == 0 or name in {"action", "hit most"} else "right", overflow="fold"
        )
    for row in rows:
        table.add_row(*(Text(escape_controls(cell)) for cell in row))
    return table


def _format_number(value: float) -> str:
    return f"{value:,.0f}"
