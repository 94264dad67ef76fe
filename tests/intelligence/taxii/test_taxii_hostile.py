"""The TAXII server against bodies, objects and filters that nobody should send."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from fixtures.taxii_sites import Site, Speaker, indicator, site
from hydrometer.intelligence.taxii import taxii_store
from hydrometer.intelligence.taxii.taxii_server import MOST_OBJECTS

if TYPE_CHECKING:
    from pathlib import Path

OBJECTS = "/api/collections/shared/objects/"


@pytest.fixture
def here(tmp_path: Path) -> Site:
    return site(tmp_path / "taxii")


@pytest.fixture
def ours(here: Site) -> Speaker:
    return Speaker(here.app, here.tokens["ours"])


def names(answer: Any) -> list[str]:
    return [thing["name"] for thing in answer.json().get("objects", [])]


@pytest.mark.parametrize(
    ("more", "content", "status"),
    [
        ({"Content-Type": "application/json"}, b'{"objects":[{}]}', 415),
        ({"Content-Type": "application/taxii+json;version=2.0"}, b'{"objects":[{}]}', 415),
        ({"Content-Encoding": "gzip"}, b'{"objects":[{}]}', 415),
        ({}, b"", 400),
        ({}, b"{", 400),
        ({}, b"\xff", 400),
        ({}, b"[" * 100_000, 400),
        ({}, b'{"objects":[NaN]}', 400),
        ({}, b"[]", 422),
        ({}, b'{"objects":{}}', 422),
        ({}, b'{"objects":[]}', 422),
        ({}, b'{"objects":[' + b"0," * MOST_OBJECTS + b"0]}", 413),
        ({}, b" " * 100_001, 413),
    ],
)
def test_bodies(tmp_path: Path, more: dict[str, str], content: bytes, status: int) -> None:
    here = site(tmp_path, most_bytes=100_000)
    answer = Speaker(here.app, here.tokens["ours"]).http.post(OBJECTS, content=content, headers=more)
    assert answer.status_code == status
    assert answer.json()["title"]


def test_a_body_without_length_is_read_no_further_than_allowed(tmp_path: Path) -> None:
    here = site(tmp_path, most_bytes=1_000)
    read: list[int] = []

    def endless() -> Any:
        while len(read) < 1_000:
            read.append(1)
            yield b" " * 600

    assert Speaker(here.app, here.tokens["ours"]).http.post(OBJECTS, content=endless()).status_code == 413


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"id": "indicator--x"},
        {"id": "sighting--28bb3599-77cd-5a82-a950-b5bc3caf07c4"},
        {"id": "indicator--28BB3599-77cd-5a82-a950-b5bc3caf07c4"},
        {"type": 3},
        {"type": "bundle"},
        {"type": "../../x"},
        {"spec_version": "2.0"},
        {"modified": "yesterday"},
        {"modified": 3},
        {"modified": "2026-02-30T00:00:00Z"},
        {"modified": "2026-02-01T00:00:00+00:00"},
        {"modified": "2026-02-01T00:00:00.0000001Z"},
        {"modified": "9999-99-99T99:99:99Z"},
        {"x": json.loads("[" * 300 + "]" * 300)},
        {"name": "x" * (1 << 20)},
    ],
)
def test_a_faulty_object_is_told_and_the_others_are_added(ours: Speaker, change: dict[str, Any]) -> None:
    status = ours.post(OBJECTS, indicator("bad") | change, indicator("good"), None, 3).json()
    assert (status["total_count"], status["success_count"], status["failure_count"]) == (4, 1, 3)
    assert all(failure["message"] for failure in status["failures"])
    assert names(ours.get(OBJECTS)) == ["good"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=x",
        "limit=1.5",
        "limit=٣",
        "limit=",
        "next=x",
        "next=" + "A" * 100,
        "next=LTE",
        "added_after=now",
        "added_after=2026-02-01",
        "added_after=2026-02-01T00:00:00Z&added_after=2026-02-02T00:00:00Z",
        "match[version]=newest",
        "match[id]=",
        "match[name]=x",
        "match[id]=" + ",".join(str(number) for number in range(101)),
    ],
)
def test_a_filter_that_is_not_understood_is_refused(ours: Speaker, query: str) -> None:
    for path in (OBJECTS, "/api/collections/shared/manifest/"):
        assert ours.http.get(f"{path}?{query}").status_code == 400


def test_odd_filters_find_nothing_and_harm_nothing(ours: Speaker) -> None:
    ours.post(OBJECTS, indicator("a"))
    for value in ("' OR 1=1 --", "%00", "\x00", "../../etc/passwd", "x" * 5_000):
        assert ours.get(OBJECTS, id=value).json() == {}
    assert (
        ours.http.get(f"{OBJECTS}?limit=999999999999999999&added_after=0001-01-01T00:00:00Z&other=1").status_code == 200
    )
    assert names(ours.get(OBJECTS)) == ["a"]


def test_a_page_ends_where_it_becomes_too_large(ours: Speaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taxii_store, "LARGEST_ANSWER", 1_000)
    ours.post(OBJECTS, *(indicator(f"n{number}", description="x" * 700) for number in range(3)))
    page = ours.get(OBJECTS).json()
    assert (len(page["objects"]), page["more"]) == (1, True)


def test_what_another_program_holds_is_waited_for_and_then_told(
    here: Site, ours: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taxii_store, "PATIENCE", 0.01)
    file = sqlite3.connect(here.folder / "taxii.sqlite", isolation_level=None)
    file.execute("BEGIN IMMEDIATE")
    assert ours.post(OBJECTS, indicator("a")).status_code == 503
    assert ours.get(OBJECTS).json() == {}
    file.execute("ROLLBACK")
    assert ours.post(OBJECTS, indicator("a")).status_code == 202
    file.close()
