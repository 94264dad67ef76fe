"""Rows of CSV, each read within a bound, and again from its second line where a quote in it is never closed."""

from __future__ import annotations

import csv
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from hydrometer.contract import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

UNCLOSED = "quote never closed"
MOST_READ_AGAIN = 128 << 20
"""Characters that are read again after quotes that are never closed: a file in which they are many is no table."""
MOST_CELLS = 2_000_000
"""Cells of one row; Python holds each in some hundred bytes."""
LINE_COST = 64
"""Bytes that Python takes for a line beside its characters."""
_SKIPPED = 1 << 20
QUOTE_MEND = "Close the quote; double those inside a cell."


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A row of a table: the line on which it begins, and its cells, or why they cannot be read."""

    line: int
    cells: list[str]
    fault: str = ""


class _LongRowError(Exception):
    """A row is longer than the bound."""


class _RowLines:
    """The lines of a table, those of the row at hand kept so that they can be read again."""

    def __init__(self, lines: TextIO, longest: int) -> None:
        self._lines, self._longest = lines, longest
        self._again: deque[str] = deque()
        self._size = self._commas = 0
        self.row: list[str] = []
        self.first = 1
        """The number of the row's first line."""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._lines.readline(self._longest)
        if not line:
            raise StopIteration
        self.row.append(line)
        self._size += len(line) + LINE_COST
        if self._size > _SKIPPED:
            self._commas += line.count(",")
        if self._size >= self._longest or self._commas > MOST_CELLS:
            raise _LongRowError
        return line

    def begin_row(self) -> None:
        """Leave the lines of the row before behind."""
        self.first += len(self.row)
        self.row, self._size, self._commas = [], 0, 0

    def return_lines(self) -> int:
        """Give all lines of the row but the first back, to be read again; return their size in characters."""
        size = self._size
        self._again.extendleft(reversed(self.row[1:]))
        del self.row[1:]
        return size

    def skip_line(self) -> None:
        """Read to the end of a line that was cut."""
        line = self.row[-1]
        while line and not line.endswith(("\n", "\r")):
            line = self._lines.readline(_SKIPPED)


def read_csv_rows(lines: TextIO, file: str, longest: int) -> Iterator[CsvRow]:
    """Yield the rows of a table, the header among them.

    A row that is longer than `longest` characters, or whose quote is never closed, has a fault and no cells; what comes
    after its first line is read again, so that a quote takes no other rows with it. A quote counts as closed where the
    row over several lines that it makes is one of as many cells as the header has.

    Raises:
        InputError: so many quotes are never closed that the file is no table.
    """
    csv.field_size_limit(longest)
    feed = _RowLines(lines, longest)
    rows = csv.reader(feed, strict=True)
    read_again = width = 0
    while True:
        feed.begin_row()
        fault: Exception | None = None
        try:
            cells = next(rows, None)
        except (csv.Error, _LongRowError) as error:
            cells, fault = [], error
        if cells is None:
            return
        width = width or len(cells)
        if fault is None and (len(cells) == width or len(feed.row) == 1):
            yield CsvRow(feed.first, cells)
            continue
        rows = csv.reader(feed, strict=True)
        if fault is not None and len(feed.row) == 1:
            yield _read_faulty_line(feed, fault, longest)
            continue
        # A row over several lines that is none of the table: a quote in it ended where another was to begin.
        read_again += feed.return_lines()
        if read_again > MOST_READ_AGAIN:
            raise InputError(UNCLOSED, file=file, row=feed.first, mend=QUOTE_MEND)
        yield CsvRow(feed.first, [], UNCLOSED)


def _read_faulty_line(feed: _RowLines, error: Exception, longest: int) -> CsvRow:
    """Return a row of one line as lenient readers take it, unless it is too long or a quote is left open."""
    if isinstance(error, _LongRowError):
        feed.skip_line()
        return CsvRow(feed.first, [], f"record longer than {longest:,} characters or {MOST_CELLS:,} cells")
    lenient = csv.reader([*feed.row, ""])
    try:
        cells = next(lenient)
    except csv.Error as fault:
        return CsvRow(feed.first, [], f"not CSV: {fault}")
    return CsvRow(feed.first, cells) if lenient.line_num == 1 else CsvRow(feed.first, [], UNCLOSED)
