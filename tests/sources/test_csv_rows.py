"""Rows of CSV whose quotes are closed, and rows whose are not."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hydrometer.contract import InputError
from hydrometer.sources import Rejects
from hydrometer.sources.csv_rows import UNCLOSED, read_csv_rows
from hydrometer.sources.record_readers import read_csv_records

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path, content: bytes) -> tuple[list[tuple[int, dict[str, str]]], Rejects]:
    path.write_bytes(content)
    rejects = Rejects()
    return [(record.line, record.fields) for record in read_csv_records(path, rejects)], rejects


def test_rows_are_read_as_lenient_readers_take_them() -> None:
    content = 'p,q\n"a"b,c\n"x\ny","say ""hi"""\n\nd\n"e",f"g\n"h"i,"j\n'
    rows = list(read_csv_rows(io.StringIO(content, newline=""), "x.csv", 1_000))
    assert [(row.line, row.cells, row.fault) for row in rows] == [
        (1, ["p", "q"], ""), (2, ["ab", "c"], ""), (3, ["x\ny", 'say "hi"'], ""), (5, [], ""), (6, ["d"], ""),
        (7, ["e", 'f"g'], ""), (8, [], UNCLOSED),
    ]  # fmt: skip


CELLS = st.text("ab \n,", max_size=5).filter(lambda cell: not cell.startswith("\n"))
"""Cells none of which begins with a line end: its quote and that would close an open cell, by all rules of CSV."""
ROWS = st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(ROWS, st.integers(0, 12))
def test_an_unclosed_quote_takes_no_other_row_with_it(tmp_path: Path, rows: list[tuple[str, str]], at: int) -> None:
    """Whatever the other rows are, they are read, and the line on which the quote began is named."""
    at = min(at, len(rows))
    first = 2 + sum(1 + "".join(row).count("\n") for row in rows[:at])
    lines = [",".join('"' + cell + 'x"' for cell in row) + "\n" for row in rows]
    records, rejects = read(tmp_path / "x.csv", "".join(["p,q\n", *lines[:at], 'here,"open\n', *lines[at:]]).encode())
    assert [record[1] for record in records] == [{"p": row[0] + "x", "q": row[1] + "x"} for row in rows]
    assert rejects.counts == {UNCLOSED: 1}
    assert first not in {line for line, _ in records}


def test_an_unclosed_quote_is_named_by_its_line(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(b'p,q\n1,2\n3,"4\n' + b"5,6\n" * 1_000)
    rejects = Rejects(keep=True)
    assert len(list(read_csv_records(file, rejects))) == 1_001
    assert [(entry["line"], entry["reason"]) for entry in rejects.summary.entries] == [(3, "quote never closed")]


def test_quotes_without_end_are_no_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hydrometer.sources.csv_rows.MOST_READ_AGAIN", 50_000)
    with pytest.raises(InputError, match=r"x\.csv:\d+: quote never closed"):
        read(tmp_path / "x.csv", b"p,q\n" + b'a","b\n' * 2_000)
