"""What one site knows goes to another over TAXII and is evidence there; and what an absent extra is told as."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import orjson

from fixtures.dossiers import dossiers
from fixtures.taxii_sites import headers, indicator, listening, site
from hydrometer.intelligence.exchange import SentFiles, import_files, read_intel
from hydrometer.intelligence.exchange.dossier_files import read_dossiers, write_dossiers
from hydrometer.intelligence.psi import read_match_items
from hydrometer.intelligence.taxii import collection_transfer, taxii_server
from hydrometer.intelligence.taxii.media_types import MEDIA_TYPE
from hydrometer.intelligence.taxii.taxii_client import TaxiiClient

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_dossiers_sightings_and_opinions_go_over_taxii_without_loss(tmp_path: Path) -> None:
    here = site(tmp_path / "taxii")
    bundle = tmp_path / "bundle.json"
    write_dossiers(dossiers(), bundle)
    with listening(here.app) as address:
        ours, theirs = (TaxiiClient(f"{address}/api/", here.tokens[name]) for name in ("ours", "theirs"))
        done = collection_transfer.push_bundle(ours, "shared", bundle)
        assert (done.failures, done.added) == ([], done.total)
        pulled = collection_transfer.pull_collection(theirs, "shared", tmp_path / "inbox", page=4)
    assert len(pulled.bundles) > 2
    assert read_dossiers(tmp_path / "inbox") == read_dossiers(bundle)
    import_files(tmp_path / "intel", SentFiles(pulled.bundles, source="Partner", reliability="B"))
    known, _, _ = read_intel(tmp_path / "intel")
    assert {one.id for one in known.indicators} == {one.id for one in dossiers().indicators}
    items = read_match_items(tmp_path / "intel")
    assert items.items == read_match_items(bundle).items
    assert sum(items.left_out.values()) + len(items.items) == len(known.indicators)


WITHOUT = """
import sys
from pathlib import Path
for package in ("starlette", "uvicorn", "httpx", "rbcl"):
    sys.modules[package] = None
from hydrometer.contract.errors import InputError
from hydrometer.files import ServerAddress
from hydrometer.intelligence.psi import join_match, read_match_items
from hydrometer.intelligence.taxii import collection_transfer, taxii_site
folder = Path(sys.argv[1])
(folder / "list").write_text("asn:1")
for call in (
    lambda: join_match(folder / "partner", read_match_items(folder / "list"), ("127.0.0.1", 1)),
    lambda: collection_transfer.make_taxii_client("http://127.0.0.1/api/", folder / "token", None),
    lambda: taxii_site.serve_taxii(folder / "site", ServerAddress(host="198.51.100.1", plain=True), print),
):
    try:
        call()
    except InputError as error:
        print(error)
"""


def test_an_absent_extra_is_named(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WITHOUT, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    said = [line.rpartition("hydrometer")[2] for line in done.stdout.splitlines()]
    assert said == ["[match]'", "[serve]'", "[serve]'"]


def sent(address: str, token: str, length: int, body: bytes) -> socket.socket:
    """A POST that says it is so long, and then sends this."""
    host, port = address.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=10)
    lines = [f"{name}: {value}" for name, value in (headers(token) | {"Host": host, "Content-Length": length}).items()]
    head = "\r\n".join(["POST /api/collections/shared/objects/ HTTP/1.1", *lines, "", ""])
    connection.sendall(head.encode() + body)
    return connection


def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taxii_server, "BODY_SECONDS", 0.05)
    here = site(tmp_path)
    with listening(here.app) as address, sent(address, here.tokens["ours"], 100, b'{"obj') as connection:
        answer = connection.recv(4_096)
    assert answer.startswith(b"HTTP/1.1 408")
    assert MEDIA_TYPE.encode() in answer


def test_who_goes_away_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    here = site(tmp_path)
    body = b'{"objects":[]}'
    with listening(here.app) as address:
        for cut in range(0, len(body), 5):
            sent(address, here.tokens["ours"], len(body) + 1, body[:cut]).close()
        time.sleep(0.05)
        with TaxiiClient(f"{address}/api/", here.tokens["ours"]) as speaker:
            assert next(iter(speaker.pull("shared"))).objects == []
            assert speaker.push("shared", [orjson.dumps(indicator("a"))])[0].success_count == 1
            assert speaker.retried == 0
