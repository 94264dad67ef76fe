"""What leaves is what the policy lets out; what stays is counted by its reason."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fixtures.dossiers import ACTOR, END, KEY, MEMBERS, VALUES, campaign, dossiers, known, release, row
from hydrometer.contract.attribution_records import Attribution, AttributionAnswer, Hypothesis
from hydrometer.contract.entity_kinds import EntityKind
from hydrometer.contract.errors import InputError
from hydrometer.contract.intel_records import Dossiers
from hydrometer.intelligence.exchange.redaction_policy import (
    DEFAULTS,
    DIGEST_ONLY,
    KindRule,
    RedactionPolicy,
    make_internal_policy,
    read_redaction_policy,
)
from hydrometer.intelligence.exchange.release_builder import make_release
from hydrometer.intelligence.exchange.release_format import find_formats

if TYPE_CHECKING:
    from pathlib import Path

    from hydrometer.intelligence.exchange.campaign_release import CampaignRelease


def left(of: CampaignRelease) -> set[tuple[str, str]]:
    return {(one.kind, one.value) for one in of.dossiers.indicators}


def test_rare_values_leave_and_personal_ones_as_digests() -> None:
    found: dict[str, str] = {one.kind: one.value for one in release().dossiers.indicators}
    for kind, value in VALUES.items():
        if kind in DIGEST_ONLY:
            assert found[kind] == KEY.digest(kind, value)
            assert found[kind].startswith(f"hmac-sha256:{KEY.name}:")
        elif kind != "template":
            assert found[kind] == value
    assert release().withheld == {}


def test_without_a_key_nothing_personal_leaves() -> None:
    rows = [row(kind, VALUES[kind]) for kind in DIGEST_ONLY]
    found = make_release(known(rows), RedactionPolicy(), "amber")
    assert not found.dossiers.indicators
    assert found.withheld == {f"{kind}: needs a sharing key": 1 for kind in DIGEST_ONLY}


@pytest.mark.parametrize(
    ("given_row", "why"),
    [
        (row("address", "198.51.100.7", 7, 8), "strangers show it too"),
        (row("address", "198.51.100.7", 3), "too few members show it for certain"),
        (row("asn", "64500", 7, 15), "too common"),
        (row("end_user", "u-1"), "kinds like this never leave"),
        (row("session", "s-1"), "kinds like this never leave"),
        (row("email_length", "aaaa99"), "kinds like this never leave"),
        (row("signup_day", "2026-02-01"), "kinds like this never leave"),
        (row("address", "not an address"), "the value is none of its kind"),
        (row("user_agent", "acct-member-0001's client"), "the value names an account or a person"),
        (row("tools", "ACCT-MEMBER-0002"), "the value names an account or a person"),
        (row("tools", "acct-stranger-01"), "the value names an account or a person"),
        (row("user_agent", "bot (mailto:me@relay.example)"), "the value names an account or a person"),
    ],
    ids=lambda value: value if isinstance(value, str) else value["kind"],
)
def test_what_stays_is_counted(given_row: dict[str, Any], why: str) -> None:
    found = make_release(known([given_row]), RedactionPolicy(), "amber", KEY)
    assert not found.dossiers.indicators
    assert found.withheld == {f"{given_row['kind']}: {why}": 1}


def test_a_doubtful_member_does_not_count_as_showing_a_value() -> None:
    assert MEMBERS["acct-doubtful-01"] < RedactionPolicy().least_member_probability
    assert left(make_release(known([row("ja4", "t13", 4)]), RedactionPolicy(), "amber"))
    assert not left(make_release(known([row("ja4", "t13", 3)]), RedactionPolicy(), "amber"))
    assert left(make_release(known([row("ja4", "t13", 3)]), RedactionPolicy(least_member_probability=0.5), "amber"))


def test_nothing_of_an_uncertain_campaign_leaves() -> None:
    rows = [row(kind, value) for kind, value in VALUES.items() if kind != "template"]
    sketch = replace(dossiers().templates[0], id="t-1")
    found = make_release(known(rows, campaign(0.8), sketches=[sketch]), RedactionPolicy(), "amber", KEY)
    assert not found.dossiers.indicators
    assert not found.dossiers.templates
    assert found.withheld == {
        "the campaign's probability is below 0.9": 1,
        "template: the campaign's probability is too low": 1,
    }


def test_validity_and_confidence_follow_kind_and_rarity() -> None:
    found = make_release(known([row("ja4", "t13", 7, 14), row("asn", "64500")]), RedactionPolicy(), "green")
    by_kind = {one.kind: one for one in found.dossiers.indicators}
    assert by_kind[EntityKind.JA4].confidence == round(99 * 7 / 14)
    assert by_kind[EntityKind.ASN].confidence == 99
    for kind, one in by_kind.items():
        assert one.valid_until is not None
        assert 0 <= (one.valid_until - END).days - DEFAULTS[kind].days <= 1
        assert one.tlp == "green"


def test_times_leave_by_the_hour() -> None:
    made = release()
    moments = [made.campaign.first_seen, made.campaign.last_seen, made.created, made.modified]
    moments += [moment for one in made.dossiers.sightings for moment in (one.first_seen, one.last_seen)]
    moments += [one.valid_from for one in made.dossiers.indicators]
    assert all(moment is not None and moment.minute == moment.second == moment.microsecond == 0 for moment in moments)


def test_the_same_campaign_makes_the_same_release() -> None:
    assert release() == release()
    again = make_release(known([row("asn", "64500")]), RedactionPolicy(identity="Hill"), "red", KEY)
    assert {one.id for one in again.dossiers.indicators} <= {one.id for one in release().dossiers.indicators}


def test_indicators_of_partners_are_sighted() -> None:
    asn = next(one for one in dossiers().indicators if one.kind == "asn")
    revoked = replace(asn, id=asn.id.replace("indicator--", "indicator--f")[:46], revoked=True)
    held = Dossiers(indicators=(asn, revoked))
    found = make_release(known([row("asn", "64500")]), RedactionPolicy(), "amber", dossiers=held)
    assert {one.of for one in found.dossiers.sightings} == {found.dossiers.indicators[0].id, asn.id}
    assert all(one.count == 40 for one in found.dossiers.sightings)


def test_a_sighting_leaves_only_where_the_indicator_may_go() -> None:
    asn = replace(next(one for one in dossiers().indicators if one.kind == "asn"), tlp="amber")
    found = make_release(known([row("asn", "64500")]), RedactionPolicy(), "green", dossiers=Dossiers(indicators=(asn,)))
    assert asn.id not in {one.of for one in found.dossiers.sightings}
    assert found.withheld == {"sighting: the partner's indicator is marked more strictly": 1}


def attributed() -> Attribution:
    hypothesis = Hypothesis(id=ACTOR, name="Lynx", prior=0.1, probability=0.97)
    answer = AttributionAnswer(
        question="beneficiary",
        conclusion="Lynx",
        probability=0.97,
        likelihood="almost certain",
        confidence="high",
        confidence_reasons=[],
        hypotheses=[hypothesis],
        evidence=[],
        against="",
        would_change=[],
    )
    nobody = replace(answer, question="operator", conclusion="not attributed")
    return Attribution(status="attributed", why="", answers=[answer, nobody])


@pytest.mark.parametrize(
    ("allowed", "with_dossiers", "tlp", "why"),
    [
        (False, True, "red", "the policy keeps it back"),
        (True, False, "red", "how the actor's dossier is marked is not known"),
        (True, True, "amber", "the actor's dossier is marked more strictly"),
        (True, True, "amber+strict", ""),
    ],
)
def test_an_attribution_leaves_only_as_policy_and_marking_allow(
    allowed: bool, with_dossiers: bool, tlp: Any, why: str
) -> None:
    of = known([row("asn", "64500")], campaign(attribution=attributed()))
    found = make_release(of, RedactionPolicy(attribution=allowed), tlp, dossiers=dossiers() if with_dossiers else None)
    assert found.withheld == ({f"attribution: {why}": 1} if why else {})
    assert found.campaign.actors == ({} if why else {ACTOR: "beneficiary"})
    for form in find_formats().values():
        assert (b"Lynx" in form.encode(found)) == (not why and form.name != "csv")


def test_templates_leave_as_sketches_only() -> None:
    made = release()
    assert [one.kind for one in made.dossiers.indicators].count(EntityKind.TEMPLATE) == 1
    for form in find_formats().values():
        content = form.encode(made)
        assert b"step by step" not in content
        assert b"THE-SLOT" not in content
        assert b"acct-" not in content


def test_volumes_stay_when_the_policy_says_so() -> None:
    made = make_release(known([]), RedactionPolicy(volumes=False), "amber")
    assert made.withheld == {"volumes: the policy keeps them back": 1}
    for form in find_formats().values():
        assert b"lumen-4" not in form.encode(made)


rows = st.builds(
    row,
    st.sampled_from([*DEFAULTS, "end_user", "session"]),
    st.sampled_from([*VALUES.values(), "acct-member-0001", "x", "10.0.0.0/8"]),
    st.integers(1, 7),
    st.integers(1, 60),
)


@settings(max_examples=200)
@given(st.lists(rows, max_size=12), st.booleans())
def test_every_value_leaves_or_is_counted(shown: list[dict[str, Any]], keyed: bool) -> None:
    shown = list({(one["kind"], one["value"]): one for one in shown if one["kind"] != "template"}.values())
    made = make_release(known(shown), RedactionPolicy(), "amber", KEY if keyed else None)
    # Two spellings of one value are one indicator.
    assert len(made.dossiers.indicators) + sum(made.withheld.values()) <= len(shown)
    kinds = Counter(one["kind"] for one in shown)
    for kind in kinds:
        here = sum(number for reason, number in made.withheld.items() if reason.startswith(f"{kind}: "))
        assert here == kinds[kind] or any(one.kind == kind for one in made.dossiers.indicators)
    for one in made.dossiers.indicators:
        rule = DEFAULTS[one.kind]
        assert (one.kind in DIGEST_ONLY) == one.value.startswith("hmac-sha256:")
        assert "acct-" not in one.value
        like = [each for each in shown if each["kind"] == one.kind]
        assert any(rule.strangers is None or each["population"] - each["accounts"] <= rule.strangers for each in like)


def test_a_policy_is_read_from_toml_and_yaml(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text(
        'identity = "Hill"\n[kinds.address]\naccounts = 5\n[kinds.bin]\nform = "withhold"\n'
    )
    (tmp_path / "p.yaml").write_text("identity: Hill\nkinds:\n  address: {accounts: 5}\n  bin: {form: withhold}\n")
    found = read_redaction_policy(tmp_path / "p.toml")
    assert found == read_redaction_policy(tmp_path / "p.yaml")
    assert found.rule("address") == KindRule(accounts=5, strangers=0, days=30)
    made = make_release(known([row("bin", "411111")]), found, "amber")
    assert made.withheld == {"bin: the policy withholds the kind": 1}
    assert made.site.name == "Hill"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("identity = 1", "is no policy"),
        ("least = 1", "is no policy"),
        ("a = [", "neither TOML nor YAML"),
        ('kinds.payment.form = "value"', "leave as digests only"),
        ("kinds.session.accounts = 1", "kind session is never shared"),
        ("kinds.address.accounts = 0", "is no policy"),
        ("kinds = 3", "is no policy"),
        ("least_probability = 1.5", "is no policy"),
    ],
)
def test_a_policy_that_is_none_is_refused(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text(text)
    with pytest.raises(InputError, match=said):
        read_redaction_policy(tmp_path / "p.toml")


def test_no_file_is_no_policy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_redaction_policy(tmp_path / "p.toml")
    (tmp_path / "p.yaml").write_text("- 1\n")
    with pytest.raises(InputError, match="is no policy"):
        read_redaction_policy(tmp_path / "p.yaml")


def test_own_campaigns_are_kept_as_they_are() -> None:
    made = make_release(known([row("payment", "pm-1", 1), row("session", "s-1")]), make_internal_policy(), "red")
    assert left(made) == {("payment", "pm-1")}
