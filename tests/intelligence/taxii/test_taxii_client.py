"""The TAXII client: with the server over a socket, with the OASIS client's opinion of the server, and with hostile servers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from taxii2client.v21 import ApiRoot, Server, as_pages

from fixtures.taxii_sites import Site, indicator, listening, site
from hydrometer.contract.errors import InputError
from hydrometer.intelligence.taxii import collection_transfer, taxii_client
from hydrometer.intelligence.taxii.media_types import MEDIA_TYPE
from hydrometer.intelligence.taxii.taxii_client import TRIES, TaxiiClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Answer = tuple[int, dict[str, Any] | bytes, dict[str, str]]


@pytest.fixture
def here(tmp_path: Path) -> Site:
    return site(tmp_path / "taxii")


@pytest.fixture
def url(here: Site) -> Iterator[str]:
    with listening(here.app) as address:
        yield f"{address}/api/"


def bundle(path: Path, *things: Any) -> Path:
    path.write_text(json.dumps({"type": "bundle", "id": "bundle--x", "objects": things}))
    return path


def read(folder: Path) -> list[str]:
    """Names of the objects in a folder of bundles, in the order of the files."""
    found = []
    for path in sorted(folder.glob("*.json")):
        content = json.loads(path.read_text())
        assert content["type"] == "bundle"
        found += [thing["name"] for thing in content["objects"]]
    return found


def test_what_one_site_pushes_another_pulls_once(here: Site, url: str, tmp_path: Path) -> None:
    def pull(limit: int | None = None) -> int:
        return collection_transfer.pull_collection(
            TaxiiClient(url, here.tokens["theirs"]), "shared", inbox, limit
        ).objects

    inbox = tmp_path / "inbox"
    first = bundle(tmp_path / "a.json", *(indicator(f"n{number}") for number in range(5)))
    done = collection_transfer.push_bundle(TaxiiClient(url, here.tokens["ours"]), "shared", first)
    assert (done.total, done.added, done.failures) == (5, 5, [])
    assert pull(2) == 5
    assert read(inbox) == [f"n{number}" for number in range(5)]
    assert len(list(inbox.glob("*.json"))) == 3
    assert pull() == 0
    retraction = indicator("n1", "2026-03-01T00:00:00.000Z", revoked=True)
    collection_transfer.push_bundle(
        TaxiiClient(url, here.tokens["ours"]), "shared", bundle(tmp_path / "b.json", retraction)
    )
    assert pull() == 1
    assert all(path.stat().st_mode & 0o077 == 0 for path in inbox.iterdir())
    assert read(inbox)[-1] == "n1"


def test_a_pull_that_was_cut_short_is_taken_up(here: Site, tmp_path: Path) -> None:
    things = [indicator(f"n{number}") for number in range(6)]
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> Answer:
        asked.append(request.url)
        after = int(request.url.params.get("next") or request.url.params.get("added_after", "0000")[:4])
        if after == 4 and len(asked) < 4:
            return 403, {"title": "no"}, {}
        stamp = f"{after + 2:04}-01-01T00:00:00.000000Z"
        more = {"more": True, "next": str(after + 2)} if after + 2 < 6 else {}
        return 200, {**more, "objects": things[after : after + 2]}, {"X-TAXII-Date-Added-Last": stamp}

    with pytest.raises(InputError, match="403"):
        collection_transfer.pull_collection(against(answer), "c", tmp_path)
    assert read(tmp_path) == ["n0", "n1", "n2", "n3"]
    assert collection_transfer.pull_collection(against(answer), "c", tmp_path).objects == 2
    assert asked[-1].params["added_after"].startswith("0004")
    assert read(tmp_path) == [f"n{number}" for number in range(6)]


def test_collections_and_basic_and_discovery(here: Site, url: str) -> None:
    with TaxiiClient(url.replace("/api/", "/taxii2/"), here.tokens["theirs"], user="theirs") as speaker:
        (one,) = speaker.collections()
    assert (one.alias, one.can_read, one.can_write) == ("shared", True, True)


def test_refusals_are_told(here: Site, url: str, tmp_path: Path) -> None:
    ours, theirs = (TaxiiClient(url, here.tokens[name]) for name in ("ours", "theirs"))
    collection_transfer.push_bundle(ours, "shared", bundle(tmp_path / "a.json", indicator("a")))
    changed = bundle(tmp_path / "b.json", indicator("a", "2026-03-01T00:00:00Z"), indicator("b"))
    done = collection_transfer.push_bundle(theirs, "shared", changed)
    assert (done.added, done.failures[0]["id"]) == (1, indicator("a")["id"])
    with pytest.raises(InputError, match=r"401.*No known token"):
        collection_transfer.pull_collection(TaxiiClient(url, "wrong"), "shared", tmp_path / "inbox")
    with pytest.raises(InputError, match="404"):
        collection_transfer.pull_collection(TaxiiClient(url, here.tokens["theirs"]), "closed", tmp_path / "inbox")


def test_a_large_bundle_goes_in_parts_that_the_server_takes(tmp_path: Path) -> None:
    here = site(tmp_path / "taxii", most_bytes=2_000)
    things = [indicator(f"n{number}", description="x" * 300) for number in range(9)]
    with listening(here.app) as address:
        speaker = TaxiiClient(f"{address}/api/", here.tokens["ours"])
        done = collection_transfer.push_bundle(speaker, "shared", bundle(tmp_path / "a.json", *things))
        assert (done.total, done.added) == (9, 9)
        huge = bundle(tmp_path / "b.json", indicator("huge", description="x" * 3_000))
        with pytest.raises(InputError, match="larger than the server takes"):
            collection_transfer.push_bundle(TaxiiClient(f"{address}/api/", here.tokens["ours"]), "shared", huge)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"objects":[1]}', b'{"objects":3}', b"\xff"])
def test_what_is_no_bundle_is_not_pushed(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.json"):
        collection_transfer.push_bundle(against(lambda _: (500, b"", {})), "c", tmp_path / "a.json")


def test_the_oasis_client_reads_writes_and_pages(here: Site, url: str) -> None:
    server = Server(url.replace("/api/", "/taxii2/"), user="ours", password=here.tokens["ours"])
    (root,) = server.api_roots
    assert isinstance(root, ApiRoot)
    assert (server.title, server.default.url, root.max_content_length) == ("A test", url, 16 << 20)
    collection = next(one for one in root.collections if one.alias == "shared")
    things = [indicator(f"n{number}") for number in range(5)]
    status = collection.add_objects({"objects": things})
    assert (status.status, status.success_count, status.failures) == ("complete", 5, [])
    status.refresh()
    pages = list(as_pages(collection.get_objects, per_request=2))
    assert [thing["name"] for page in pages for thing in page["objects"]] == [thing["name"] for thing in things]
    manifest = collection.get_manifest(type="indicator")["objects"]
    later = collection.get_objects(added_after=manifest[1]["date_added"])["objects"]
    assert [thing["name"] for thing in later] == ["n2", "n3", "n4"]
    one = things[0]["id"]
    assert collection.get_object(one)["objects"] == things[:1]
    assert collection.object_versions(one) == {"versions": [things[0]["modified"]]}
    collection.delete_object(one)
    assert len(collection.get_objects()["objects"]) == 4
    server.close()
    root.close()


def against(answer: Callable[[httpx.Request], Answer], pauses: list[float] | None = None) -> TaxiiClient:
    """A client of a server that answers so."""

    def sent(request: httpx.Request) -> httpx.Response:
        status, body, headers = answer(request)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return httpx.Response(status, content=content, headers={"Content-Type": MEDIA_TYPE, **headers})

    waited = pauses if pauses is not None else []
    return TaxiiClient("http://127.0.0.1/api/", "t", transport=httpx.MockTransport(sent), pause=waited.append)


def test_passing_failures_are_tried_again_so_many_times(tmp_path: Path) -> None:
    answers = iter([503, 429, 200])
    pauses: list[float] = []
    speaker = against(lambda _: (next(answers), {}, {"Retry-After": "7"}), pauses)
    assert collection_transfer.pull_collection(speaker, "c", tmp_path).retried == 2
    assert pauses == [7.0, 7.0]
    pauses.clear()
    with pytest.raises(InputError, match=f"502.*{TRIES} times"):
        collection_transfer.pull_collection(
            against(lambda _: (502, b"", {"Retry-After": "9" * 400}), pauses), "c", tmp_path
        )
    assert len(pauses) == TRIES - 1
    assert max(pauses) <= taxii_client.LONGEST_PAUSE

    def broken(_: httpx.Request) -> Answer:
        raise httpx.ConnectError("refused")

    pauses.clear()
    with pytest.raises(InputError, match="cannot be reached"):
        collection_transfer.pull_collection(against(broken, pauses), "c", tmp_path)
    assert pauses == [1, 2, 4, 8]


@pytest.mark.parametrize(
    ("status", "body", "headers", "said"),
    [
        (200, b"{", {}, "not TAXII"),
        (200, b"[]", {}, "not TAXII"),
        (200, {"objects": 3}, {}, "not TAXII"),
        (200, {"more": True, "objects": []}, {}, "not where"),
        (200, {"more": True, "next": "same", "objects": []}, {}, "not where"),
        (200, {}, {"Content-Encoding": "br"}, "compressed"),
        (200, {}, {"Content-Type": "text/html"}, "does not answer with TAXII"),
        (302, b"", {"Location": "http://198.51.100.1/"}, "leads elsewhere"),
        (401, {"title": "\x1b[2J"}, {}, "401"),
        (418, b"\xff", {}, "418"),
        (200, b'{"objects":[' + b" " * 5_000 + b"]}", {}, "more than"),
    ],
)
def test_hostile_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, body: Any, headers: dict[str, str], said: str
) -> None:
    monkeypatch.setattr(taxii_client, "LARGEST_ANSWER", 4_000)
    with pytest.raises(InputError, match=said):
        collection_transfer.pull_collection(against(lambda _: (status, body, headers)), "c", tmp_path)
    assert not list(tmp_path.glob("*.json"))


def test_a_hostile_time_or_discovery_does_no_harm(tmp_path: Path) -> None:
    evil = {"X-TAXII-Date-Added-Last": "../../../x"}
    collection_transfer.pull_collection(
        against(lambda _: (200, {"objects": [{"id": "x"}]}, evil)), "c", tmp_path / "in"
    )
    assert [path.parent for path in tmp_path.rglob("*.json")] == [tmp_path / "in"]

    def elsewhere(_: httpx.Request) -> httpx.Response:
        resource = {"title": "x", "default": "http://198.51.100.1/api/"}
        return httpx.Response(200, json=resource, headers={"Content-Type": MEDIA_TYPE})

    speaker = TaxiiClient("http://127.0.0.1/taxii2/", "t", transport=httpx.MockTransport(elsewhere))
    with pytest.raises(InputError, match="another host"):
        speaker.__enter__()


def test_a_server_that_never_ends_is_left(tmp_path: Path) -> None:
    pending = {"id": "1", "status": "pending", "total_count": 1, "success_count": 0, "failure_count": 0}
    resource = {**pending, "pending_count": 1, "max_content_length": 10_000}
    pauses: list[float] = []
    with pytest.raises(InputError, match="request 1"):
        collection_transfer.push_bundle(
            against(lambda _: (202, resource, {}), pauses), "c", bundle(tmp_path / "a.json", indicator("a"))
        )
    assert len(pauses) == taxii_client.POLLS


@pytest.mark.parametrize(
    "url",
    ["http://198.51.100.1/api/", "ftp://127.0.0.1/", "127.0.0.1", "http://u:p@127.0.0.1/", "http://[::1/", ""],
)
def test_addresses_that_are_refused(url: str) -> None:
    with pytest.raises(InputError):
        TaxiiClient(url, "t")


def test_without_times_the_next_pull_begins_again_and_says_so(tmp_path: Path) -> None:
    speaker = against(lambda _: (200, {"objects": [indicator("a")]}, {}))
    assert not collection_transfer.pull_collection(speaker, "c", tmp_path).resumable
    assert not (tmp_path / "taxii.state").exists()
