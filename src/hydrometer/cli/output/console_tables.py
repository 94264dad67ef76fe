"""Tables on standard output: drawn to the width of a terminal, or wide and whole for whoever reads them later."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hydrometer.cli.output.terminal import escape_controls

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

WIDE = 1_000
"""Columns of an output that is no terminal: nothing is cut or folded."""


def open_console() -> Console:
    """Return standard output for texts and tables."""
    return Console(width=None if sys.stdout.isatty() else WIDE, highlight=False)


def print_line(console: Console, line: str) -> None:
    """Print a line whole, whatever the width, with nothing in it that a terminal obeys."""
    console.print(Text(escape_controls(line)), soft_wrap=True)


def build_table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], words: Collection[str], least: Sequence[int] = ()
) -> Table:
    """Return a table; columns whose head is in `words` stand on the left, the others hold numbers.

    Cells fold where the terminal is narrow, down to the `least` widths of the columns where these are given and not 0.
    """
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for index, head in enumerate(heads):
        width = (least[index] or None) if index < len(least) else None
        table.add_column(head, justify="left" if head in words else "right", overflow="fold", min_width=width)
    for row in rows:
        table.add_row(*(Text(escape_controls(cell)) for cell in row))
    return table
