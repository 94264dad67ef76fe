"""The TAXII server: what each endpoint answers, to whom, and what hostile requests get."""

from __future__ import annotations

import base64
import os
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from fixtures.taxii_sites import Site, Speaker, indicator, site
from hydrometer.intelligence.taxii.media_types import MEDIA_TYPE

if TYPE_CHECKING:
    from pathlib import Path

OBJECTS = "/api/collections/shared/objects/"


@pytest.fixture
def here(tmp_path: Path) -> Site:
    return site(tmp_path / "taxii")


@pytest.fixture
def ours(here: Site) -> Speaker:
    return Speaker(here.app, here.tokens["ours"])


@pytest.fixture
def theirs(here: Site) -> Speaker:
    return Speaker(here.app, here.tokens["theirs"])


def names(answer: Any) -> list[str]:
    return [thing["name"] for thing in answer.json().get("objects", [])]


def test_discovery_leads_to_the_collections_that_a_client_may_use(ours: Speaker, theirs: Speaker) -> None:
    discovery = theirs.get("/taxii2/").json()
    root = theirs.get(discovery["default"])
    assert discovery["api_roots"] == [discovery["default"]]
    assert root.json()["versions"] == [MEDIA_TYPE]
    assert root.headers["content-type"] == MEDIA_TYPE
    (one,) = theirs.get("/api/collections/").json()["collections"]
    assert (one["alias"], one["can_read"], one["can_write"]) == ("shared", True, True)
    assert [one["alias"] for one in ours.get("/api/collections/").json()["collections"]] == ["shared", "closed"]
    assert theirs.get(f"/api/collections/{one['id']}/").json() == one
    assert theirs.get("/api/collections/shared/").json() == one


def test_what_is_posted_is_read_back_in_its_order(ours: Speaker, theirs: Speaker) -> None:
    posted = [indicator(name) for name in ("first", "second", "third")]
    status = ours.post(OBJECTS, *posted)
    assert status.status_code == 202
    assert status.json()["success_count"] == 3
    answer = theirs.get(OBJECTS)
    assert answer.json() == {"objects": posted}
    assert answer.headers["X-TAXII-Date-Added-First"] < answer.headers["X-TAXII-Date-Added-Last"]
    manifest = theirs.get("/api/collections/shared/manifest/")
    assert [entry["id"] for entry in manifest.json()["objects"]] == [thing["id"] for thing in posted]
    assert manifest.json()["objects"][0]["date_added"] == answer.headers["X-TAXII-Date-Added-First"]
    assert ours.get(f"/api/status/{status.json()['id']}/").json() == status.json()
    assert theirs.get(f"/api/status/{status.json()['id']}/").status_code == 404


def test_head_has_the_headers_of_get(ours: Speaker) -> None:
    ours.post(OBJECTS, indicator("a"))
    got, head = ours.http.get(OBJECTS), ours.http.head(OBJECTS)
    assert (head.status_code, head.content) == (200, b"")
    names = ("content-type", "x-taxii-date-added-last")
    assert [head.headers[name] for name in names] == [got.headers[name] for name in names]


def test_pages_hold_every_object_once_also_while_more_is_added(ours: Speaker, theirs: Speaker) -> None:
    ours.post(OBJECTS, *(indicator(f"n{number}") for number in range(7)))
    seen, page = [], theirs.get(OBJECTS, limit=3).json()
    while True:
        seen += [thing["name"] for thing in page["objects"]]
        if not page.get("more"):
            break
        ours.post(OBJECTS, indicator("late"))
        page = theirs.get(OBJECTS, limit=3, next=page["next"]).json()
    assert seen == [*(f"n{number}" for number in range(7)), "late"]


def test_added_after_takes_up_where_the_headers_ended(ours: Speaker, theirs: Speaker) -> None:
    ours.post(OBJECTS, *(indicator(f"n{number}") for number in range(5)))
    first = theirs.get(OBJECTS, limit=2)
    rest = theirs.get(OBJECTS, added_after=first.headers["X-TAXII-Date-Added-Last"])
    assert names(first) + names(rest) == [f"n{number}" for number in range(5)]
    assert theirs.get(OBJECTS, added_after=rest.headers["X-TAXII-Date-Added-Last"]).json() == {}


def test_versions_and_a_retraction(ours: Speaker, theirs: Speaker) -> None:
    stamps = [f"2026-02-0{day}T00:00:00.000Z" for day in (1, 3, 2)]
    for stamp in stamps:
        ours.post(OBJECTS, indicator("one", stamp, revoked=stamp == stamps[1]))
    one = f"{OBJECTS}{indicator('one')['id']}/"
    assert [thing["modified"] for thing in theirs.get(OBJECTS).json()["objects"]] == [stamps[1]]
    assert theirs.get(one).json()["objects"][0]["revoked"] is True
    for wanted, expected in (
        ("first", stamps[:1]),
        ("all", stamps),
        (stamps[2], stamps[2:]),
        (f"first,{stamps[2]}", [stamps[0], stamps[2]]),
    ):
        assert [thing["modified"] for thing in theirs.get(one, version=wanted).json()["objects"]] == expected
    assert theirs.get(f"{one}versions/").json() == {"versions": stamps}
    assert theirs.get(one, version="2020-01-01T00:00:00Z").json() == {}


def test_filters_by_id_type_and_stix_version(ours: Speaker, theirs: Speaker) -> None:
    sighting = indicator("seen") | {"type": "sighting"}
    sighting["id"] = "sighting" + sighting["id"].removeprefix("indicator")
    ours.post(OBJECTS, indicator("a"), indicator("b"), sighting)
    assert names(theirs.get(OBJECTS, type="sighting")) == ["seen"]
    assert names(theirs.get(OBJECTS, id=f"{indicator('b')['id']},{sighting['id']}")) == ["b", "seen"]
    assert names(theirs.get(OBJECTS, id=indicator("b")["id"], type="sighting")) == []
    assert names(theirs.get(OBJECTS, spec_version="2.0,2.1")) == ["a", "b", "seen"]
    assert names(theirs.get(OBJECTS, spec_version="2.0")) == []


def test_an_observable_without_times_has_the_version_of_its_arrival(ours: Speaker, theirs: Speaker) -> None:
    address = {"type": "ipv4-addr", "id": "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4", "value": "198.51.100.3"}
    ours.post(OBJECTS, address)
    again = ours.post(OBJECTS, address).json()
    (entry,) = theirs.get("/api/collections/shared/manifest/").json()["objects"]
    assert entry["version"] == entry["date_added"] == again["successes"][0]["version"]
    assert theirs.get(OBJECTS).json() == {"objects": [address]}


def test_posting_again_changes_nothing_and_other_content_is_told(ours: Speaker, theirs: Speaker) -> None:
    ours.post(OBJECTS, indicator("a"))
    again = ours.post(OBJECTS, indicator("a"), indicator("a", confidence=3)).json()
    assert (again["success_count"], again["failure_count"]) == (1, 1)
    assert "other content" in again["failures"][0]["message"]
    assert theirs.get(OBJECTS).json() == {"objects": [indicator("a")]}


def test_nobody_revokes_or_removes_for_somebody_else(ours: Speaker, theirs: Speaker) -> None:
    ours.post(OBJECTS, indicator("a"))
    status = theirs.post(OBJECTS, indicator("a", "2026-03-01T00:00:00.000Z", revoked=True)).json()
    assert "another client" in status["failures"][0]["message"]
    one = f"{OBJECTS}{indicator('a')['id']}/"
    assert theirs.http.delete(one).status_code == 403
    assert ours.http.delete(one).status_code == 200
    assert ours.http.delete(one).status_code == 404
    assert theirs.get(one).status_code == 404
    assert theirs.get(OBJECTS).json() == {}
    assert theirs.post(OBJECTS, indicator("a")).json()["success_count"] == 1


def test_one_version_is_removed(ours: Speaker, theirs: Speaker) -> None:
    stamps = ["2026-02-01T00:00:00.000Z", "2026-02-02T00:00:00.000Z"]
    ours.post(OBJECTS, *(indicator("a", stamp) for stamp in stamps))
    one = f"{OBJECTS}{indicator('a')['id']}/"
    assert ours.http.delete(one, params={"match[version]": "2026-02-05T00:00:00Z"}).status_code == 404
    assert ours.http.delete(one, params={"match[version]": "last"}).status_code == 200
    assert theirs.get(f"{one}versions/").json() == {"versions": stamps[:1]}


def test_rows_stay_and_a_new_server_on_the_file_answers_the_same(here: Site, ours: Speaker) -> None:
    ours.post(OBJECTS, indicator("a"), indicator("b"))
    ours.http.delete(f"{OBJECTS}{indicator('b')['id']}/")
    before = ours.get(OBJECTS)
    again = site(here.folder)
    after = Speaker(again.app, again.tokens["reader"]).get(OBJECTS)
    assert (after.json(), after.headers["X-TAXII-Date-Added-Last"]) == (
        before.json(),
        before.headers["X-TAXII-Date-Added-Last"],
    )
    file = sqlite3.connect(here.folder / "taxii.sqlite")
    assert file.execute("SELECT count(*) FROM versions").fetchone() == (2,)
    for statement in ("DELETE FROM versions", "UPDATE versions SET body = x''", "DELETE FROM removals"):
        with pytest.raises(sqlite3.IntegrityError, match="rows stay"):
            file.execute(statement)
    file.close()


def test_times_ascend_when_the_clock_goes_back(tmp_path: Path) -> None:
    from hydrometer.intelligence.taxii.object_query import ObjectQuery
    from hydrometer.intelligence.taxii.offered_objects import OfferedObject, check_object
    from hydrometer.intelligence.taxii.taxii_store import TaxiiStore

    times = iter([100, 100, 90, 80, 70])
    store = TaxiiStore(tmp_path / "taxii.sqlite", clock=lambda: next(times))
    collection = store.add_collection("a", "A").id
    for batch in (("x", "y"), ("z",)):
        looked = [check_object(indicator(name)) for name in batch]
        assert all(isinstance(one, OfferedObject) for one in looked)
        store.add(collection, looked, "me")
    assert [row.added for row in store.page(collection, ObjectQuery()).rows] == [100, 101, 102]


@pytest.mark.parametrize(
    ("client", "method", "path", "status"),
    [
        ("theirs", "GET", "/api/collections/closed/", 404),
        ("theirs", "GET", "/api/collections/closed/objects/", 404),
        ("theirs", "POST", "/api/collections/closed/objects/", 404),
        ("reader", "POST", OBJECTS, 403),
        ("reader", "DELETE", f"{OBJECTS}{indicator('a')['id']}/", 403),
        ("writer", "GET", OBJECTS, 403),
        ("writer", "GET", "/api/collections/shared/manifest/", 403),
        ("writer", "POST", OBJECTS, 202),
        ("ours", "GET", "/api/collections/none/objects/", 404),
        ("ours", "GET", f"{OBJECTS}indicator--none/", 404),
        ("ours", "GET", f"{OBJECTS}indicator--none/versions/", 404),
        ("ours", "GET", "/api/status/none/", 404),
        ("ours", "GET", "/nowhere/", 404),
        ("ours", "GET", "/taxii2", 404),
        ("ours", "PUT", OBJECTS, 405),
    ],
)
def test_rights(here: Site, client: str, method: str, path: str, status: int) -> None:
    answer = Speaker(here.app, here.tokens[client]).http.request(method, path, json={"objects": [indicator("a")]})
    assert answer.status_code == status
    assert answer.headers["content-type"] == MEDIA_TYPE
    if status >= 400:
        assert answer.json()["http_status"] == str(status)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer wrong",
        "Basic !!!",
        "Basic " + base64.b64encode(b"ours").decode(),
        "Basic " + base64.b64encode(b"ours:wrong").decode(),
        "Digest x",
        "Bearer \udc80".encode("utf-8", "surrogateescape"),
    ],
)
def test_without_a_known_token_there_is_nothing(here: Site, authorization: str | bytes | None) -> None:
    speaker = Speaker(here.app, "x")
    del speaker.http.headers["Authorization"]
    given = {} if authorization is None else {b"Authorization": authorization}
    for path in ("/taxii2/", "/api/", OBJECTS, "/api/collections/none/"):
        answer = speaker.http.get(path, headers=given)  # type: ignore[arg-type]
        assert answer.status_code == 401
        assert "Basic" in answer.headers["www-authenticate"]


def test_basic_needs_the_name_that_the_token_belongs_to(here: Site) -> None:
    speaker = Speaker(here.app, "x")
    for name, status in (("theirs", 200), ("ours", 401)):
        assert speaker.http.get("/taxii2/", auth=(name, here.tokens["theirs"])).status_code == status


def test_a_withdrawn_token_ends_at_once_and_a_list_that_others_may_read_serves_nobody(
    here: Site, ours: Speaker
) -> None:
    reader = Speaker(here.app, here.tokens["reader"])
    assert reader.get(OBJECTS).status_code == 200
    here.clients.withdraw("reader")
    assert reader.get(OBJECTS).status_code == 401
    os.chmod(here.folder / "clients.json", 0o644)  # noqa: PTH101
    assert ours.get(OBJECTS).status_code == 503


def test_the_list_of_clients_holds_no_token(here: Site) -> None:
    text = (here.folder / "clients.json").read_text()
    assert all(token not in text for token in here.tokens.values())
    assert (here.folder / "clients.json").stat().st_mode & 0o777 == 0o600
    assert (here.folder / "taxii.sqlite").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (MEDIA_TYPE, 200),
        ("application/taxii+json", 200),
        ("application/taxii+json; version=2.1", 200),
        ("text/html, application/taxii+json;version=2.1;q=0.1", 200),
        ("*/*", 200),
        ("application/*", 200),
        ("application/taxii+json;version=2.0", 406),
        ("application/vnd.oasis.taxii+json; version=2.0", 406),
        ("text/html", 406),
        ("application/json", 406),
        ("*/*, application/taxii+json;q=0", 406),
        (";;;=,,q", 406),
    ],
)
def test_accept(ours: Speaker, accept: str, status: int) -> None:
    assert ours.http.get("/taxii2/", headers={"Accept": accept}).status_code == status
