"""Records out of text files in every arrangement, whole and damaged."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hydrometer.contract.errors import InputError
from hydrometer.sources import Rejects
from hydrometer.sources import record_readers as streams
from hydrometer.sources.record_readers import read_csv_records, read_json_records

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path, content: bytes) -> tuple[list[tuple[int, dict[str, Any]]], Rejects]:
    path.write_bytes(content)
    rejects = Rejects()
    records = read_csv_records(path, rejects) if path.suffix == ".csv" else read_json_records(path, rejects)
    return [(record.line, record.fields) for record in records], rejects


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b'{"a":1}\n{"a":2}\n', [1, 2]),
        (b'{"a":1}\r\n\r\n{"a":2}', [1, 3]),
        (b'\xef\xbb\xbf{"a":1}\n{"a":2}\n', [1, 2]),
        (b'[{"a":1},{"a":2}]', [1, 1]),
        (b'[{"a":1}]\n[{"a":2}]\n', [1, 2]),
        (b'[\n{"a":1},\n{"a":2}\n]\n', [2, 3]),
        (b'[{"a":1}\n,{"a":2}\n]', [1, 2]),
        (b'[{"a":1},\n{"a":2}]\n[]\n', [1, 2]),
        (b'{\n "a": 1\n}\n{\n "a": 2\n}', [1, 4]),
        (b'{"a":\n1}\n{"a": 2}', [1, 3]),
        (b'\n\n{"a":1}\n{"a":2}', [3, 4]),
    ],
)
def test_arrangements_of_json(content: bytes, lines: list[int], tmp_path: Path) -> None:
    records, rejects = read(tmp_path / "x.json", content)
    assert records == [(lines[0], {"a": 1}), (lines[1], {"a": 2})]
    assert rejects.counts == {}
    zipped, _ = read(tmp_path / "y.json", gzip.compress(content))
    assert zipped == records


@given(
    objects=st.lists(
        st.dictionaries(st.text(max_size=4), st.text(max_size=30) | st.lists(st.integers(-(2**63), 2**63), max_size=3)),
        max_size=5,
    ),
    indent=st.sampled_from([None, 1, "\t"]),
    chunk=st.integers(1, 40),
)
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_document_is_read_alike_in_pieces_of_any_size(
    objects: list[dict[str, Any]], indent: Any, chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "CHUNK", chunk)
    records, rejects = read(tmp_path / "x.json", json.dumps(objects, indent=indent, ensure_ascii=False).encode())
    assert [fields for _, fields in records] == objects
    assert rejects.counts == {}


def test_an_empty_file_is_noted(tmp_path: Path) -> None:
    for name in ("x.json", "x.csv"):
        records, rejects = read(tmp_path / name, b"")
        assert (records, rejects.counts, rejects.notes) == ([], {}, {streams.EMPTY: 1})


@pytest.mark.parametrize(
    "content", [b'{"a":1}\n{"a":', b'[{"a":1},\n{"a":', b'[{"a":1},{"a":"caf\xc3', b'[\n{"a":1},\n{"b']
)
def test_a_torn_end_is_rejected_and_what_came_before_stays(content: bytes, tmp_path: Path) -> None:
    records, rejects = read(tmp_path / "x.json", content)
    assert [fields for _, fields in records] == [{"a": 1}]
    assert rejects.counts == {streams.TORN: 1}


def test_faulty_lines_are_rejected_one_by_one(tmp_path: Path) -> None:
    content = b'oops}\n{"a":1}\n{"a":\n7\n[1,{"a":2}]\nnull\n' + b"[" * 3000 + b'\n{"a":3}\n'
    records, rejects = read(tmp_path / "x.json", content)
    assert records == [(2, {"a": 1}), (5, {"a": 2}), (8, {"a": 3})]
    assert rejects.counts == {streams.NOT_JSON: 3, streams.NOT_OBJECT: 3}


def test_an_array_broken_in_its_middle_names_the_line(tmp_path: Path) -> None:
    for damage in (b'{"a":: 2}', b'{"a": "\\x"}', b'{"a" 1}'):
        content = b'[\n{"a":1},\n' + damage + b",\n" + b'{"a":3},\n' * 10 + b"]"
        with pytest.raises(InputError, match=r"x.json:3: not JSON") as caught:
            read(tmp_path / "x.json", content)
        assert caught.value.row == 3


def test_a_record_that_cannot_be_held_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LONGEST_RECORD", 50)
    monkeypatch.setattr(streams, "CHUNK", 20)
    long = json.dumps({"a": "x" * 200}).encode()
    with pytest.raises(InputError, match="a record longer than"):
        read(tmp_path / "x.json", b"[\n" + long + b"\n]")


def test_a_line_that_cannot_be_held_takes_no_other_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LONGEST_RECORD", 50)
    monkeypatch.setattr(streams, "CHUNK", 20)
    long = json.dumps({"a": "x" * 200}).encode()
    records, rejects = read(tmp_path / "x.json", b'{"a":1}\n' + long + b'\n{"a":2}\n')
    assert records == [(1, {"a": 1}), (3, {"a": 2})]
    assert rejects.counts == {streams.LONG: 1}
    monkeypatch.setattr(streams, "LONGEST_RECORD", 150)
    records, rejects = read(tmp_path / "x.csv", b"a,b\n1," + b"y" * 400 + b"\n2,c\n")
    assert records == [(3, {"a": "2", "b": "c"})]
    assert [reason.startswith("record longer than 150 characters") for reason in rejects.counts] == [True]


def test_what_goes_on_without_a_record_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST_BARREN", 5_000)
    monkeypatch.setattr(streams, "MOST_BARREN_LINES", 3_000)
    for name, content in (
        ("x.jsonl", b'{"a":1}\n' + b"\n" * 9_000),
        ("x.jsonl", b'{"a":1}\n' + b"[]\n" * 9_000),
        ("x.jsonl", b'{"a":1}\n' + b"nothing\n" * 9_000),
        ("x.json", b"{\n" + b'"a":1}' + b"[ ] " * 9_000),
        ("x.json", b"[\n" + b'{"a":1},' + b"1," * 9_000),
        ("x.csv", b"a,b\n1,2\n" + b"\n" * 9_000),
        ("x.csv", b"a,b\n1,2\n" + b"1\n" * 9_000),
    ):
        (tmp_path / name).unlink(missing_ok=True)
        with pytest.raises(InputError, match="no record in"):
            read(tmp_path / name, content)


def test_a_number_of_too_many_digits_is_damage(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not JSON"):
        read(tmp_path / "x.json", b'{\n"a":' + b"1" * 9_000 + b"}")


def test_what_only_lenient_parsers_take_is_left_to_be_mended(tmp_path: Path) -> None:
    records, _ = read(tmp_path / "x.json", b'{"a":"\\ud83d"}\n{"a":"caf\xe9"}\n{"a":NaN}\n')
    assert [fields["a"] for _, fields in records[:2]] == ["\ud83d", "caf\udce9"]
    assert records[2][1]["a"] != records[2][1]["a"]


def test_damaged_gzip_names_the_file(tmp_path: Path) -> None:
    whole = gzip.compress(b'{"a":1}\n' * 5000)
    for content, problem in ((whole[:-20], "truncated"), (whole[:30] + b"\0" * 30 + whole[60:], "damaged")):
        with pytest.raises(InputError, match=problem) as caught:
            read(tmp_path / "x.jsonl.gz", content)
        assert caught.value.file.endswith("x.jsonl.gz")


def test_utf16_is_refused(tmp_path: Path) -> None:
    for name in ("x.json", "x.csv"):
        with pytest.raises(InputError, match="UTF-16"):
            read(tmp_path / name, '{"a":1}\n'.encode("utf-16"))


def test_csv_rows_know_their_lines(tmp_path: Path) -> None:
    content = b'\xef\xbb\xbfa,b\r\n1,"two\r\nlines"\r\n\r\n2,\r\n3\r\n4,"caf\xe9"'
    records, rejects = read(tmp_path / "x.csv", content)
    assert records == [(2, {"a": "1", "b": "two\r\nlines"}), (5, {"a": "2"}), (7, {"a": "4", "b": "caf\udce9"})]
    assert rejects.counts == {streams.CELLS: 1}


def test_a_csv_column_named_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="column a: column named twice"):
        read(tmp_path / "x.csv", b"a,b,a\n1,2,3\n")


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        list(read_json_records(tmp_path / "none.json", Rejects()))
