"""An evaluation on standard output: what was measured with its intervals, what was found, and who was wronged."""

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
    from hydrometer.flow.evaluation import Estimate, Operator, Score, Summary

MOST_OPERATORS = 12
"""Operators that each have a row; of more, only those that were not found have one."""
FINE = 0.01
"""A smaller number is shown with two figures, so that little is not taken for nothing."""
WORDS = frozenset({"measure", "interval", "world", "operator", "found as", "archetype"})
"""Columns that hold words; the others hold numbers."""


def print_evaluation(summary: Summary) -> None:
    """Print the measures, the operators, the archetypes with flagged accounts, and all that could not be scored."""
    console = Console(width=None if sys.stdout.isatty() else WIDE, highlight=False)
    worlds = "1 world" if summary.worlds == 1 else f"{summary.worlds:,} worlds"
    console.print(f"{worlds}; an account is flagged from probability {summary.at:g} on\n")
    console.print(_measures(summary.measures), "")
    operators = [(score, row) for score in summary.scores for row in score.operators]
    rows = operators if len(operators) <= MOST_OPERATORS else [pair for pair in operators if not pair[1].found]
    if rows:
        console.print(_operators(rows, worlds=summary.worlds > 1), "")
    if len(rows) < len(operators):
        console.print(f"Found: {len(operators) - len(rows):,} more operators; --json has them all.\n")
    wronged = {kind: estimate for kind, estimate in summary.benign.items() if estimate.numerator}
    if wronged:
        console.print(_benign(wronged), "")
    for line in _lines(summary, len(wronged)):
        console.print(Text(shown(line)), soft_wrap=True)


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for name in columns:
        table.add_column(name, justify="left" if name in WORDS else "right", overflow="fold")
    return table


def _measures(measures: dict[str, Estimate]) -> Table:
    table = _table("measure", "value", "95 %", "of", "interval")
    for name, estimate in measures.items():
        if estimate.value is not None:
            row = (_number(estimate.value), _between(estimate), _counts(estimate), estimate.interval)
            table.add_row(_words(name), *row)
    return table


def _operators(rows: list[tuple[Score, Operator]], *, worlds: bool) -> Table:
    first = ("world",) if worlds else ()
    accounts = ("accounts", "flagged", "share", "purity", "campaigns")
    table = _table(*first, "operator", "found as", *accounts, "exchange precision", "exchange recall")
    for score, row in rows:
        cells = [shown(score.world)] if worlds else []
        cells += [shown(row.operator), shown(row.campaign or "") if row.found else "not found"]
        cells += [f"{row.accounts:,}", f"{row.flagged:,}", _number(row.share), _number(row.purity), f"{row.campaigns}"]
        sent = score.exchanges.operators.get(row.operator) if score.exchanges is not None else None
        cells += [_share(sent.hits, sent.claimed), _share(sent.recalled, sent.harvest)] if sent else ["", ""]
        table.add_row(*map(Text, cells))
    return table


def _benign(wronged: dict[str, Estimate]) -> Table:
    table = _table("archetype", "honest accounts flagged", "per 100,000", "95 %")
    for kind, estimate in sorted(wronged.items(), key=lambda row: (-(row[1].value or 0.0), row[0])):
        table.add_row(Text(shown(kind)), _counts(estimate), _number(estimate.value), _between(estimate))
    return table


def _lines(summary: Summary, wronged: int) -> list[str]:
    """Return, a line each, what the tables leave out and what limits them."""
    lines = [f"No account flagged: {len(summary.benign) - wronged} of {len(summary.benign)} archetypes"]
    undefined = [_words(name) for name, estimate in summary.measures.items() if estimate.value is None]
    if undefined:
        lines.append(f"Nothing to divide by: {', '.join(undefined)}")
    lines += [f"Absent: {what}{_in(number, summary.worlds)}" for what, number in summary.absent.items()]
    lines += [f"Noted: {number:,} {what}" for what, number in summary.notes.items()]
    for score in summary.scores:
        for row in score.detections or ():
            when = f"first found in {row.day}" if row.day is not None else "never found"
            lines.append(
                f"{score.world}: {row.operator} {when}, after {row.before:,} of {row.harvest:,} harvested exchanges"
            )
    return lines


def _in(number: int, worlds: int) -> str:
    return f" (in {number:,} of {worlds:,} worlds)" if worlds > 1 else ""


def _words(name: str) -> str:
    return name.replace("_", " ").replace("100k", "100,000")


def _number(value: float | None) -> str:
    if value is None:
        return ""
    if value > 1:
        return f"{value:,.1f}"
    return f"{value:.2g}" if 0 < value < FINE else f"{value:.3f}"


def _share(part: int, whole: int) -> str:
    return _number(part / whole) if whole else ""


def _between(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return ""
    return f"{_number(estimate.low)} – {_number(estimate.high)}"


def _counts(estimate: Estimate) -> str:
    if estimate.numerator is None:
        return ""
    return f"{estimate.numerator:,.0f} of {estimate.denominator:,.0f}"
