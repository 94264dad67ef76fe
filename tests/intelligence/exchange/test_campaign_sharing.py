"""What leaves of a real detection, and that nothing of customers is in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow.parquet as pq
import pytest

from hydrometer import api
from hydrometer.contract.errors import InputError
from hydrometer.contract.progress import SilentProgress
from hydrometer.files.settings_files import load_settings
from hydrometer.intelligence.exchange import (
    SentFiles,
    ShareRequest,
    add_campaign,
    campaign_sharing,
    import_files,
    read_intel,
    share_campaign,
)
from hydrometer.intelligence.exchange.dossier_files import read_dossiers
from hydrometer.intelligence.exchange.redaction_policy import DIGEST_ONLY
from hydrometer.intelligence.exchange.release_material import read_fingerprint_settings
from hydrometer.result import ResultFolder

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

FORMATS = ("stix", "misp", "ocsf", "csv")
LEAST_SHARED = 0.9
"""Probability below which the default policy shares nothing of a campaign."""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("shared")
    api.detect(
        api.sample(),
        out / "result",
        load_settings(None, threads=1),
        site_key=out / "site.key",
        mapping=None,
        source=None,
        progress=SilentProgress(),
    )
    return out / "result"


@pytest.fixture(scope="module")
def pieces(result: Path) -> ResultFolder:
    return ResultFolder.read(result)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_key(tmp_path_factory.mktemp("key") / "sharing.key", b"k" * 16)


def made_key(file: Path, secret: bytes) -> Path:
    file.write_bytes(secret)
    file.chmod(0o600)
    return file


@pytest.fixture(scope="module")
def leaving(result: Path, pieces: ResultFolder, key: Path) -> dict[tuple[str, str], str]:
    """What leaves of every campaign in every format."""
    return {
        (campaign.id, form): share_campaign(
            ShareRequest(result, campaign.id, "green", sharing_key=key), form
        ).content.decode()
        for campaign in pieces.campaigns
        for form in FORMATS
    }


def column(name: str, table: str = "accounts") -> set[str]:
    values = pq.read_table(api.sample() / f"{table}.parquet", columns=[name]).column(0).to_pylist()
    return {value for value in values if value}


def found_in(text: str, values: set[str]) -> set[str]:
    """Values that stand in a text: long ones anywhere, short ones as words of their own."""
    found = values & set(re.split(r'[\s"\'\[\]{}(),]+', text))
    for length in {len(value) for value in values if len(value) >= 12}:
        found |= values & {text[at : at + length] for at in range(len(text) - length + 1)}
    return found


@pytest.mark.parametrize("name", ["account_id", "org_id", "payment_fingerprint", "device_id", "phone_hash"])
def test_no_identity_of_anybody_leaves(name: str, leaving: dict[tuple[str, str], str]) -> None:
    values = column(name)
    assert values
    for text in leaving.values():
        assert not found_in(text, values)


@pytest.mark.parametrize("name", ["end_user_id", "session_id", "exchange_id"])
def test_no_end_user_session_or_exchange_leaves(name: str, leaving: dict[tuple[str, str], str]) -> None:
    values = {value for value in column(name, "exchanges") if len(value) >= 8}
    assert values
    for text in leaving.values():
        assert not found_in(text, values)


def test_no_local_part_of_an_address_leaves(leaving: dict[tuple[str, str], str]) -> None:
    values = {value for value in column("email_local") if len(value) >= 5}
    assert values
    for text in leaving.values():
        assert not found_in(text, values)


def test_no_five_words_of_any_prompt_leave(leaving: dict[tuple[str, str], str], pieces: ResultFolder) -> None:
    runs = set()
    for name in ("prompt", "system_prompt"):
        for text in column(name, "exchanges"):
            words = text.lower().split()
            runs |= {" ".join(words[at : at + 5]) for at in range(len(words) - 4)}
    assert len(runs) > 1_000
    for text in leaving.values():
        words = re.sub(r"[^a-z0-9' .-]", " ", text.lower()).split()
        assert not {" ".join(words[at : at + 5]) for at in range(len(words) - 4)} & runs
    assert any(segment.text for one in pieces.campaigns for each in one.exhibit.templates for segment in each.wording)


def test_no_address_of_a_stranger_leaves(leaving: dict[tuple[str, str], str], pieces: ResultFolder) -> None:
    traffic = pq.read_table(api.sample() / "exchanges.parquet", columns=["account_id", "client_ip"]).to_pylist()
    for (campaign, _), text in leaving.items():
        members = {row["account_id"] for row in pieces.members.to_pylist() if row["campaign_id"] == campaign}
        strangers = {row["client_ip"] for row in traffic if row["account_id"] not in members and row["client_ip"]}
        assert not found_in(text, strangers)


def test_everything_leaves_or_is_counted(result: Path, pieces: ResultFolder, key: Path) -> None:
    for campaign in pieces.campaigns:
        shown = sum(row["campaign_id"] == campaign.id for row in pieces.indicators.to_pylist())
        made = share_campaign(ShareRequest(result, campaign.id, "green", sharing_key=key))
        if campaign.probability < LEAST_SHARED:
            assert not made.leaves
            assert f"the campaign's probability is below {LEAST_SHARED:g}" in made.withheld
            continue
        named = campaign.attribution.status == "attributed"
        templates = len(campaign.exhibit.templates)
        assert sum(made.leaves.values()) + sum(made.withheld.values()) == shown + templates + named
        assert made.leaves["template"] > 0


def test_without_the_key_sketches_and_digests_stay(result: Path, pieces: ResultFolder) -> None:
    made = share_campaign(ShareRequest(result, pieces.campaigns[0].id, "green"))
    assert "template" not in made.leaves
    assert made.withheld["template: needs a sharing key"] == len(pieces.campaigns[0].exhibit.templates)
    assert not DIGEST_ONLY & made.leaves.keys()


def compared(pieces: ResultFolder, key: Path) -> tuple[pa.Table, pa.Table]:
    """The tables of a result as partners with the key would know them."""
    settings, secret = read_fingerprint_settings(pieces), campaign_sharing.load_sharing_secret(key)
    return campaign_sharing.add_partner_values(pieces.campaigns, pieces.indicators, pieces.templates, settings, secret)


def test_partners_with_the_key_recognise_what_was_sent(
    result: Path, pieces: ResultFolder, key: Path, tmp_path: Path
) -> None:
    campaign = pieces.campaigns[0].id
    share_campaign(ShareRequest(result, campaign, "green", sharing_key=key), out=tmp_path / "a.json")
    assert (tmp_path / "a.json").stat().st_mode & 0o077 == 0
    sent = read_dossiers(tmp_path / "a.json")
    indicators, templates = compared(pieces, key)
    here = {(row["kind"], row["value"]) for row in indicators.to_pylist() if row["campaign_id"] == campaign}
    assert {(one.kind, one.value) for one in sent.indicators if one.kind in DIGEST_ONLY} <= here
    hashes = {tuple(row["hashes"]) for row in templates.to_pylist()}
    assert {one.hashes for one in sent.templates} <= hashes
    assert indicators.schema == pieces.indicators.schema
    assert templates.schema == pieces.templates.schema
    # Under another key nothing meets.
    other = compared(pieces, made_key(tmp_path / "other.key", b"o" * 16))
    assert not {one.hashes for one in sent.templates} & {tuple(row["hashes"]) for row in other[1].to_pylist()}
    away = {(row["kind"], row["value"]) for row in other[0].to_pylist()}
    assert not {(one.kind, one.value) for one in sent.indicators if one.kind in DIGEST_ONLY} & away


def test_an_earlier_campaign_becomes_known(result: Path, pieces: ResultFolder, tmp_path: Path) -> None:
    campaign = pieces.campaigns[0].id
    with pytest.raises(InputError, match="no actor Lynx"):
        add_campaign(tmp_path, result, campaign, actor="Lynx")
    first = add_campaign(tmp_path, result, campaign)
    again = add_campaign(tmp_path, result, campaign)
    assert first.new > 100
    assert (again.new, again.newer) == (0, 0)
    found, withdrawn, _ = read_intel(tmp_path)
    assert withdrawn == {}
    assert [one.name for one in found.campaigns] == [campaign]
    assert {one.tlp for one in found.indicators} == {"red"}
    here = {(row["kind"], row["value"]) for row in pieces.indicators.to_pylist() if row["campaign_id"] == campaign}
    known = {(one.kind, one.value) for one in found.indicators if one.kind != "template"}
    assert known
    assert known <= here
    hashes = {tuple(row["hashes"]) for row in pieces.templates.to_pylist() if row["campaign_id"] == campaign}
    assert {one.hashes for one in found.templates} <= hashes


def test_a_partners_indicator_is_sighted_and_sent_back(result: Path, pieces: ResultFolder, tmp_path: Path) -> None:
    campaign = pieces.campaigns[0].id
    sent = share_campaign(ShareRequest(result, campaign, "amber"))
    value = next(one for one in orjson.loads(sent.content)["objects"] if "autonomous-system" in one.get("pattern", ""))
    number = re.findall(r"number = (\d+)", value["pattern"])[0]
    (tmp_path / "a.csv").write_text(f"kind,value\nasn,{number}\n")
    made = import_files(tmp_path / "intel", SentFiles([tmp_path / "a.csv"], "Partner", "B"))
    assert made.new > 0
    theirs = read_intel(tmp_path / "intel")[0].indicators[0].id
    again = share_campaign(ShareRequest(result, campaign, "amber", intel=[tmp_path / "intel"]))
    assert again.sightings == sent.sightings + 1
    assert theirs in {one.get("sighting_of_ref") for one in orjson.loads(again.content)["objects"]}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"campaign": "HY-0"}, "no campaign HY-0"),
        ({"format_name": "pdf"}, "format pdf is not known"),
        ({"sharing_key": "nowhere.key"}, "no such sharing key"),
        ({"policy": "nowhere.toml"}, "cannot be read"),
    ],
    ids=str,
)
def test_what_cannot_be_shared_says_why(
    asked: dict[str, Any], said: str, result: Path, pieces: ResultFolder, tmp_path: Path
) -> None:
    asked = {key: tmp_path / value if "." in value else value for key, value in asked.items()}
    form = asked.pop("format_name", "stix")
    request = ShareRequest(result, **({"campaign": pieces.campaigns[0].id, "tlp": "green"} | asked))
    with pytest.raises(InputError, match=said):
        share_campaign(request, form)
    assert list(tmp_path.iterdir()) == []
