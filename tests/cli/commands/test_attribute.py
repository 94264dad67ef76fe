"""`hydrometer attribute` on a real result, and `detect --intel`: the same attributions, and no other file touched."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_OID, uuid5

import msgspec
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from hydrometer import api
from hydrometer.cli.app import app
from hydrometer.contract.entity_kinds import EntityKind
from hydrometer.contract.intel_records import Actor, Dossiers, Indicator, IntelSource, PastCampaign
from hydrometer.intelligence.exchange.dossier_files import read_dossiers, write_dossiers
from hydrometer.intelligence.exchange.sharing_key import SharingKey

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def ran(*arguments: str | Path) -> Any:
    return CliRunner().invoke(app, [*map(str, arguments)])


def named(kind: str, what: str) -> str:
    return f"{kind}--{uuid5(NAMESPACE_OID, what)}"


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled sample without the dossiers that lie beside its logs."""
    traffic = tmp_path_factory.mktemp("bare") / "traffic"
    shutil.copytree(api.sample(), traffic, ignore=shutil.ignore_patterns("intel"))
    return traffic


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `detect` finds in the bundled sample."""
    out = tmp_path_factory.mktemp("sample") / "result"
    assert ran("detect", api.sample(), "--out", out, "--quiet", "--no-exhibits").exit_code == 0
    return out


@pytest.fixture(scope="module")
def dossiers(found: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dossiers on whoever runs the first campaign: a dozen of its payment instruments and telephone numbers."""
    own = IntelSource(id=named("identity", "own"), name="this site", reliability="A")
    actor = Actor(id=named("intrusion-set", "alder"), name="Alder", source=own.id)
    rows = pq.read_table(found / "indicators.parquet").to_pylist()
    first = min(row["campaign_id"] for row in rows)
    indicators = []
    for kind in (EntityKind.PAYMENT, EntityKind.PHONE):
        mine = sorted(row["value"] for row in rows if row["campaign_id"] == first and row["kind"] == kind)
        indicators += [
            Indicator(
                id=named("indicator", value),
                kind=kind,
                value=value,
                indicates=(actor.id,),
                source=own.id,
                credibility=1,
                confidence=95,
                valid_from=datetime(2026, 4, 1, tzinfo=UTC),
            )
            for value in mine[:12]
        ]
    place = tmp_path_factory.mktemp("intel") / "dossiers"
    place.mkdir()
    known = Dossiers(
        sources=(own,), actors=(actor,), indicators=tuple(sorted(indicators, key=lambda indicator: indicator.id))
    )
    write_dossiers(known, place, datetime(2026, 5, 1, tzinfo=UTC))
    return place


def contents(folder: Path) -> Mapping[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def attributions(folder: Path) -> dict[str, Any]:
    told = json.loads((folder / "campaigns.json").read_text("utf-8"))
    return {campaign["id"]: campaign["attribution"] for campaign in told["campaigns"]}


def test_the_result_is_told_more_and_nothing_else_changes(found: Path, dossiers: Path, tmp_path: Path) -> None:
    result = tmp_path / "result"
    shutil.copytree(found, result)
    ended = ran("attribute", result, "--intel", dossiers, "--json")
    assert ended.exit_code == 0, ended.output
    printed = {row["id"]: row["attribution"] for row in json.loads(ended.output)}
    assert printed == attributions(result)
    before, after = contents(found), contents(result)
    assert {name for name in before if before[name] != after[name]} == {"campaigns.json", "report.html"}
    assert b"Alder" in after["report.html"]
    one, other = (json.loads(files["campaigns.json"]) for files in (before, after))
    for campaign in (*one["campaigns"], *other["campaigns"]):
        campaign.pop("attribution")
    assert one == other
    first = min(printed)
    assert printed[first]["status"] == "attributed"
    operator = printed[first]["answers"][0]
    assert (operator["conclusion"], operator["confidence"]) == ("Alder", "high")
    assert all(told["status"] == "not attributed" for name, told in printed.items() if name != first)


def test_people_read_what_speaks_against_it(found: Path, dossiers: Path, tmp_path: Path) -> None:
    result = tmp_path / "result"
    shutil.copytree(found, result)
    shown = ran("attribute", result, "--intel", dossiers).output
    for part in ("Who runs the accounts: Alder", "against:", "would change it:", "Weighed:", "high confidence"):
        assert part in shown


def test_detect_reads_dossiers_as_attribute_does(found: Path, bare: Path, dossiers: Path, tmp_path: Path) -> None:
    apart = tmp_path / "apart"
    shutil.copytree(found, apart)
    assert ran("attribute", apart, "--intel", dossiers).exit_code == 0
    traffic = tmp_path / "traffic"
    shutil.copytree(bare, traffic)
    shutil.copytree(dossiers, traffic / "intel")
    beside = tmp_path / "beside"
    assert ran("detect", traffic, "--out", beside, "--quiet", "--no-exhibits").exit_code == 0
    asked = tmp_path / "asked"
    told = ran("detect", bare, "--out", asked, "--quiet", "--no-exhibits", "--intel", dossiers)
    assert told.exit_code == 0
    assert attributions(apart) == attributions(beside) == attributions(asked)


def test_dossiers_that_are_not_there_are_told_before_anything_is_read(found: Path, tmp_path: Path) -> None:
    ended = ran("attribute", found, "--intel", tmp_path / "nothing.json")
    assert ended.exit_code == 2
    assert "nothing.json" in ended.output
    out = tmp_path / "out"
    ended = ran("detect", api.sample(), "--out", out, "--quiet", "--intel", tmp_path / "nothing.json")
    assert ended.exit_code == 2
    assert not (out / "run.json").exists()


def test_digests_of_partners_are_compared_under_the_shared_key(
    found: Path, bare: Path, dossiers: Path, tmp_path: Path
) -> None:
    key = tmp_path / "circle.key"
    key.touch(mode=0o600)
    key.write_bytes(bytes(range(16)))
    digests = SharingKey(bytes(range(16)))
    known = read_dossiers(dossiers)
    theirs = [msgspec.structs.replace(i, value=digests.digest(i.kind, i.value)) for i in known.indicators]
    sent = tmp_path / "sent"
    sent.mkdir()
    write_dossiers(msgspec.structs.replace(known, indicators=tuple(theirs)), sent, datetime(2026, 5, 1, tzinfo=UTC))
    for more, status in (((), "not attributed"), (("--sharing-key", key), "attributed")):
        result = tmp_path / f"result-{status}"
        shutil.copytree(found, result)
        assert ran("attribute", result, "--intel", sent, *more).exit_code == 0
        assert status in {told["status"] for told in attributions(result).values()}
    at_once, apart = tmp_path / "at-once", tmp_path / "result-attributed"
    asked = ("detect", bare, "--out", at_once, "--quiet", "--no-exhibits", "--sharing-key", key)
    assert ran(*asked, "--intel", sent).exit_code == 0
    assert attributions(at_once) == attributions(apart)


def test_a_sharing_key_that_is_of_no_use_is_told_before_anything_is_read(
    bare: Path, dossiers: Path, tmp_path: Path
) -> None:
    out, key = tmp_path / "out", tmp_path / "circle.key"
    asked = ("detect", bare, "--out", out, "--quiet", "--sharing-key", key)
    ended = ran(*asked, "--intel", dossiers)
    assert (ended.exit_code, "no such sharing key" in ended.output) == (2, True)
    key.touch(mode=0o600)
    key.write_bytes(bytes(range(16)))
    ended = ran(*asked)
    assert (ended.exit_code, "no dossiers are named" in ended.output) == (2, True)
    assert not (out / "run.json").exists()


def test_a_campaign_is_no_evidence_on_itself(found: Path, dossiers: Path, tmp_path: Path) -> None:
    known = read_dossiers(dossiers)
    first = min(attributions(found))
    this = PastCampaign(
        id=named("campaign", first), name=first, actors={known.actors[0].id: "operator"}, source=known.sources[0].id
    )
    theirs = [msgspec.structs.replace(i, indicates=(this.id,)) for i in known.indicators]
    circular = tmp_path / "circular"
    circular.mkdir()
    made = msgspec.structs.replace(known, indicators=tuple(theirs), campaigns=(this,))
    write_dossiers(made, circular, datetime(2026, 5, 1, tzinfo=UTC))
    result = tmp_path / "result"
    shutil.copytree(found, result)
    assert ran("attribute", result, "--intel", circular).exit_code == 0
    told = attributions(result)[first]
    assert told["status"] == "not attributed"
    assert told["dossiers"]["campaigns: this very one"] == 1


def test_settings_decide_how_sure_a_name_must_be(found: Path, dossiers: Path, tmp_path: Path) -> None:
    result = tmp_path / "result"
    shutil.copytree(found, result)
    strict = tmp_path / "strict.toml"
    strict.write_text("[attribution]\nleast_probability = 1.0\n", "utf-8")
    assert ran("attribute", result, "--intel", dossiers, "--settings", strict).exit_code == 0
    assert {told["status"] for told in attributions(result).values()} == {"not attributed"}
