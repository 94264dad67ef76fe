"""Records out of text files: JSON in any arrangement, CSV, plain or gzipped.

A file is read once from front to back and held a few lines at a time.
"""

from __future__ import annotations

import codecs
import io
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from hydrometer.contract import InputError
from hydrometer.sources.bounded_input import open_input
from hydrometer.sources.csv_rows import QUOTE_MEND, UNCLOSED, read_csv_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader
    from pathlib import Path

    from hydrometer.sources.csv_rows import CsvRow
    from hydrometer.sources.rejects import Rejects

CHUNK = 1 << 20
"""Bytes asked for at once of a JSON document that is not one record a line."""
LONGEST_FIRST_LINE = 16 << 20
"""A first line longer than this is taken for a JSON document on one line."""
LONGEST_RECORD = 32 << 20
"""A record longer than this is left out, or, where it hides what follows it, refused: no API takes a longer request."""
MOST_MARKS = 2_000_000
"""Commas and brackets of one record: each may stand for a value that Python holds in some hundred bytes."""
LEAST_COUNTED = 1 << 20
"""Bytes of a record from which on its marks are counted."""
MOST_BARREN = 64 << 20
"""Bytes without a record after which a file is refused; it would otherwise be read to its end for nothing."""
MOST_BARREN_LINES = 1_000_000
LONGEST_TOKEN = 12
"""Characters of the longest JSON token that is no string or number: a pair of escapes."""
TORN = "torn last line"
NOT_JSON = "not JSON"
NOT_OBJECT = "not a JSON object"
CELLS = "number of cells differs from the header"
EMPTY = "empty file"

LONG = "record longer than 32 MiB, or of more than two million values"
_GAP = {
    False: re.compile(r"[ \t\r\n,]*+(?:\[[ \t\r\n,]*+\][ \t\r\n,]*+)*+\[?[ \t\r\n,]*+"),
    True: re.compile(r"[ \t\r\n,]*+(?:\][ \t\r\n,]*+\[[ \t\r\n,]*+)*+\]?[ \t\r\n,]*+"),
}
"""What may stand between two values, by whether they are inside an array; by brackets in it the array ends or begins."""


class RawRecord(NamedTuple):
    """One object of a file, the line on which it starts, and roughly how many bytes it took."""

    line: int
    fields: dict[str, Any]
    size: int


class _BarrenStretch:
    """What was read since the last record; a stretch too long ends the reading."""

    def __init__(self, name: str) -> None:
        self._name, self._first, self._size = name, 1, 0

    def end(self, line: int) -> None:
        """Note that a record ends on a line."""
        self._first, self._size = line, 0

    def extend(self, size: int, line: int) -> None:
        """Add bytes that hold no record, up to a line; raises InputError where they are too many."""
        self._size += size
        if self._size > MOST_BARREN or line - self._first > MOST_BARREN_LINES:
            raise InputError(
                f"no record in {self._size:,} bytes", file=self._name, row=self._first,
                mend="Take out what is no record, or export the file again.",
            )  # fmt: skip


def read_json_records(path: Path, rejects: Rejects) -> Iterator[RawRecord]:
    """Yield every object of a JSON file: one a line, an array, arrays a line, objects over many lines.

    Raises:
        InputError: damaged gzip, UTF-16 text, or an array broken before its end.
    """
    name = str(path)
    with open_input(path) as stream:
        first = stream.readline(LONGEST_FIRST_LINE)
        if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise InputError("UTF-16 text", file=name, row=1, mend="Save the file as UTF-8.")
        first = first.removeprefix(codecs.BOM_UTF8)
        if not first:
            rejects.note(EMPTY)
            return
        if _holds_whole_records(first):
            yield from _read_lines(first, stream, name, rejects)
        else:
            yield from _read_documents(first, stream, name, rejects)


def _holds_whole_records(first: bytes) -> bool:
    """Return whether the file holds whole records on each line; a last line that is torn is one, too."""
    stripped = first.strip()
    if not stripped:
        return False
    if _has_excess(first):
        # An array of many records, as a document, is read record by record.
        return False
    if _parse_json_line(first) is not None:
        return True
    # An array that does not end on its line, or an object that breaks off after a mark, goes on below: a document.
    goes_on = stripped.startswith(b"[") or stripped.endswith((b"{", b"[", b",", b":"))
    return first.endswith(b"\n") and not goes_on


def _parse_json_line(line: bytes) -> Any | None:
    """Return the JSON value of a line, None where it is not JSON."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        pass
    # The standard parser also takes lone surrogates, NaN and, decoded so, bytes that are no UTF-8: `values` mends them.
    try:
        return json.loads(line.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        return None


def _has_excess(text: bytes | str) -> bool:
    """Return whether a text may hold more values than can be held."""
    if len(text) < LEAST_COUNTED:
        return False
    marks = (b",", b"[", b"{") if isinstance(text, bytes) else (",", "[", "{")
    return sum(map(text.count, marks)) > MOST_MARKS  # type: ignore[arg-type]


def _read_lines(first: bytes, stream: BufferedReader, name: str, rejects: Rejects) -> Iterator[RawRecord]:
    loads = orjson.loads
    line: bytes = first
    number = 1
    barren = _BarrenStretch(name)
    while line:
        if len(line) >= LONGEST_RECORD or (len(line) >= LEAST_COUNTED and _has_excess(line)):
            rejects.reject(LONG, file=name, line=number)
            _skip_line(line, stream, number, barren)
            line, number = stream.readline(LONGEST_RECORD), number + 1
            continue
        try:
            value = loads(line)
        except orjson.JSONDecodeError:
            value = None if line == b"\n" else _parse_json_line(line)
        if type(value) is dict:
            yield RawRecord(number, value, len(line))
            barren.end(number)
        elif type(value) is list:
            yield from _read_array(value, number, len(line), name, rejects)
            if value:
                barren.end(number)
            else:
                barren.extend(len(line), number)
        elif value is not None or line.strip() == b"null":
            rejects.reject(NOT_OBJECT, file=name, line=number)
            barren.extend(len(line), number)
        elif line.isspace():
            size, lines = _skip_blank_lines(stream)
            number += lines
            barren.extend(len(line) + size, number - lines)
        else:
            rejects.reject(NOT_JSON if line.endswith(b"\n") else TORN, file=name, line=number)
            barren.extend(len(line), number)
        line = stream.readline(LONGEST_RECORD)
        number += 1


def _skip_line(line: bytes, stream: BufferedReader, number: int, barren: _BarrenStretch) -> None:
    """Read to the end of a line that was cut."""
    while line and not line.endswith(b"\n"):
        line = stream.readline(CHUNK)
        barren.extend(len(line), number)


def _skip_blank_lines(stream: BufferedReader) -> tuple[int, int]:
    """Read the blank lines that come next, as far as they are at hand; return their bytes and their number."""
    ready = stream.peek()
    blank = len(ready) - len(ready.lstrip())
    size = ready.rfind(b"\n", 0, blank) + 1
    stream.read(size)
    return size, ready.count(b"\n", 0, size)


def _read_array(values: list[Any], line: int, size: int, name: str, rejects: Rejects) -> Iterator[RawRecord]:
    for value in values:
        if type(value) is dict:
            yield RawRecord(line, value, size // len(values))
        else:
            rejects.reject(NOT_OBJECT, file=name, line=line)


def _read_documents(first: bytes, stream: BufferedReader, name: str, rejects: Rejects) -> Iterator[RawRecord]:
    """Yield values that follow one another, in arrays or bare, over any number of lines.

    Held: one value and a chunk. A value cut by the chunk's end is tried again with twice as much text.
    """
    decoder = json.JSONDecoder()
    decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
    begin, text, at, line, ended, read_size, inside = io.BytesIO(first), "", 0, 1, False, CHUNK, False
    barren = _BarrenStretch(name)
    while True:
        begun = at
        at, line, inside = _skip_gap(text, at, line, inside=inside)
        barren.extend(at - begun, line)
        fault: json.JSONDecodeError | None = None
        if at < len(text):
            try:
                value, end = _decode_value(decoder, text, at, name, line)
            except json.JSONDecodeError as error:
                fault = error
            else:
                if type(value) is dict:
                    yield RawRecord(line, value, end - at)
                    barren.end(line)
                else:
                    rejects.reject(NOT_OBJECT, file=name, line=line)
                    barren.extend(end - at, line)
                line += text.count("\n", at, end)
                at = end
                read_size = CHUNK
                continue
            # What breaks off at the end of the text may go on in the next chunk; anything else is damage.
            cut = fault.msg.startswith("Unterminated string") or fault.pos >= len(text) - LONGEST_TOKEN
            if not cut:
                raise _make_syntax_error(name, line + text.count("\n", at, fault.pos), fault.msg)
        if ended:
            if fault is not None:
                rejects.reject(TORN, file=name, line=line)
            return
        if len(text) - at > LONGEST_RECORD:
            raise _make_length_error(name, line)
        more = begin.read(read_size) or stream.read(read_size)
        ended = not more
        text, at, read_size = text[at:] + decode(more, ended), 0, min(read_size * 2, LONGEST_RECORD)
        if fault is not None and _has_excess(text):
            raise _make_length_error(name, line)


def _skip_gap(text: str, at: int, line: int, *, inside: bool) -> tuple[int, int, bool]:
    """Return where the next value begins, on which line, and whether inside an array."""
    gap = _GAP[inside].match(text, at)
    end = gap.end() if gap is not None else at
    brackets = text.count("[", at, end) + text.count("]", at, end)
    return end, line + text.count("\n", at, end), inside != bool(brackets % 2)


def _decode_value(decoder: json.JSONDecoder, text: str, at: int, name: str, line: int) -> tuple[Any, int]:
    """Return a value of the text and where it ends.

    Raises:
        JSONDecodeError: it is no JSON, or breaks off.
        InputError: it is nested too deeply, or holds a number of too many digits.
    """
    try:
        return decoder.raw_decode(text, at)
    except json.JSONDecodeError:
        raise
    except RecursionError:
        raise _make_syntax_error(name, line, "nested too deeply") from None
    except ValueError as error:
        raise _make_syntax_error(name, line, str(error)) from None


def _make_syntax_error(name: str, line: int, problem: str) -> InputError:
    return InputError(
        f"{NOT_JSON}: {problem}", file=name, row=line, mend="Export the file again, or write one object a line."
    )


def _make_length_error(name: str, line: int) -> InputError:
    problem = f"a record longer than {LONGEST_RECORD >> 20} MiB, or of more than {MOST_MARKS:,} values"
    return InputError(problem, file=name, row=line, mend="Write smaller records, one a line.")


def read_csv_records(path: Path, rejects: Rejects) -> Iterator[RawRecord]:
    """Yield every row of a CSV file with a header as column → text; an empty cell is an absent value.

    A row whose quote is never closed is rejected, and the lines after the one on which it begins are read as rows.

    Raises:
        InputError: damaged gzip, UTF-16 text, a column named twice, or quoting that cannot be read.
    """
    name = str(path)
    barren = _BarrenStretch(name)
    with (
        open_input(path) as stream,
        io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="") as lines,
    ):
        rows = read_csv_rows(lines, name, LONGEST_RECORD)
        header = _check_header(next(rows, None), name)
        if not header:
            rejects.note(EMPTY)
            return
        width = len(header)
        for row in rows:
            cells = row.cells
            if len(cells) == width and not row.fault:
                fields = {column: cell for column, cell in zip(header, cells, strict=True) if cell}
                yield RawRecord(row.line, fields, sum(map(len, cells)))
                barren.end(row.line)
                continue
            if cells or row.fault:
                rejects.reject(row.fault or CELLS, file=name, line=row.line)
            barren.extend(1, row.line)


def _check_header(row: CsvRow | None, name: str) -> list[str]:
    """Return the columns of a header, none of an empty file; raises InputError where it is none."""
    if row is None or not (row.cells or row.fault):
        return []
    if row.fault:
        mend = QUOTE_MEND if row.fault == UNCLOSED else "Name the columns in the first row."
        raise InputError(row.fault, file=name, row=row.line, mend=mend)
    header = row.cells
    if header[0].encode("utf-8", "surrogateescape")[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise InputError("UTF-16 text", file=name, row=1, mend="Save the file as UTF-8.")
    twice = sorted(column for column, times in Counter(header).items() if times > 1)
    if twice:
        raise InputError("column named twice", file=name, row=1, column=twice[0], mend="Rename or drop one.")
    return header


def read_csv_header(path: Path) -> list[str]:
    """Return the columns that a CSV file names, empty where the file is; raises InputError where they cannot be read."""
    with (
        open_input(path) as stream,
        io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="") as lines,
    ):
        row = next(read_csv_rows(lines, str(path), LONGEST_RECORD), None)
        if row is not None and row.fault:
            _check_header(row, str(path))
        return row.cells if row is not None else []
