"""A folder of what is known: who says it, what is withdrawn, what is wrong with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fixtures.dossiers import ACTOR, CAMPAIGN, PARTNER, dossiers
from hydrometer.contract.entity_kinds import EntityKind
from hydrometer.contract.errors import InputError
from hydrometer.contract.intel_records import Dossiers, Indicator, Sighting
from hydrometer.intelligence.exchange import lint
from hydrometer.intelligence.exchange.bundle_files import read_bundle
from hydrometer.intelligence.exchange.intel_store import OWN, IntelStore, revoke_objects
from hydrometer.intelligence.exchange.source_ratings import FILE, SourceRatings
from hydrometer.intelligence.exchange.stix_encoder import encode_dossiers
from hydrometer.intelligence.exchange.stix_ids import make_id

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 10, tzinfo=UTC)


def filled(folder: Path, of: Dossiers | None = None) -> IntelStore:
    intel = IntelStore(folder)
    source = intel.ensure_source("Partner", "B", PARTNER)
    intel.add(encode_dossiers(of or dossiers(), NOW), folder / "sent.json", source)
    return intel


def test_adding_again_changes_nothing(tmp_path: Path) -> None:
    intel = filled(tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    added = intel.add(encode_dossiers(dossiers(), NOW), tmp_path / "sent.json", intel.ensure_source("partner"))
    assert (added.new, added.newer) == (0, 0)
    assert added.same == len(encode_dossiers(dossiers(), NOW))
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_new_version_replaces_an_old_one_and_an_old_one_nothing(tmp_path: Path) -> None:
    intel = filled(tmp_path)
    later = encode_dossiers(
        replace(dossiers(), campaigns=(replace(dossiers().campaigns[0], name="Two"),)), NOW + timedelta(1)
    )
    added = intel.add(later, tmp_path / "sent.json", intel.ensure_source("Partner"))
    assert added.new == 0
    assert added.newer > 0
    assert intel.dossiers().campaigns[0].name == "Two"
    intel.add(encode_dossiers(dossiers(), NOW), tmp_path / "sent.json", intel.ensure_source("Partner"))
    assert intel.dossiers().campaigns[0].name == "Two"


def test_what_was_converted_has_a_new_version_only_for_new_content(tmp_path: Path) -> None:
    intel = IntelStore(tmp_path)
    source = intel.ensure_source("Table")
    one = Dossiers(
        indicators=(Indicator(id=make_id("indicator", 1), kind=EntityKind.ASN, value="1", source=source.id),)
    )
    intel.add(encode_dossiers(one, NOW), tmp_path / "a.csv", source, undated=True)
    again = intel.add(encode_dossiers(one, NOW + timedelta(1)), tmp_path / "a.csv", source, undated=True)
    assert (again.new, again.newer) == (0, 0)
    other = replace(one, indicators=(replace(one.indicators[0], confidence=90),))
    changed = intel.add(encode_dossiers(other, NOW + timedelta(2)), tmp_path / "a.csv", source, undated=True)
    assert changed.newer == 1
    raw = intel.bundles.objects[make_id("indicator", 1)].raw
    assert raw["created"] < raw["modified"]


def test_nothing_is_added_when_one_object_is_damaged(tmp_path: Path) -> None:
    intel = IntelStore(tmp_path / "intel")
    objects = encode_dossiers(dossiers(), NOW)
    next(one for one in objects if one["type"] == "indicator")["confidence"] = 900
    with pytest.raises(InputError, match="is damaged"):
        intel.add(objects, tmp_path / "sent.json", intel.ensure_source("Partner"))
    assert not (tmp_path / "intel").exists()


def test_reliability_is_the_sites_own(tmp_path: Path) -> None:
    objects = encode_dossiers(dossiers(), NOW)
    for one in objects:
        if one["type"] == "identity":
            one["reliability"] = one["x_reliability"] = "A"
    intel = IntelStore(tmp_path)
    intel.add(objects, tmp_path / "sent.json", intel.ensure_source("Stranger", None, PARTNER))
    assert intel.dossiers().sources[0].reliability == "F"
    intel.add([], tmp_path / "sent.json", intel.ensure_source("Stranger", "C"))
    assert IntelStore(tmp_path).dossiers().sources[0].reliability == "C"


def test_a_source_takes_the_identity_that_it_sent_but_nobody_elses(tmp_path: Path) -> None:
    intel = IntelStore(tmp_path)
    sent = encode_dossiers(dossiers(), NOW)
    assert intel.ensure_source("partner", None, "", sent).id == PARTNER
    # Whoever else sends an identity of that name gets another one.
    pretends = [{"type": "identity", "id": PARTNER, "name": "Mallory"}]
    assert intel.ensure_source("Mallory", None, "", pretends).id == make_id("identity", "source", "Mallory")
    own = [{"type": "identity", "id": OWN.id, "name": "Trent"}]
    assert intel.ensure_source("Trent", None, "", own).id != OWN.id
    with pytest.raises(InputError, match="is partner"):
        intel.ensure_source("Eve", None, PARTNER)
    with pytest.raises(InputError, match="no STIX identity"):
        intel.ensure_source("Eve", None, "identity--1")


def test_an_opinion_replaces_an_earlier_one(tmp_path: Path) -> None:
    intel = filled(tmp_path)
    of = dossiers().indicators[0].id
    first = intel.opine(of, "agree", "seen too", NOW)
    assert intel.opine(of, "disagree", "a customer", NOW + timedelta(1)) == first
    own = [one for one in intel.dossiers().opinions if one.source == OWN.id]
    assert [(one.of, one.stance, one.explanation) for one in own] == [(of, "disagree", "a customer")]
    with pytest.raises(InputError, match="nothing has the id"):
        intel.opine(make_id("indicator", "nowhere"), "agree", "", NOW)


def standing(intel: IntelStore) -> set[str]:
    found = intel.dossiers()
    return {one.id for part in (found.indicators, found.campaigns, found.actors) for one in part if not one.revoked}


def test_a_retraction_takes_with_it_what_rested_on_nothing_else(tmp_path: Path) -> None:
    both = next(one for one in dossiers().indicators if one.kind == "asn")
    alone = replace(both, id=make_id("indicator", "alone"), value="65001", indicates=(CAMPAIGN,))
    free = replace(both, id=make_id("indicator", "free"), value="65002", indicates=())
    seen = Sighting(id=make_id("sighting", "alone"), of=alone.id, source=PARTNER)
    of = replace(dossiers(), indicators=(both, alone, free), opinions=(), sightings=(seen,))
    intel = filled(tmp_path, of)
    gone = intel.retract(CAMPAIGN, "was a customer", NOW)
    assert {CAMPAIGN, alone.id, seen.id} <= gone.keys()
    assert standing(intel) == {ACTOR, both.id, free.id}
    assert not intel.dossiers().sightings
    points = {one.id: one.indicates for one in intel.dossiers().indicators}
    assert points[both.id] == (ACTOR,)
    # The other leg falls too.
    intel.retract(ACTOR, "no such actor", NOW)
    assert standing(intel) == {free.id}
    # Each retraction is taken back by itself.
    assert set(intel.restore(CAMPAIGN)) == set(gone)
    assert standing(IntelStore(tmp_path)) == {CAMPAIGN, alone.id, free.id}
    with pytest.raises(InputError, match="is not withdrawn"):
        intel.restore(CAMPAIGN)


def test_a_source_is_retracted_whole(tmp_path: Path) -> None:
    intel = filled(tmp_path)
    intel.retract(PARTNER, "poisoned", NOW)
    found = IntelStore(tmp_path).dossiers()
    assert not standing(intel)
    assert not found.sightings
    assert not found.opinions
    assert read_bundle(next(tmp_path.glob("partner-*.json"))), "what was sent is kept"


def test_expiry_marks_and_unmarks(tmp_path: Path) -> None:
    one = Indicator(id=make_id("indicator", 1), kind=EntityKind.ASN, value="1", source=PARTNER, valid_until=NOW)
    of = Dossiers(sources=dossiers().sources, indicators=(one,))
    intel = filled(tmp_path, of)
    assert intel.expire(NOW - timedelta(1)) == {}
    assert set(intel.expire(NOW)) == {one.id}
    assert intel.expire(NOW) == {}
    assert IntelStore(tmp_path).dossiers().indicators[0].revoked
    longer = replace(of, indicators=(replace(one, valid_until=NOW + timedelta(9)),))
    intel.add(encode_dossiers(longer, NOW + timedelta(1)), tmp_path / "sent.json", intel.ensure_source("Partner"))
    intel.expire(NOW)
    assert not IntelStore(tmp_path).dossiers().indicators[0].revoked


def test_what_a_partner_takes_back_takes_with_it_what_rested_on_it(tmp_path: Path) -> None:
    alone = Indicator(id=make_id("indicator", 1), kind=EntityKind.ASN, value="1", source=PARTNER, indicates=(CAMPAIGN,))
    of = replace(dossiers(), indicators=(alone,), sightings=(), opinions=())
    intel = filled(tmp_path, of)
    campaign = [one for one in encode_dossiers(of, NOW) if one["id"] == CAMPAIGN]
    intel.add(revoke_objects(campaign, NOW + timedelta(1)), tmp_path / "sent.json", intel.ensure_source("Partner"))
    assert CAMPAIGN not in standing(intel)
    assert alone.id in intel.expire(NOW - timedelta(30))
    assert standing(intel) == {ACTOR}


def test_a_bundle_is_taken_back_whole() -> None:
    objects = encode_dossiers(dossiers(), NOW)
    back = revoke_objects(objects, NOW + timedelta(1))
    made = {one["id"] for one in objects if one.get("created_by_ref") == PARTNER and not one.get("revoked")}
    assert {one["id"] for one in back} == made
    assert all(one["revoked"] and one["modified"] > one["created"] for one in back)
    assert revoke_objects(back, NOW) == []


@pytest.mark.parametrize("content", ["{", "[]", '{"sources": 1}', '{"trust": "all"}', '{"credibility": {"x": 9}}'])
def test_a_damaged_judgement_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(content)
    with pytest.raises(InputError, match="is damaged"):
        IntelStore(tmp_path)


def test_two_commands_at_once_lose_nothing(tmp_path: Path) -> None:
    one, other = IntelStore(tmp_path), IntelStore(tmp_path)
    one.add(encode_dossiers(dossiers(), NOW), tmp_path / "sent.json", one.ensure_source("Partner"))
    with pytest.raises(InputError, match="was changed by another command"):
        other.add(encode_dossiers(dossiers(), NOW), tmp_path / "sent.json", other.ensure_source("Other"))
    assert [source.name for source in SourceRatings.read(tmp_path).sources] == ["Partner"]
    assert {file.name.partition("-")[0] for file in tmp_path.glob("*-*.json")} == {"partner"}


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(InputError, match="is no folder"):
        IntelStore(tmp_path / "a")


def problems(found: list[lint.IntelFault], name: str) -> set[str]:
    return {fault.problem for fault in found if fault.id == name}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"kind": "network", "value": "10.0.0.0/8"}, "too broad"),
        ({"kind": "network", "value": "2001:db8::/32"}, "too broad"),
        ({"kind": "email_domain", "value": "gmail.com"}, "too broad"),
        ({"kind": "user_agent", "value": "curl/8"}, "too broad"),
        ({"kind": "address", "value": "192.168.0.1"}, "an address of no public network"),
        ({"valid_until": None}, "no end of validity"),
        ({"valid_until": NOW}, "past its validity"),
        ({"indicates": tuple(make_id("intrusion-set", number) for number in range(5))}, "points to too many"),
        ({"indicates": (make_id("intrusion-set", "nowhere"),)}, ""),
        ({}, ""),
    ],
    ids=str,
)
def test_lint_finds(changes: dict[str, Any], problem: str, tmp_path: Path) -> None:
    fine = Indicator(
        id=make_id("indicator", 1), kind=EntityKind.ASN, value="64500", source=PARTNER, valid_until=NOW + timedelta(9)
    )
    intel = filled(tmp_path, Dossiers(sources=dossiers().sources, indicators=(replace(fine, **changes),)))
    found = lint.find_faults(intel, NOW, {("user_agent", "curl/8"): 50, ("asn", "64500"): 49}, 5_000)
    assert problems(found, fine.id) == ({problem} if problem else set())
    dangling = [fault.detail for fault in found if fault.problem == "refers to what is not here"]
    assert sorted(dangling) == sorted(changes.get("indicates", ()))


def test_lint_finds_what_is_twice_there_unmarked_invalid_or_not_added(tmp_path: Path) -> None:
    one = Indicator(id=make_id("indicator", 1), kind=EntityKind.ASN, value="1", source=PARTNER)
    of = Dossiers(sources=dossiers().sources, indicators=(one, replace(one, id=make_id("indicator", 2))))
    objects = encode_dossiers(of, NOW)
    for raw in objects:
        if raw["id"] == make_id("indicator", 2):
            del raw["object_marking_refs"]
            raw["valid_from"] = "2026-01-01T00:00:00+00:00"
    intel = IntelStore(tmp_path)
    intel.add(objects, tmp_path / "sent.json", intel.ensure_source("Partner", None, PARTNER))
    (tmp_path / "dropped.json").write_bytes(next(tmp_path.glob("partner-*.json")).read_bytes())
    found = lint.find_faults(IntelStore(tmp_path), NOW)
    twice = {problem for number in (1, 2) for problem in problems(found, make_id("indicator", number))}
    assert {"twice there", "no TLP marking", "invalid", "no end of validity"} <= twice
    assert problems(found, "dropped.json") == {"file that was not added"}
    assert [fault.detail for fault in lint.find_faults(intel, NOW, most=1) if "not validated" in fault.problem]


@pytest.mark.parametrize("name", ["stix2", "stix2-validator"])
def test_both_validators_see_the_same_damage(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lint, "name_validator", lambda: name)
    intel = filled(tmp_path)
    assert not [fault for fault in lint.find_faults(intel, NOW) if fault.problem == "invalid"]
    held = intel.bundles.objects[ACTOR]
    held.raw["aliases"] = 5
    assert problems(lint.find_faults(intel, NOW), ACTOR) >= {"invalid"}


links = st.lists(st.tuples(st.integers(0, 5), st.sampled_from([CAMPAIGN, ACTOR])), max_size=8)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(links=links, order=st.permutations([CAMPAIGN, ACTOR]))
def test_retracting_and_restoring_leaves_everything_as_it_was(
    links: list[tuple[int, str]], order: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("intel")
    indicators = tuple(
        sorted(
            (
                Indicator(
                    id=make_id("indicator", number),
                    kind=EntityKind.ASN,
                    value=str(number),
                    source=PARTNER,
                    indicates=tuple(sorted({target for one, target in links if one == number})),
                )
                for number in range(6)
            ),
            key=lambda one: one.id,
        )
    )
    of = replace(dossiers(), indicators=indicators, sightings=(), opinions=())
    intel = filled(folder, of)
    before = intel.dossiers()
    for name in order:
        intel.retract(name, "", NOW)
    pointing = {make_id("indicator", number) for number, _ in links}
    assert standing(intel) == {one.id for one in indicators} - pointing
    for name in reversed(order):
        intel.restore(name)
    assert intel.dossiers() == before
    assert SourceRatings.read(folder).withdrawn == {}
