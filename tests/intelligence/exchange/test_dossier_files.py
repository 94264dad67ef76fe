"""Dossiers go to STIX and back without loss, and hostile bundles are refused with their place."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import orjson
import pytest
import stix2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stix2validator import ValidationOptions, validate_instance

from fixtures.dossiers import ACTOR, CAMPAIGN, PARTNER, dossiers
from hydrometer.contract.errors import InputError
from hydrometer.contract.intel_records import Dossiers, IntelSource
from hydrometer.intelligence.exchange.bundle_files import encode_bundle, load_bundle_set, read_bundle, write_bundle
from hydrometer.intelligence.exchange.dossier_files import read_dossiers, write_dossiers
from hydrometer.intelligence.exchange.source_ratings import RatedSource, SourceRatings, Withdrawal
from hydrometer.intelligence.exchange.stix_encoder import encode_dossiers
from hydrometer.intelligence.exchange.stix_ids import EXTENSION, make_id
from hydrometer.intelligence.exchange.tlp import MARKINGS

if TYPE_CHECKING:
    from pathlib import Path

AT = "2026-03-01T00:00:00.000Z"
LATER = "2026-03-02T00:00:00.000Z"


def indicator(name: object = 1, **more: Any) -> dict[str, Any]:
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": make_id("indicator", name),
        "created": AT,
        "modified": AT,
        "pattern": "[ipv4-addr:value = '198.51.100.7']",
        "pattern_type": "stix",
        "valid_from": AT,
        "object_marking_refs": [MARKINGS["green"]],
    } | more


def arrow(kind: str, source: str, target: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "relationship",
        "spec_version": "2.1",
        "id": make_id("relationship", kind, source, target),
        "created": AT,
        "modified": AT,
        "relationship_type": kind,
        "source_ref": source,
        "target_ref": target,
    } | more


def read(objects: list[dict[str, Any]], folder: Path) -> Dossiers:
    write_bundle(objects, folder / "bundle.json")
    return read_dossiers(folder / "bundle.json")


def test_a_folder_loses_nothing(tmp_path: Path) -> None:
    write_dossiers(dossiers(), tmp_path)
    assert read_dossiers(tmp_path) == dossiers()


def test_one_bundle_loses_only_what_this_site_holds_of_sources(tmp_path: Path) -> None:
    write_dossiers(dossiers(), tmp_path / "a.json")
    found = read_dossiers(tmp_path / "a.json")
    assert found.sources == (IntelSource(id=PARTNER, name="Partner", reliability="F"),)
    assert {one.credibility for one in found.indicators} == {6}
    own = {one.id: one for one in dossiers().indicators}
    assert [msgspec.structs.replace(one, credibility=own[one.id].credibility) for one in found.indicators] == list(
        dossiers().indicators
    )
    assert (found.actors, found.campaigns, found.templates) == (
        dossiers().actors,
        dossiers().campaigns,
        dossiers().templates,
    )


def test_the_same_dossiers_make_the_same_bytes(tmp_path: Path) -> None:
    write_dossiers(dossiers(), tmp_path / "a.json")
    write_dossiers(read_dossiers(tmp_path / "a.json"), tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_what_is_written_is_valid() -> None:
    options = ValidationOptions(version="2.1", disabled="uuid-check")
    for one in encode_dossiers(dossiers()):
        assert validate_instance(one, options).is_valid, one
        assert stix2.parse(one, allow_custom=True)["id"] == one["id"]


def test_objects_that_are_not_used_stay_as_they_are_and_are_counted(tmp_path: Path) -> None:
    malware = {"type": "malware", "id": make_id("malware", 1), "name": "x", "odd": {"deep": [1, 2.5, None]}}
    sigma = indicator(2, pattern_type="sigma", pattern="title: x")
    window = indicator(
        3, pattern="[ipv4-addr:value = '198.51.100.7'] START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z'"
    )
    write_bundle([malware, sigma, window, indicator(1, odd="kept")], tmp_path / "a.json")
    shelf = load_bundle_set([tmp_path / "a.json"])
    assert [one.raw for one in shelf.objects.values()] == read_bundle(tmp_path / "a.json")
    assert encode_bundle([one.raw for one in shelf.objects.values()]) == (tmp_path / "a.json").read_bytes()
    found = read_dossiers(tmp_path / "a.json")
    assert [one.value for one in found.indicators] == ["198.51.100.7"]


def test_an_infrastructure_stands_for_all_that_use_it(tmp_path: Path) -> None:
    pool, other = make_id("infrastructure", 1), make_id("intrusion-set", "other")
    found = read(
        [
            indicator(),
            arrow("indicates", make_id("indicator", 1), pool),
            arrow("uses", ACTOR, pool),
            arrow("uses", other, pool),
            arrow("uses", make_id("intrusion-set", "third"), pool, revoked=True),
        ],
        tmp_path,
    )
    assert found.indicators[0].indicates == tuple(sorted((ACTOR, other)))


def test_a_pattern_of_several_values_is_several_indicators_with_their_sightings(tmp_path: Path) -> None:
    seen = {
        "type": "sighting",
        "id": make_id("sighting", 1),
        "created": AT,
        "modified": AT,
        "sighting_of_ref": make_id("indicator", 1),
        "count": 3,
    }
    opinion = {
        "type": "opinion",
        "id": make_id("opinion", 1),
        "created": AT,
        "modified": AT,
        "opinion": "disagree",
        "object_refs": [make_id("indicator", 1)],
    }
    pattern = (
        "[ipv4-addr:value = '198.51.100.7' OR ipv4-addr:value = '198.51.100.8'] OR [autonomous-system:number IN (1, 2)]"
    )
    found = read([indicator(1, pattern=pattern), seen, opinion], tmp_path)
    assert sorted((one.kind, one.value) for one in found.indicators) == [
        ("address", "198.51.100.7"),
        ("address", "198.51.100.8"),
        ("asn", "1"),
        ("asn", "2"),
    ]
    ids = {one.id for one in found.indicators}
    assert len(ids) == 4
    assert {one.of for one in found.sightings} == {one.of for one in found.opinions} == ids
    assert make_id("indicator", 1) in ids


def test_the_newest_version_of_a_source_counts_in_any_order(tmp_path: Path) -> None:
    newer = indicator(1, modified=LATER, revoked=True)
    for objects in ([indicator(), newer], [newer, indicator()]):
        (tmp_path / "a.json").write_bytes(orjson.dumps({"type": "bundle", "objects": objects}))
        assert read_dossiers(tmp_path / "a.json").indicators[0].revoked


def test_no_partner_changes_what_a_better_one_said(tmp_path: Path) -> None:
    good, bad = make_id("identity", "good"), make_id("identity", "bad")
    write_bundle([indicator(1, created_by_ref=good)], tmp_path / "good.json")
    # The worse one pretends to be the author and to know better.
    write_bundle([indicator(1, created_by_ref=good, modified=LATER, revoked=True)], tmp_path / "bad.json")
    SourceRatings(
        sources=[
            RatedSource(id=bad, name="Bad", reliability="E", files=["bad.json"]),
            RatedSource(id=good, name="Good", reliability="B", files=["good.json"]),
        ]
    ).write(tmp_path)
    found = read_dossiers(tmp_path)
    assert [(one.source, one.revoked) for one in found.indicators] == [(good, False)]


def test_what_a_judged_file_says_is_said_by_its_sender(tmp_path: Path) -> None:
    write_bundle([indicator(1, created_by_ref=PARTNER)], tmp_path / "relay.json")
    relay = make_id("identity", "relay")
    SourceRatings(sources=[RatedSource(id=relay, name="Relay", reliability="D", files=["relay.json"])]).write(tmp_path)
    found = read_dossiers(tmp_path)
    assert found.indicators[0].source == relay
    assert found.sources == (IntelSource(id=relay, name="Relay", reliability="D"),)


def test_a_file_that_was_dropped_into_a_judged_folder_borrows_no_name(tmp_path: Path) -> None:
    write_dossiers(dossiers(), tmp_path)
    write_bundle([indicator("dropped", created_by_ref=PARTNER)], tmp_path / "dropped.json")
    found = {one.id: one for one in read_dossiers(tmp_path).sources}
    dropped = next(one for one in read_dossiers(tmp_path).indicators if one.id == make_id("indicator", "dropped"))
    assert dropped.source != PARTNER
    assert (found[dropped.source].name, found[dropped.source].reliability) == ("Whoever wrote dropped.json", "F")
    assert found[PARTNER].reliability == "B"


def test_a_bundle_beside_a_judged_folder_borrows_no_name(tmp_path: Path) -> None:
    write_dossiers(dossiers(), tmp_path / "intel")
    write_bundle([indicator("dropped", created_by_ref=PARTNER)], tmp_path / "dropped.json")
    for places in ([tmp_path / "intel", tmp_path / "dropped.json"], [tmp_path / "dropped.json", tmp_path / "intel"]):
        found = read_dossiers(places)
        dropped = next(one for one in found.indicators if one.id == make_id("indicator", "dropped"))
        assert {one.id: one.reliability for one in found.sources}[dropped.source] == "F"


def test_withdrawn_is_marked(tmp_path: Path) -> None:
    write_dossiers(dossiers(), tmp_path)
    judgement = SourceRatings.read(tmp_path)
    judgement.withdrawn = {CAMPAIGN: Withdrawal(at=datetime(2026, 3, 1, tzinfo=UTC), why="was a customer")}
    judgement.write(tmp_path)
    assert read_dossiers(tmp_path).campaigns[0].revoked


def test_the_strictest_marking_counts_and_none_is_amber(tmp_path: Path) -> None:
    found = read(
        [
            indicator(
                1, object_marking_refs=[MARKINGS["clear"], "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"]
            ),
            indicator(2, object_marking_refs=[]),
            indicator(3, granular_markings=[{"marking_ref": MARKINGS["amber+strict"], "selectors": ["pattern"]}]),
        ],
        tmp_path,
    )
    levels = {one.id: one.tlp for one in found.indicators}
    assert [levels[make_id("indicator", number)] for number in (1, 2, 3)] == ["red", "amber", "amber+strict"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no JSON"),
        (b"[" * 5000, "is no JSON"),
        (b"[]", "is no STIX bundle"),
        (b"17", "is no STIX bundle"),
        (b'{"type": "indicator"}', "is no STIX bundle"),
        (b'{"type": "bundle", "objects": {}}', "is no STIX bundle"),
        (b'{"type": "bundle", "objects": [1]}', "object 1 is no JSON object"),
        (b'{"type": "bundle", "objects": [{"type": "indicator"}]}', "has no id of its type"),
        (b'{"type": "bundle", "objects": [{"type": "x", "id": "x--1"}]}', "has no id of its type"),
    ],
)
def test_what_is_no_bundle_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(InputError, match=said) as refused:
        read_dossiers(tmp_path / "a.json")
    assert refused.value.file == str(tmp_path / "a.json")
    assert refused.value.mend


@pytest.mark.parametrize(
    "change",
    [
        {"pattern": 5},
        {"pattern_type": None},
        {"confidence": 101},
        {"confidence": "high"},
        {"created": "yesterday"},
        {"created": "2026-01-01T00:00:00"},
        {"modified": None},
        {"valid_until": 10**400},
        {"revoked": "yes"},
        {"object_marking_refs": "x"},
        {"granular_markings": True},
        {"granular_markings": [7]},
        {"extensions": []},
        {"extensions": {EXTENSION: {"role": "king"}}},
        {"extensions": {EXTENSION: 7}},
        {"id": "indicator--../../etc"},
        {"type": "campaign"},
        {"spec_version": "2.0"},
    ],
    ids=str,
)
def test_a_damaged_object_is_refused_with_its_place(change: dict[str, Any], tmp_path: Path) -> None:
    content = (
        orjson.dumps({"type": "bundle", "objects": [{**indicator(), **change}]})
        if 10**400 not in change.values()
        else (
            orjson.dumps({"type": "bundle", "objects": [indicator(valid_until="BIG")]}).replace(
                b'"BIG"', b"1" + b"0" * 400
            )
        )
    )
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(InputError) as refused:
        read_dossiers(tmp_path / "a.json")
    assert refused.value.file == str(tmp_path / "a.json")


def test_a_damaged_sketch_is_refused(tmp_path: Path) -> None:
    write_dossiers(dossiers(), tmp_path / "a.json")
    for damage in ("AAAA", "!!", "AQAAAAAAAAAAAAAAAAAAAA=="):
        objects = read_bundle(tmp_path / "a.json")
        for one in objects:
            if one["type"] == "x-hydrometer-template":
                one["sketch_bin"] = damage
        write_bundle(objects, tmp_path / "b.json")
        with pytest.raises(InputError, match="sketch_bin"):
            read_dossiers(tmp_path / "b.json")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = [
    *("type", "id", "created", "modified", "created_by_ref", "revoked", "confidence", "object_marking_refs", "name"),
    *("pattern", "pattern_type", "valid_from", "valid_until", "extensions", "relationship_type", "source_ref"),
    *("target_ref", "opinion", "object_refs", "count", "sighting_of_ref", "sketch_bin", "granular_markings"),
]
WHOLE = encode_dossiers(dossiers())


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    one=st.sampled_from(WHOLE),
    changes=st.dictionaries(st.sampled_from(KEYS), json_values, max_size=3),
    inside=st.sampled_from([*KEYS, EXTENSION]),
    value=json_values,
)
def test_any_object_is_read_or_refused(
    one: dict[str, Any], changes: dict[str, Any], inside: str, value: Any, tmp_path: Path
) -> None:
    changed = {**one, **changes}
    if isinstance(changed.get("extensions"), dict) and inside == EXTENSION:
        changed["extensions"] = {**changed["extensions"], EXTENSION: value}
    objects = [changed if other is one else other for other in WHOLE]
    (tmp_path / "a.json").write_bytes(orjson.dumps({"type": "bundle", "objects": objects}))
    try:
        found = read_dossiers(tmp_path / "a.json")
    except InputError:
        return
    write_dossiers(found, tmp_path / "b.json")
    assert read_dossiers(tmp_path / "b.json") == found


@pytest.mark.parametrize("name", ["partner.json", "judgement.json"])
def test_a_pipe_among_bundles_is_refused_at_once(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(InputError, match=f"{name}: is a named pipe, not a regular file"):
        read_dossiers(tmp_path)
