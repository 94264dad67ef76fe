"""Dossiers on simulated operators are what their circumstance says, and the same for the same seed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from hydrometer.contract.attribution_records import NOBODY, UNKNOWN
from hydrometer.contract.intel_records import Dossiers
from hydrometer.lab.simulate.dossiers import (
    CIRCUMSTANCES,
    Circumstance,
    LabelledDossiers,
    SimulatedCampaign,
    make_dossiers,
)

BEGINS = datetime(2026, 4, 7, tzinfo=UTC)


def given(*beneficiaries: str) -> SimulatedCampaign:
    kinds = {
        kind: {f"{kind}-{n}": 30 - n for n in range(20)}
        for kind in ("payment", "device", "phone", "bin", "email_domain", "email_shape", "ja4", "user_agent")
    }
    kinds["address"] = {f"203.0.113.{n + 1}": 30 - n for n in range(20)}
    kinds["network"] = {"203.0.113.0/24": 40, "198.51.100.0/24": 10}
    kinds["signup_network"] = {"192.0.2.0/24": 12}
    return SimulatedCampaign(
        operator="operator1",
        values={"operator1": kinds},
        template_hashes=[list(range(40))],
        beneficiaries=list(beneficiaries or ("lab1A",)),
        begins=BEGINS,
        ends=BEGINS + timedelta(days=10),
    )


def drawn(circumstance: Circumstance, count: int = 20, *beneficiaries: str) -> list[LabelledDossiers]:
    return [make_dossiers(given(*beneficiaries), circumstance, seed) for seed in range(count)]


def pointing(made: LabelledDossiers, actor: str) -> set[str]:
    """Values of the campaign that point to an actor, directly or through an earlier campaign."""
    own = {value for values in given().values["operator1"].values() for value in values}
    past = {c.id for c in made.dossiers.campaigns if actor in c.actors}
    return {i.value for i in made.dossiers.indicators if i.value in own and {actor, *past} & set(i.indicates)}


@pytest.mark.parametrize("circumstance", CIRCUMSTANCES)
def test_the_same_seed_draws_the_same(circumstance: Circumstance) -> None:
    assert make_dossiers(given(), circumstance, 3) == make_dossiers(given(), circumstance, 3)
    assert make_dossiers(given(), circumstance, 3) != make_dossiers(given(), circumstance, 4)


@pytest.mark.parametrize("circumstance", CIRCUMSTANCES)
def test_dossiers_are_whole(circumstance: Circumstance) -> None:
    for made in drawn(circumstance):
        known = made.dossiers
        assert msgspec.json.decode(msgspec.json.encode(known), type=Dossiers) == known
        actors, sources = {a.id for a in known.actors}, {s.id for s in known.sources}
        assert {made.operator, made.beneficiary} <= {UNKNOWN, NOBODY, *actors}
        assert {i.source for i in known.indicators} | {c.source for c in known.campaigns} <= sources
        for name in ("sources", "actors", "indicators", "campaigns", "sightings", "templates"):
            ids = [each.id for each in getattr(known, name)]
            assert ids == sorted(set(ids))
        for indicator in known.indicators:
            assert indicator.valid_from is not None
            assert indicator.valid_from < BEGINS


def test_an_operator_without_a_dossier_is_unknown_and_one_with_one_shares_values() -> None:
    assert {made.operator for made in drawn("missing")} == {UNKNOWN}
    known = drawn("known")
    assert all(made.operator != UNKNOWN for made in known)
    assert sum(bool(pointing(made, made.operator)) for made in known) > 15


def test_several_takers_are_nobody_in_particular() -> None:
    assert {made.beneficiary for made in drawn("known", 10, "lab1A", "lab1B")} == {NOBODY}
    assert {made.beneficiary for made in drawn("pool")} == {NOBODY}


def test_flags_point_to_a_rival_by_what_is_cheap_and_rented_ones_by_addresses_too() -> None:
    for circumstance, rented in (("flag", False), ("rented_flag", True)):
        for made in drawn(circumstance):  # type: ignore[arg-type]
            shown = pointing(made, made.rival)
            assert shown
            assert any(value.startswith(("203.0.113", "198.51.100")) for value in shown) is rented
            assert not any(value.startswith(("payment", "device", "phone")) for value in shown)
            assert made.named_product


def test_old_records_are_old_and_feeds_are_not_to_be_believed() -> None:
    for made in drawn("stale"):
        old = [
            i for i in made.dossiers.indicators if made.rival in i.indicates and i.value in pointing(made, made.rival)
        ]
        last = {s.of: s.last_seen for s in made.dossiers.sightings}
        assert sum((BEGINS - (last[i.id] or BEGINS)).days >= 199 for i in old) >= len(old) / 2 > 0
    for made in drawn("poisoned"):
        grades = {s.id: s.reliability for s in made.dossiers.sources if s.name == "a feed"}
        assert set(grades.values()) <= {"C", "D", "E", "F"}
        assert any(i.source in grades and made.rival in i.indicates for i in made.dossiers.indicators)
