"""A backtest on standard output: what was stopped, whom it hit, which rule did it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hydrometer.cli.campaigns import WIDE
from hydrometer.cli.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hydrometer.contract.backtest import Backtest


def print_backtest(record: Backtest, out: Path | None) -> None:
    """Print the outcome, the groups that were hit, the rules, and what the backtest cannot see."""
    from hydrometer.flow.backtesting import bottom_line

    console = Console(width=None if sys.stdout.isatty() else WIDE, highlight=False)
    for line in bottom_line(record):
        console.print(Text(shown(line)), soft_wrap=True)
    hit = [each for each in record.groups if each.effect.touched_accounts]
    if hit:
        rows = (
            (
                each.group,
                _number(each.effect.accounts),
                _number(each.effect.touched_accounts),
                _number(each.effect.stopped),
                _number(each.effect.weakened),
                f"{each.worst_account}: {each.worst_requests:,} by {', '.join(each.worst_rules)}",
            )
            for each in hit
        )
        console.print("")
        console.print(_table(("honest", "accounts", "touched", "stopped", "weakened", "hit most"), rows))
    rules = (
        (each.rule, each.action, _number(each.requests), _number(each.harvest), _number(each.honest_requests))
        for each in record.rules
    )
    console.print("")
    console.print(_table(("rule", "action", "decided", "harvest", "honest"), rules))
    moved = [each for each in record.thresholds if not each.current]
    if moved:
        console.print(f"\nThresholds tried: {len(moved):,}; the page and --json have them.")
    for note in record.notes:
        console.print(Text(shown(f"Note: {note}")), soft_wrap=True)
    if out is not None:
        console.print(Text(shown(f"Page: {out / 'backtest.html'}")), soft_wrap=True)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for place, name in enumerate(head):
        table.add_column(
            name, justify="left" if place == 0 or name in {"action", "hit most"} else "right", overflow="fold"
        )
    for row in rows:
        table.add_row(*(Text(shown(cell)) for cell in row))
    return table


def _number(value: float) -> str:
    return f"{value:,.0f}"
