"""The store of the TAXII server: beside a plain model of it, and with many writers at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.taxii_sites import indicator
from hydrometer.contract.errors import InputError
from hydrometer.intelligence.taxii.media_types import accepts_media, is_taxii
from hydrometer.intelligence.taxii.object_query import OF_LISTS, ObjectQuery, QueryError, encode_cursor, parse_query
from hydrometer.intelligence.taxii.offered_objects import (
    OfferedObject,
    RefusedObject,
    check_object,
    format_microseconds,
    parse_microseconds,
)
from hydrometer.intelligence.taxii.taxii_store import TaxiiStore

NAMES = st.sampled_from(["a", "b", "c"])
DAYS = st.integers(1, 4)
STEPS = st.lists(st.tuples(st.sampled_from(["add", "add", "remove"]), NAMES, DAYS), max_size=14)
WANTED = st.sets(st.sampled_from(["first", "last", "all", 1, 2, 3]), min_size=1, max_size=3)


def stamp(day: int) -> str:
    return f"2026-02-0{day}T00:00:00.000Z"


def model(steps: list[tuple[str, str, int]], wanted: set[Any], names: set[str]) -> list[tuple[str, str]]:
    """What a query must find, by going through everything in the order in which it was added."""
    live: list[tuple[str, int]] = []
    for what, name, day in steps:
        if what == "add" and (name, day) not in live:
            live.append((name, day))
        elif what == "remove":
            live = [row for row in live if row != (name, day)]
    found = []
    for name, day in live:
        days = [other for same, other in live if same == name]
        kinds = {"all"} | ({"last"} if day == max(days) else set()) | ({"first"} if day == min(days) else set())
        if (not names or name in names) and wanted & (kinds | {day}):
            found.append((indicator(name)["id"], stamp(day)))
    return found


@settings(max_examples=40)
@given(STEPS, WANTED, st.sets(NAMES, max_size=2), st.integers(1, 5))
def test_pages_are_what_a_plain_reading_finds(
    steps: list[tuple[str, str, int]], wanted: set[Any], names: set[str], limit: int
) -> None:
    with TemporaryDirectory() as folder:
        store = TaxiiStore(Path(folder) / "taxii.sqlite", clock=count(1_000).__next__)
        collection = store.add_collection("a", "A").id
        for what, name, day in steps:
            if what == "add":
                store.add(collection, [check_object(indicator(name, stamp(day)))], "me")
            else:
                moment = parse_microseconds(stamp(day))[0]
                one = ObjectQuery(ids=(indicator(name)["id"],), kinds=frozenset(), moments=(moment,))
                store.remove(collection, one, "me")
        pairs = [
            ("limit", str(limit)),
            ("match[version]", ",".join(str(w) if isinstance(w, str) else stamp(w) for w in wanted)),
        ]
        if names:
            pairs.append(("match[id]", ",".join(indicator(name)["id"] for name in names)))
        found: list[tuple[str, str]] = []
        following: list[tuple[str, str]] = []
        while True:
            page = store.page(collection, parse_query([*pairs, *following], OF_LISTS))
            assert len(page.rows) <= limit
            found += [(row.id, row.stamp) for row in page.rows]
            if not page.more:
                break
            following = [("next", encode_cursor(page.rows[-1].added))]
    assert found == model(steps, wanted, names)


def test_a_reader_beside_many_writers_misses_and_repeats_nothing(tmp_path: Path) -> None:
    store = TaxiiStore(tmp_path / "taxii.sqlite")
    collection = store.add_collection("a", "A").id

    def write(writer: int) -> None:
        for batch in range(8):
            store.add(
                collection, [check_object(indicator(f"{writer}.{batch}.{n}")) for n in range(5)], f"client{writer}"
            )

    seen: list[str] = []
    with ThreadPoolExecutor(4) as threads:
        writing = [threads.submit(write, writer) for writer in range(4)]
        after = -1
        while True:
            done = all(one.done() for one in writing)
            page = store.page(collection, ObjectQuery(after=after, limit=7))
            seen += [row.id for row in page.rows]
            after = page.rows[-1].added if page.rows else after
            if done and not page.rows:
                break
        for one in writing:
            one.result()
    assert len(seen) == len(set(seen)) == 160


def test_all_or_nothing_of_a_request_is_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = TaxiiStore(tmp_path / "taxii.sqlite")
    collection = store.add_collection("a", "A").id
    broken = OfferedObject("indicator--x", "indicator", 1, "", None)  # type: ignore[arg-type]
    with pytest.raises(Exception, match="NOT NULL"):
        store.add(collection, [check_object(indicator("a")), broken], "me")
    assert store.page(collection, ObjectQuery()).rows == []


def test_files_that_are_no_store(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database, and long enough to be looked at as one" * 40)
    with pytest.raises(InputError, match="cannot open"):
        TaxiiStore(tmp_path / "text")
    with pytest.raises(InputError, match="cannot open"):
        TaxiiStore(tmp_path)
    import sqlite3

    with sqlite3.connect(tmp_path / "other") as other:
        other.execute("CREATE TABLE something (x)")
    other.close()
    with pytest.raises(InputError, match="format 0"):
        TaxiiStore(tmp_path / "other")


@given(st.integers(parse_microseconds("0001-01-01T00:00:00Z")[0], parse_microseconds("9999-12-31T23:59:59.999999Z")[0]))
def test_times_are_written_as_they_are_read(moment: int) -> None:
    assert parse_microseconds(format_microseconds(moment)) == (moment, True)


@given(st.text(max_size=40) | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", fullmatch=True))
def test_no_text_is_a_time_by_accident(text: str) -> None:
    try:
        moment, _ = parse_microseconds(text)
    except ValueError:
        return
    assert format_microseconds(moment)[:19] == text[:19]


@given(st.text(max_size=60) | st.from_regex(r"[a-z*]+/[a-z+*]+(;[a-z]+=[0-9.]+)*(,[a-z*/]+)*", fullmatch=True))
def test_any_header_is_judged(text: str) -> None:
    assert accepts_media(text) in (True, False)
    assert is_taxii(text) in (True, False)
    assert accepts_media(f"{text},application/taxii+json;version=2.1") is True


@given(st.lists(st.tuples(st.sampled_from(sorted(OF_LISTS)) | st.text(max_size=8), st.text(max_size=30)), max_size=4))
def test_any_query_is_understood_or_refused(items: list[tuple[str, str]]) -> None:
    try:
        query = parse_query(items, OF_LISTS)
    except QueryError:
        return
    assert 1 <= query.limit <= 1_000


THINGS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(THINGS, st.dictionaries(st.sampled_from(["id", "type", "created", "modified", "spec_version"]), THINGS))
def test_any_object_is_taken_or_refused_with_a_reason(thing: Any, change: dict[str, Any]) -> None:
    for one in (thing, indicator("a") | change):
        found = check_object(one)
        assert isinstance(found, OfferedObject) or (isinstance(found, RefusedObject) and found.why)
