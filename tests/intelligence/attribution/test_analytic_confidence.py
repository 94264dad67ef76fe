"""What a confidence needs: hard groups, more than one of them, no contradiction, no partner that decides alone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from fixtures.intel_builders import OWN, START, actor, case, dossiers, exhibit, indicator, shown
from hydrometer.contract.intel_records import ActorRelease, Sighting, WorkingHours
from hydrometer.contract.settings import AttributionSettings
from hydrometer.intelligence.attribution import attribute_campaign

if TYPE_CHECKING:
    from hydrometer.contract.attribution_records import AttributionAnswer
    from hydrometer.contract.intel_records import Dossiers

SETTINGS = AttributionSettings()
ALDER = "intrusion-set--alder"
ADDRESS = shown("address", "203.0.113.9", 80)
CARDS = (shown("payment", "pm1"), shown("payment", "pm2"))
OF_CARDS = (indicator("payment", "pm1", "alder"), indicator("payment", "pm2", "alder"))


def operator(known: Dossiers, *rows: dict[str, Any], **changes: Any) -> AttributionAnswer:
    return attribute_campaign(case(*rows, **changes), known, SETTINGS).answers[0]


def address(first: float, last: float) -> Dossiers:
    """Cards of alder, and an address that it used from so many days to so many days before the campaign."""
    used = indicator("address", "203.0.113.9", "alder", valid_from=START - timedelta(days=first))
    seen = Sighting(
        id="sighting--1",
        of=used.id,
        source=OWN.id,
        first_seen=START - timedelta(days=first),
        last_seen=START - timedelta(days=last),
    )
    return dossiers(*OF_CARDS, used, sightings=(seen,))


def test_an_address_kept_without_a_gap_is_a_second_hard_group_and_one_let_anew_is_not() -> None:
    kept = operator(address(60, 1), *CARDS, ADDRESS)
    assert (kept.conclusion, kept.confidence) == ("alder", "high")
    let = operator(address(60, 10), *CARDS, ADDRESS)
    assert (let.conclusion, let.confidence) == ("alder", "moderate")


def test_an_address_alone_names_nobody_however_long_it_was_kept() -> None:
    known = address(60, 1)
    cheap = indicator("user_agent", "ua", "alder")
    more = msgspec.structs.replace(known, indicators=(known.indicators[2], cheap))
    found = operator(more, ADDRESS, shown("user_agent", "ua", 90))
    assert (found.conclusion, found.confidence) == ("not attributed", "low")


def test_one_hard_group_and_another_of_any_kind_is_moderate() -> None:
    cheap = indicator("email_shape", "a999", "alder")
    found = operator(dossiers(*OF_CARDS, cheap), *CARDS, shown("email_shape", "a999", 90))
    assert (found.conclusion, found.confidence) == ("alder", "moderate")
    alone = operator(dossiers(*OF_CARDS), *CARDS)
    assert (alone.conclusion, alone.confidence) == ("not attributed", "low")


def test_a_value_of_few_members_is_not_hard() -> None:
    few = operator(dossiers(indicator("payment", "pm1", "alder")), shown("payment", "pm1", 2))
    many = operator(dossiers(indicator("payment", "pm1", "alder")), shown("payment", "pm1", 40))
    assert "0 groups that an imitator could hardly show" in few.confidence_reasons
    assert few.probability < many.probability


def test_hours_that_do_not_fit_contradict() -> None:
    night = [0] * 13 + [60] * 9 + [0] * 2
    hours = WorkingHours(timezone="Asia/Shanghai", days=(0, 1, 2, 3, 4, 5, 6))
    cheap = indicator("email_shape", "a999", "alder")
    known = dossiers(*OF_CARDS, cheap, actors=(actor("alder", hours=hours), actor("birch")))
    rows = (*CARDS, shown("email_shape", "a999", 90))
    found = operator(known, *rows, exhibit=exhibit(hour_by_day=[night] * 14))
    assert found.confidence == "low"
    assert any("hours evidence does not fit" in reason for reason in found.confidence_reasons)
    assert "working hours of alder" in found.against


def test_what_is_absent_speaks_against_an_actor_of_whom_it_is_known() -> None:
    cards = [indicator("payment", f"known-{n}", "alder") for n in range(5)]
    found = operator(dossiers(*cards), *CARDS)
    (row,) = found.evidence
    assert row.bits[ALDER] < 0
    few = operator(dossiers(*cards[:2]), *CARDS)
    assert few.evidence == []
    unseen = operator(dossiers(*cards), ADDRESS)
    assert unseen.evidence == []


def test_the_beneficiary_follows_from_a_sure_operator_and_a_release() -> None:
    after = (START + timedelta(days=15)).date()
    known = dossiers(
        *OF_CARDS,
        indicator("device", "dv1", "alder"),
        actors=(actor("alder", releases=(ActorRelease(product="next", day=after),)), actor("birch")),
    )
    rows = (*CARDS, shown("device", "dv1", 30))
    runs, gets = attribute_campaign(case(*rows), known, SETTINGS).answers
    assert runs.conclusion == "alder"
    assert {row.kind for row in gets.evidence} == {"operator", "releases"}
    assert (gets.conclusion, gets.confidence) == ("alder", "moderate")


@pytest.mark.parametrize(("needed", "wanted"), [("low", "alder"), ("moderate", "alder"), ("high", "not attributed")])
def test_the_settings_say_how_sure_a_name_must_be(needed: Any, wanted: str) -> None:
    cheap = indicator("email_shape", "a999", "alder")
    made = case(*CARDS, shown("email_shape", "a999", 90))
    settings = AttributionSettings(least_confidence=needed)
    assert attribute_campaign(made, dossiers(*OF_CARDS, cheap), settings).answers[0].conclusion == wanted


def test_ranges_of_ipv6_are_compared_too() -> None:
    rows = (shown("network", "2001:db8:1::/48", 60), shown("address", "2001:db8:1::7", 60))
    for value in ("2001:db8::/32", "2001:DB8:1::/48", "2001:db8:1::/64"):
        kind: Any = "network"
        found = operator(dossiers(indicator(kind, value, "alder")), *rows)
        assert found.evidence[0].bits[ALDER] > 0, value
    apart = operator(dossiers(indicator("network", "2001:db9::/32", "alder")), *rows)
    assert apart.evidence == []
