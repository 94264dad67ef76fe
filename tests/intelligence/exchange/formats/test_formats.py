"""Each format is valid by whoever defines it, and what comes back is what it holds."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
import pytest
import stix2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from pymisp import MISPEvent
from stix2validator import ValidationOptions, validate_string

from fixtures.dossiers import VALUES, known, release, row
from hydrometer.contract.entity_kinds import EntityKind
from hydrometer.contract.errors import InputError
from hydrometer.intelligence.exchange.confidence_scales import SCALES, convert_to_stix, convert_to_word
from hydrometer.intelligence.exchange.dossier_files import read_dossiers
from hydrometer.intelligence.exchange.importers import import_file
from hydrometer.intelligence.exchange.misp_mapping import AttributeComment, read_confidence, read_tlp
from hydrometer.intelligence.exchange.redaction_policy import RedactionPolicy
from hydrometer.intelligence.exchange.release_builder import make_release
from hydrometer.intelligence.exchange.release_format import find_formats
from hydrometer.intelligence.exchange.source_ratings import RatedSource

if TYPE_CHECKING:
    from pathlib import Path

    from hydrometer.contract.intel_records import Dossiers

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def encoded(form: str) -> bytes:
    return find_formats()[form].encode(release())


def back(file: Path, content: bytes, folder: Path) -> Dossiers:
    """What a partner has of a file after importing it."""
    file.write_bytes(content)
    site = release().site
    source = RatedSource(id=site.id, name=site.name)
    made = import_file(file, lambda _: source, Counter(), at=NOW)
    inside = folder / "in.json"
    inside.write_bytes(orjson.dumps({"type": "bundle", "objects": made.objects}))
    return read_dossiers(inside)


def test_every_format_is_found_and_the_same_release_makes_the_same_bytes() -> None:
    assert set(find_formats()) == {"csv", "misp", "ocsf", "stix"}
    for form in find_formats().values():
        assert form.encode(release()) == form.encode(release())


def test_the_bundle_is_valid_by_oasis_and_the_library() -> None:
    content = encoded("stix").decode()
    result = validate_string(content, ValidationOptions(version="2.1", disabled="uuid-check"))
    assert result.is_valid, [error for each in result.object_results for error in each.errors]
    assert len(stix2.parse(content, allow_custom=True).objects) == len(orjson.loads(content)["objects"])


def test_the_bundle_reads_back_without_loss(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(encoded("stix"))
    found = read_dossiers(tmp_path / "a.json")
    assert found == release().dossiers


def test_the_bundle_names_no_object_that_it_lacks() -> None:
    objects = orjson.loads(encoded("stix"))["objects"]
    held = {one["id"] for one in objects}
    for one in objects:
        named = [one[key] for key in ("created_by_ref", "source_ref", "target_ref", "sighting_of_ref") if key in one]
        for key in ("object_refs", "object_marking_refs", "where_sighted_refs"):
            named += one.get(key, [])
        assert held.issuperset(named), one


def test_the_bundle_says_what_people_want_to_know() -> None:
    objects = orjson.loads(encoded("stix"))["objects"]
    by_type = {one["type"]: one for one in objects}
    assert "7 accounts, 400 exchanges" in by_type["campaign"]["description"]
    techniques = {each["external_references"][0]["external_id"] for each in objects if each["type"] == "attack-pattern"}
    assert "AML.T0024.002" in techniques
    assert by_type["infrastructure"]["name"] == "Infrastructure of hydra-7c41e0"
    marked = [one for one in objects if one["type"] in ("indicator", "campaign", "relationship", "sighting")]
    assert {tuple(one["object_marking_refs"]) for one in marked} == {
        ("marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",)
    }


def test_the_misp_event_loads_and_comes_back(tmp_path: Path) -> None:
    content = encoded("misp")
    event = MISPEvent()
    event.load(orjson.loads(content))
    assert {tag.name for tag in event.tags} >= {"tlp:amber"}
    types = {attribute.type for attribute in event.attributes}
    assert {"ip-src", "AS", "domain", "user-agent", "campaign-name"} <= types
    found, sent = back(tmp_path / "a.json", content, tmp_path), release().dossiers
    assert found.indicators == sent.indicators
    assert found.templates == sent.templates
    assert found.campaigns == sent.campaigns
    assert [(one.id, one.of, one.last_seen) for one in found.sightings] == [
        (one.id, one.of, one.last_seen) for one in sent.sightings
    ]


def test_a_foreign_misp_event_is_read_as_far_as_it_is_of_use(tmp_path: Path) -> None:
    event = MISPEvent()
    event.info = "Accounts that scrape"
    event.uuid = "dd107f2e-d277-4413-86a2-656f80a9fbe2"
    event.add_tag("tlp:green")
    event.add_attribute("ip-dst", "198.51.100.7")
    event.add_attribute("ip-src", "203.0.113.0/24", Tag=[{"name": 'admiralty-scale:information-credibility="2"'}])
    event.add_attribute("AS", "AS64500", Tag=[{"name": "tlp:red"}])
    event.add_attribute("comment", "kind=banana")
    holder = event.add_object(name="ja4-plus")
    holder.add_attribute("ja4-type", "JA4")
    holder.add_attribute("ja4-fingerprint", "t13d1516h2_8daaf6152771_02713d6af862")
    content = orjson.dumps({"Event": orjson.loads(event.to_json())})
    found = {(one.kind, one.value): one for one in back(tmp_path / "a.json", content, tmp_path).indicators}
    assert set(found) == {
        ("address", "198.51.100.7"),
        ("network", "203.0.113.0/24"),
        ("asn", "64500"),
        ("ja4", "t13d1516h2_8daaf6152771_02713d6af862"),
    }
    assert found[EntityKind.NETWORK, "203.0.113.0/24"].confidence == 70
    assert found[EntityKind.ASN, "64500"].tlp == "red"
    assert found[EntityKind.ADDRESS, "198.51.100.7"].tlp == "green"


def test_what_a_search_of_misp_answers_is_read_whole(tmp_path: Path) -> None:
    events = [
        {
            "uuid": f"dd107f2e-d277-4413-86a2-656f80a9fbe{number}",
            "info": "x",
            "Attribute": [{"type": "AS", "value": str(number)}],
        }
        for number in (1, 2)
    ]
    content = orjson.dumps({"response": [{"Event": event} for event in events]})
    found = back(tmp_path / "a.json", content, tmp_path)
    assert sorted(one.value for one in found.indicators) == ["1", "2"]
    assert len(found.campaigns) == 2


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({}, "is no MISP event"),
        ({"uuid": "x", "info": "y"}, "is no MISP event: uuid"),
        ({"uuid": "dd107f2e-d277-4413-86a2-656f80a9fbe2", "info": "y", "Attribute": [1]}, "is no MISP event"),
        (
            {
                "uuid": "dd107f2e-d277-4413-86a2-656f80a9fbe2",
                "info": "y",
                "Attribute": [{"type": "ip-src", "value": "nowhere"}],
            },
            "is damaged",
        ),
        (
            {
                "uuid": "dd107f2e-d277-4413-86a2-656f80a9fbe2",
                "info": "y",
                "Attribute": [{"type": "AS", "value": "1", "Sighting": [{"date_sighting": 2**62}]}],
            },
            "is damaged",
        ),
    ],
)
def test_a_damaged_misp_event_is_refused(event: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        back(tmp_path / "a.json", orjson.dumps({"Event": event}), tmp_path)


attribute = st.fixed_dictionaries(
    {"type": st.sampled_from(["ip-src", "AS", "text", "campaign-name", "threat-actor", "user-agent"])},
    optional={
        "value": st.sampled_from([*VALUES.values(), "AS1", ""]) | st.text(max_size=20),
        "uuid": st.sampled_from(["dd107f2e-d277-4413-86a2-656f80a9fbe2", "x", ""]),
        "comment": st.text(max_size=20)
        | st.sampled_from(["kind=template", "kind=ja4 confidence=700", "valid_until=x"]),
        "first_seen": st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-01", "", None, 3]),
        "Tag": st.lists(st.fixed_dictionaries({"name": st.text(max_size=30)}), max_size=2),
        "Sighting": st.lists(st.fixed_dictionaries({"date_sighting": st.integers() | st.text(max_size=3)}), max_size=2),
        "deleted": st.booleans(),
    },
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(attributes=st.lists(attribute, max_size=4))
def test_any_misp_event_is_read_or_refused(attributes: list[dict[str, Any]], tmp_path: Path) -> None:
    event = {"uuid": "dd107f2e-d277-4413-86a2-656f80a9fbe2", "info": "x", "Attribute": attributes}
    try:
        back(tmp_path / "a.json", orjson.dumps({"Event": event}, option=orjson.OPT_NON_STR_KEYS), tmp_path)
    except (InputError, orjson.JSONEncodeError):
        return


def test_the_ocsf_finding_has_what_the_class_asks_for() -> None:
    found = orjson.loads(encoded("ocsf"))
    needed = ("activity_id", "category_uid", "class_uid", "finding_info", "metadata", "severity_id", "time", "type_uid")
    assert all(key in found for key in needed)
    assert (found["class_uid"], found["category_uid"], found["type_uid"]) == (2004, 2, 200401)
    assert found["metadata"]["version"] == "1.4.0"
    assert found["finding_info"]["uid"] == release().campaign.id
    assert len(found["evidences"]) == len(found["observables"]) == len(release().dossiers.indicators)
    for observable in found["observables"]:
        place = observable["name"]
        number, _, path = place.removeprefix("evidences[").partition("].")
        value = found["evidences"][int(number)]
        for part in path.split("."):
            value = value[part]
        assert value == observable["value"]
        assert isinstance(observable["type_id"], int)


def test_the_table_comes_back(tmp_path: Path) -> None:
    sent = [one for one in release().dossiers.indicators if one.kind != "template"]
    found = back(tmp_path / "a.csv", encoded("csv"), tmp_path).indicators
    wanted = [replace(one, indicates=(), role=None) for one in sent]
    assert list(found) == wanted


def test_no_value_runs_in_a_spreadsheet() -> None:
    rows = [row("user_agent", value) for value in ("=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)")]
    made = make_release(known([*rows, row("user_agent", 'curl, "x"')]), RedactionPolicy(), "amber")
    table = find_formats()["csv"]
    cells = list(csv.reader(io.StringIO(table.encode(made).decode())))
    assert [line[1] for line in cells[1:]] == ['curl, "x"']
    assert table.left_out is not None
    assert table.left_out(made) == {"csv: a spreadsheet would run the value as a formula": 3}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("value\n1\n", "column kind"),
        ("kind,value\nbanana,1\n", ":2 column kind"),
        ("kind,value\nasn,1\naddress,nowhere\n", ":3 column value"),
        ("kind,value,confidence\nasn,1,high\n", ":2 column confidence"),
        ("kind,value,valid_until\nasn,1,soon\n", ":2 column valid_until"),
        ("kind,value,tlp\nasn,1,pink\n", ":2 column tlp"),
        ("kind,value,role\nasn,1,king\n", ":2 column role"),
        ("kind,value,indicates\nasn,1,Lynx\n", ":2 column indicates"),
        ("kind,value,id\nasn,1,x\n", ":2 column id"),
        ('kind,value\n"asn', "is no table"),
        ("kind,value\nasn,\x00\n", "column value"),
    ],
)
def test_a_damaged_table_is_refused_with_its_place(text: str, place: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        back(tmp_path / "a.csv", text.encode(), tmp_path)
    assert place in str(refused.value)


def test_words_of_a_scale_become_stix_and_back(tmp_path: Path) -> None:
    for scale, words in SCALES.items():
        for word, number in words.items():
            assert convert_to_stix(word.upper(), scale) == number  # type: ignore[arg-type]
            assert convert_to_word(number, scale) == word  # type: ignore[arg-type]
    (tmp_path / "a.csv").write_text("kind,value,confidence\nasn,1,very likely\n")
    made = import_file(
        tmp_path / "a.csv", lambda _: RatedSource(id=release().site.id, name="x"), Counter(), scale="icd203", at=NOW
    )
    assert [one["confidence"] for one in made.objects if one["type"] == "indicator"] == [85]


def test_misp_words_are_taken_and_never_its_numbers() -> None:
    assert read_confidence(['estimative-language:likelihood-probability="almost-certain"']) == 95
    assert read_confidence(['estimative-language:likelihood-probability="roughly-even-chance"']) == 50
    assert read_confidence(['admiralty-scale:information-credibility="1"']) == 90
    assert read_confidence(['admiralty-scale:information-credibility="6"', "tlp:red"]) is None
    assert read_tlp(["tlp:white"]) == "clear"
    assert read_tlp(["TLP:GREEN", "tlp:amber+strict"]) == "amber+strict"
    assert read_tlp(["misp:tool"]) is None


@given(st.text(max_size=40))
def test_any_comment_is_read(text: str) -> None:
    read = AttributeComment.read(text)
    assert AttributeComment.read(str(read)) == read or read.kind or read.role or read.id
