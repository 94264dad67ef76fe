"""Records out of text files: JSON in any arrangement, CSV, plain or gzipped.

A file is read once from front to back and held a few lines at a time.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, cast

import orjson

from hydrometer.contract import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hydrometer.sources.rejects import Rejects

CHUNK = 1 << 20
"""Bytes asked for at once of a JSON document that is not one record a line."""
LONGEST_FIRST_LINE = 16 << 20
"""A first line longer than this is taken for a JSON document on one line."""
LONGEST_RECORD = 256 << 20
"""A record (of CSV: a cell) longer than this is refused: a quote never closed, or a file that cannot be held."""
LONGEST_TOKEN = 12
"""Characters of the longest JSON token that is no string or number: a pair of escapes."""
GZIP = b"\x1f\x8b"
TORN = "torn last line"
NOT_JSON = "not JSON"
NOT_OBJECT = "not a JSON object"
CELLS = "number of cells differs from the header"
EMPTY = "empty file"

_WHITE = " \t\r\n"


class RawRecord(NamedTuple):
    """One object of a file, the line on which it starts, and roughly how many bytes it took."""

    line: int
    fields: dict[str, Any]
    size: int


@contextmanager
def open_input(path: Path) -> Iterator[BinaryIO]:
    """Open a file, unzipped where it is gzip whatever its name.

    Raises:
        InputError: the file is missing, unreadable, or damaged gzip (also while it is being read).
    """
    name = str(path)
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == GZIP
            raw.seek(0)
            if zipped:
                with gzip.open(raw) as stream:
                    yield cast("BinaryIO", stream)
            else:
                yield raw
    except EOFError:
        raise InputError("truncated gzip", file=name, mend="Copy the whole file again.") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"damaged gzip: {error}", file=name, mend="Copy the whole file again.") from None
    except FileNotFoundError:
        raise InputError("no such file", file=name, mend="Name an existing file or folder.") from None
    except IsADirectoryError:
        raise InputError("a folder, not a file", file=name, mend="Name a file.") from None
    except PermissionError:
        raise InputError("not readable", file=name, mend="Let this user read the file.") from None


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


def _read_lines(first: bytes, stream: BinaryIO, name: str, rejects: Rejects) -> Iterator[RawRecord]:
    loads = orjson.loads
    line: bytes = first
    number = 1
    while line:
        try:
            value = loads(line)
        except orjson.JSONDecodeError:
            value = _parse_json_line(line)
        if type(value) is dict:
            yield RawRecord(number, value, len(line))
        elif type(value) is list:
            yield from _read_array(value, number, len(line), name, rejects)
        elif value is not None or line.strip() == b"null":
            rejects.reject(NOT_OBJECT, file=name, line=number)
        elif not line.isspace():
            rejects.reject(NOT_JSON if line.endswith(b"\n") else TORN, file=name, line=number)
        line = stream.readline(LONGEST_RECORD)
        number += 1
        if len(line) == LONGEST_RECORD:
            raise _make_length_error(name, number)


def _read_array(values: list[Any], line: int, size: int, name: str, rejects: Rejects) -> Iterator[RawRecord]:
    for value in values:
        if type(value) is dict:
            yield RawRecord(line, value, size // len(values))
        else:
            rejects.reject(NOT_OBJECT, file=name, line=line)


def _read_documents(first: bytes, stream: BinaryIO, name: str, rejects: Rejects) -> Iterator[RawRecord]:
    """Yield values that follow one another, in arrays or bare, over any number of lines.

    Held: one value and a chunk. A value cut by the chunk's end is tried again with twice as much text.
    """
    decoder = json.JSONDecoder()
    decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
    text, at, line, ended, read_size, inside = decode(first), 0, 1, False, CHUNK, False
    while True:
        while at < len(text) and (
            text[at] in _WHITE or text[at] == "," or (text[at] in "[]" and inside != (text[at] == "["))
        ):
            inside = text[at] == "[" or (inside and text[at] != "]")
            line += text[at] == "\n"
            at += 1
        fault: json.JSONDecodeError | None = None
        if at < len(text):
            try:
                value, end = decoder.raw_decode(text, at)
            except json.JSONDecodeError as error:
                fault = error
            except RecursionError:
                raise _make_syntax_error(name, line, "nested too deeply") from None
            else:
                if type(value) is dict:
                    yield RawRecord(line, value, end - at)
                else:
                    rejects.reject(NOT_OBJECT, file=name, line=line)
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
        more = stream.read(read_size)
        ended = not more
        text, at, read_size = text[at:] + decode(more, ended), 0, min(read_size * 2, 1 << 28)


def _make_syntax_error(name: str, line: int, problem: str) -> InputError:
    return InputError(
        f"{NOT_JSON}: {problem}", file=name, row=line, mend="Export the file again, or write one object a line."
    )


def _make_length_error(name: str, line: int) -> InputError:
    problem = f"a record longer than {LONGEST_RECORD >> 20} MiB"
    return InputError(problem, file=name, row=line, mend="Write smaller records, one a line.")


def read_csv_records(path: Path, rejects: Rejects) -> Iterator[RawRecord]:
    """Yield every row of a CSV file with a header as column → text; an empty cell is an absent value.

    Raises:
        InputError: damaged gzip, UTF-16 text, a column named twice, or quoting that cannot be read.
    """
    name = str(path)
    csv.field_size_limit(LONGEST_RECORD)
    with (
        open_input(path) as stream,
        io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="") as lines,
    ):
        rows = csv.reader(lines)
        try:
            header = next(rows, [])
            if not header:
                rejects.note(EMPTY)
                return
            if header[0].encode("utf-8", "surrogateescape")[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                raise InputError("UTF-16 text", file=name, row=1, mend="Save the file as UTF-8.")
            twice = sorted({column for column in header if header.count(column) > 1})
            if twice:
                raise InputError("column named twice", file=name, row=1, column=twice[0], mend="Rename or drop one.")
            start = rows.line_num + 1
            for cells in rows:
                if len(cells) == len(header):
                    fields = {column: cell for column, cell in zip(header, cells, strict=True) if cell}
                    yield RawRecord(start, fields, sum(map(len, cells)))
                elif cells:
                    rejects.reject(CELLS, file=name, line=start)
                start = rows.line_num + 1
        except csv.Error as error:
            raise InputError(
                f"not CSV: {error}", file=name, row=rows.line_num, mend="Quote cells that hold quotes or line ends."
            ) from None


def read_csv_header(path: Path) -> list[str]:
    """Return the columns that a CSV file names; empty where the file is."""
    with (
        open_input(path) as stream,
        io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="") as lines,
    ):
        return next(csv.reader(lines), [])
