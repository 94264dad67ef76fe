"""Who is named, and who must not be: false flags, missing actors, pools, stale and poisoned dossiers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.intel_builders import (
    GOSSIP,
    MEMBERS,
    OWN,
    PARTNER,
    START,
    actor,
    case,
    dossiers,
    exhibit,
    indicator,
    shown,
    template,
)
from hydrometer.contract.attribution_records import NOBODY, UNKNOWN
from hydrometer.contract.intel_records import IntelOpinion, PastCampaign, Sighting, TemplateSketch, WorkingHours
from hydrometer.contract.settings import AttributionSettings
from hydrometer.intelligence.attribution import attribute_campaign

if TYPE_CHECKING:
    import random

    from hydrometer.contract.attribution_records import Attribution, AttributionAnswer
    from hydrometer.contract.intel_records import Dossiers
    from hydrometer.intelligence.attribution import CampaignProfile

SETTINGS = AttributionSettings()
ALDER, BIRCH = "intrusion-set--alder", "intrusion-set--birch"


def said(made: CampaignProfile, known: Dossiers) -> Attribution:
    return attribute_campaign(made, known, SETTINGS)


def operator(made: CampaignProfile, known: Dossiers) -> AttributionAnswer:
    return said(made, known).answers[0]


def beneficiary(made: CampaignProfile, known: Dossiers) -> AttributionAnswer:
    return said(made, known).answers[1]


def probability(answer: AttributionAnswer, name: str) -> float:
    return next(h.probability for h in answer.hypotheses if h.id == name)


def bits(answer: AttributionAnswer, name: str) -> float:
    return sum(row.bits.get(name, 0.0) for row in answer.evidence)


HARD = (shown("payment", "pm1"), shown("payment", "pm2"), shown("device", "dv1", 20))
OF_ALDER = (
    indicator("payment", "pm1", "alder"),
    indicator("payment", "pm2", "alder"),
    indicator("device", "dv1", "alder"),
)


def test_two_hard_groups_name_an_operator_with_high_confidence() -> None:
    found = operator(case(*HARD), dossiers(*OF_ALDER))
    assert (found.conclusion, found.confidence) == ("alder", "high")
    assert found.likelihood == "almost certain"
    assert said(case(*HARD), dossiers(*OF_ALDER)).status == "attributed"


def test_the_operator_need_not_be_the_beneficiary() -> None:
    found = beneficiary(case(*HARD), dossiers(*OF_ALDER))
    assert found.conclusion == "not attributed"
    assert probability(found, ALDER) > 5 * probability(found, BIRCH)
    seller = (actor("alder", roles=("operator",)), actor("birch"))
    names = {h.id for h in beneficiary(case(*HARD), dossiers(*OF_ALDER, actors=seller)).hypotheses}
    assert ALDER not in names


def test_nothing_known_attributes_nothing() -> None:
    found = said(case(*HARD), dossiers(actors=()))
    assert found.status == "not attributed"
    empty = said(case(*HARD), msgspec.structs.replace(dossiers(), actors=()))
    assert (empty.status, empty.answers) == ("not attributed", [])


def test_an_actor_without_a_dossier_is_called_unknown() -> None:
    known = dossiers(*(indicator(kind, f"other-{kind}", "birch") for kind in ("payment", "device", "address")))
    found = operator(case(*HARD, shown("address", "203.0.113.9")), known)
    assert found.hypotheses[0].id == UNKNOWN
    assert found.conclusion == "not attributed"


def flag(source: Any = OWN) -> tuple[CampaignProfile, Dossiers]:
    """An operator without a dossier that shows all that birch is known by, as far as it is cheap."""
    hours = WorkingHours(timezone="Asia/Shanghai")
    day = [0] * 1 + [60] * 9 + [0] * 14
    made = case(
        shown("user_agent", "ua"),
        shown("ja4", "t13"),
        shown("email_shape", "a999", 90),
        shown("email_domain", "mail.example", 90),
        shown("payment", "pm9"),
        exhibit=exhibit(hour_by_day=[day] * 14, templates=[template("You are Birchling. Show how you think.")]),
    )
    known = dossiers(
        indicator("user_agent", "ua", "birch", source=source),
        indicator("ja4", "t13", "birch", source=source),
        indicator("email_shape", "a999", "birch", source=source),
        indicator("email_domain", "mail.example", "birch", source=source),
        actors=(actor("alder"), actor("birch", products=("Birchling",), hours=hours), actor("cedar")),
    )
    return made, known


def test_a_cheap_false_flag_bears_no_more_than_one_decision() -> None:
    made, known = flag()
    found = operator(made, known)
    assert bits(found, BIRCH) <= SETTINGS.planted_bits + 1e-6
    for answer in said(made, known).answers:
        assert answer.conclusion == "not attributed"
        assert answer.confidence == "low"


def test_rented_addresses_with_a_cheap_flag_name_nobody() -> None:
    _made, known = flag()
    rows = (
        shown("address", "203.0.113.9", 80),
        shown("user_agent", "ua"),
        shown("ja4", "t13"),
        shown("payment", "pm9"),
    )
    left = [
        indicator("address", "203.0.113.9", "birch", valid_from=START - timedelta(days=days)) for days in (1, 10, 60)
    ]
    for one in left:
        found = operator(case(*rows), msgspec.structs.replace(known, indicators=(*known.indicators, one)))
        assert found.conclusion == "not attributed"
        assert bits(found, BIRCH) <= SETTINGS.rented_bits + 1e-6


def test_a_flag_does_not_hide_an_operator_with_hard_evidence() -> None:
    _made, known = flag()
    rows = (*HARD, shown("user_agent", "ua"), shown("email_shape", "a999", 90))
    found = operator(case(*rows), msgspec.structs.replace(known, indicators=(*known.indicators, *OF_ALDER)))
    assert found.conclusion == "alder"
    assert "birch" in found.against


def test_a_pool_tells_of_the_operator_and_hardly_of_the_beneficiary() -> None:
    tenants = ("alder", "birch", "cedar")
    rows = (shown("address", "203.0.113.9", 80), shown("network", "203.0.113.0/24", 90), shown("payment", "pm1"))
    known = dossiers(
        indicator("address", "203.0.113.9", *tenants),
        indicator("network", "203.0.113.0/24", *tenants),
        indicator("payment", "pm1", *tenants),
    )
    runs, gets = said(case(*rows), known).answers
    assert {runs.conclusion, gets.conclusion} == {"not attributed"}
    assert 0 < bits(gets, ALDER) < 0.5 < bits(runs, ALDER) < 2.5


def test_a_value_in_two_dossiers_is_shared_unless_the_second_source_is_less_reliable() -> None:
    rows = (shown("payment", "pm1", 45),)
    alone, equal, worse = (
        bits(operator(case(*rows), dossiers(indicator("payment", "pm1", "alder"), *more)), ALDER)
        for more in (
            (),
            (indicator("payment", "pm1", "birch", id="indicator--2"),),
            (indicator("payment", "pm1", "birch", source=PARTNER),),
        )
    )
    assert equal < 2.1 < alone == worse


def test_actors_of_one_name_are_one_hypothesis() -> None:
    theirs = msgspec.structs.replace(actor("partners-alder"), name="Alder", source=PARTNER.id)
    liar = actor("liar", aliases=("alder", "birch"), source=GOSSIP.id)
    known = dossiers(
        OF_ALDER[0], indicator("device", "dv1", "partners-alder"), actors=(actor("alder"), actor("birch"), theirs, liar)
    )
    found = said(case(*HARD), known)
    assert {h.name for h in found.answers[0].hypotheses} >= {"alder", "birch", "liar"}
    assert "Alder" not in {h.name for h in found.answers[0].hypotheses}
    assert found.answers[0].confidence == "high"
    assert found.dossiers["actors: another's under another id"] == 1


def test_hard_evidence_for_two_actors_on_different_members_is_no_common_actor() -> None:
    rows = (shown("payment", "pm1", 45), shown("payment", "pm2", 45))
    known = dossiers(indicator("payment", "pm1", "alder"), indicator("payment", "pm2", "birch"))
    found = operator(case(*rows), known)
    assert found.hypotheses[0].id == NOBODY
    assert found.conclusion == "not attributed"
    mistaken = operator(case(shown("payment", "pm1", 45), shown("payment", "pm2", 1)), known)
    assert mistaken.hypotheses[0].id == ALDER


def test_stale_indicators_fade_and_expired_ones_say_nothing() -> None:
    rows = (shown("address", "203.0.113.9", 80),)
    ages = (1, 30, 90, 365)
    told = [
        bits(
            operator(
                case(*rows),
                dossiers(indicator("address", "203.0.113.9", "alder", valid_from=START - timedelta(days=age))),
            ),
            ALDER,
        )
        for age in ages
    ]
    assert told == sorted(told, reverse=True)
    assert told[-1] < 0.1
    gone = dossiers(indicator("address", "203.0.113.9", "alder", valid_until=START - timedelta(days=1)))
    found = said(case(*rows), gone)
    assert found.answers[0].evidence == []
    assert found.dossiers["indicators: expired"] == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"revoked": True}, "indicators: revoked"), ({"indicates": ()}, "indicators: of nobody known")],
)
def test_what_is_left_out_is_counted(changes: dict[str, Any], reason: str) -> None:
    one = msgspec.structs.replace(indicator("payment", "pm1", "alder"), **changes)
    found = said(case(*HARD), dossiers(one))
    assert found.dossiers[reason] == 1
    assert bits(found.answers[0], ALDER) == 0


def test_opinions_strike_out_only_when_they_are_heard() -> None:
    one = OF_ALDER[0]
    for source, left in ((PARTNER, False), (GOSSIP, True)):
        opinion = IntelOpinion(id="opinion--1", of=one.id, source=source.id, stance="strongly-disagree")
        found = operator(case(*HARD), dossiers(one, opinions=(opinion,)))
        assert (bits(found, ALDER) > 0) is left
    agreed = IntelOpinion(id="opinion--2", of=one.id, source=OWN.id, stance="agree")
    doubted = IntelOpinion(id="opinion--1", of=one.id, source=PARTNER.id, stance="disagree")
    assert bits(operator(case(*HARD), dossiers(one, opinions=(agreed, doubted))), ALDER) > 0


def test_a_poisoned_feed_cannot_name_a_rival() -> None:
    rows = (*HARD, shown("phone", "ph1"), shown("address", "203.0.113.9", 80))
    feed = [indicator(row["kind"], row["value"], "birch", source=GOSSIP) for row in rows]
    found = operator(case(*rows), dossiers(*feed))
    assert bits(found, BIRCH) < 0.5
    assert found.hypotheses[0].id == UNKNOWN
    both = operator(case(*rows), dossiers(*feed, *OF_ALDER))
    assert both.conclusion == "alder"


def test_a_partner_never_decides_alone() -> None:
    theirs = [indicator(i.kind, i.value, "alder", source=PARTNER) for i in OF_ALDER]
    alone = operator(case(*HARD), dossiers(*theirs))
    assert alone.conclusion == "not attributed"
    assert "Rests on a partner alone" in alone.confidence_reasons
    corroborated = operator(case(*HARD), dossiers(*theirs, OF_ALDER[2]))
    assert bits(corroborated, ALDER) > bits(alone, ALDER)


@given(st.integers(1, 30))
def test_correlated_evidence_counts_once(copies: int) -> None:
    rows = [shown("address", f"203.0.113.{n + 1}", 90) for n in range(copies)] + [
        shown("network", "203.0.113.0/24", 90)
    ]
    known = [indicator(row["kind"], row["value"], "alder") for row in rows]
    once = max(bits(operator(case(rows[n]), dossiers(known[n])), ALDER) for n in (0, -1))
    every = bits(operator(case(*rows), dossiers(*known)), ALDER)
    assert every <= once + 1e-3


@given(st.randoms(use_true_random=False))
def test_the_order_of_dossiers_makes_no_difference(dice: random.Random) -> None:
    made, known = flag()
    known = msgspec.structs.replace(
        known,
        indicators=(*known.indicators, *OF_ALDER),
        sightings=(
            Sighting(id="s1", of=OF_ALDER[0].id, source=PARTNER.id, first_seen=START - timedelta(days=3)),
            Sighting(id="s2", of=BIRCH, source=PARTNER.id, first_seen=START, last_seen=START),
        ),
    )
    mixed = {}
    for name in known.__struct_fields__:
        values = list(getattr(known, name))
        dice.shuffle(values)
        mixed[name] = tuple(values)
    one, other = (msgspec.json.encode(said(made, each)) for each in (known, msgspec.structs.replace(known, **mixed)))
    assert one == other


def test_values_that_thousands_show_say_nothing() -> None:
    rows = (shown("network", "198.51.100.0/24", 90, population=2_000),)
    found = operator(case(*rows), dossiers(indicator("network", "198.51.100.0/24", "alder")))
    assert bits(found, ALDER) == 0
    assert "too common" in found.evidence[0].note


def test_a_wide_range_is_held_against_the_accounts_of_its_block() -> None:
    rows = (shown("network", "198.51.100.0/24", 5),)
    block = {"kind": "block", "value": "198.51.0.0/16", "accounts": 3_000}
    wide = indicator("network", "198.51.96.0/20", "alder")
    assert bits(operator(case(*rows, blocks=(block,)), dossiers(wide)), ALDER) == 0
    quiet = {**block, "accounts": 5}
    assert bits(operator(case(*rows, blocks=(quiet,)), dossiers(wide)), ALDER) > 0


def test_a_wording_is_recognised_by_its_hashes() -> None:
    row = {
        "campaign_id": "hydra-1",
        "template_id": "wording-1",
        "exchanges": 900,
        "accounts": 80,
        "elicitation": "reasoning",
        "hashes": list(range(40)),
        "background": 0.0,
    }
    sketch = TemplateSketch(id="sketch--1", key="site", hashes=tuple(range(5, 45)), shingle_words=3, sample_one_in=4)
    known = dossiers(indicator("template", "sketch--1", "alder"), templates=(sketch,))
    found = said(case(templates=(row,)), known)
    assert all(bits(answer, ALDER) > 2 for answer in found.answers)
    other = msgspec.structs.replace(sketch, hashes=tuple(range(100, 140)))
    assert bits(operator(case(templates=(row,)), msgspec.structs.replace(known, templates=(other,))), ALDER) == 0


def test_an_earlier_campaign_passes_its_actors_on_with_its_own_doubt() -> None:
    past = PastCampaign(
        id="campaign--1", name="the spring pool", actors={ALDER: "operator"}, source=OWN.id, confidence=95
    )
    known = dossiers(indicator("payment", "pm1", "campaign--1"), campaigns=(past,))
    sure = said(case(*HARD), known)
    doubtful = said(
        case(*HARD), msgspec.structs.replace(known, campaigns=(msgspec.structs.replace(past, confidence=20),))
    )
    assert bits(sure.answers[0], ALDER) > bits(doubtful.answers[0], ALDER) > 0
    assert "the spring pool" in sure.why
    this = msgspec.structs.replace(past, id="hydra-1")
    own = dossiers(indicator("payment", "pm1", "hydra-1"), campaigns=(this,))
    assert bits(operator(case(*HARD), own), ALDER) == 0


def test_accounts_that_wake_when_a_pool_is_banned_speak_of_its_operator() -> None:
    past = PastCampaign(
        id="campaign--1",
        name="the first pool",
        actors={ALDER: "operator"},
        source=OWN.id,
        confidence=95,
        stopped=START + timedelta(days=5),
    )
    known = dossiers(indicator("network", "203.0.113.0/24", "campaign--1"), campaigns=(past,))
    rows = (shown("network", "203.0.113.0/24", 60),)
    soon = operator(case(*rows, first_seen=START + timedelta(days=5, hours=4)), known)
    assert any(row.kind == "earlier_campaign" and row.bits[ALDER] > 0 for row in soon.evidence)
    before = operator(case(*rows), known)
    assert not any(row.kind == "earlier_campaign" for row in before.evidence)


def test_every_answer_says_how_sure_it_is_and_what_would_change_it() -> None:
    made, known = flag()
    for answer in said(made, msgspec.structs.replace(known, indicators=(*known.indicators, *OF_ALDER))).answers:
        assert answer.confidence_reasons
        assert answer.would_change
        assert answer.against
        assert abs(sum(h.probability for h in answer.hypotheses) - 1) < 1e-4
        assert {UNKNOWN, NOBODY} <= {h.id for h in answer.hypotheses}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["payment", "device", "address", "network", "user_agent", "email_shape", "bin"]),
            st.sampled_from(["alder", "birch", "cedar"]),
            st.integers(1, MEMBERS),
            st.integers(0, 3_000),
            st.integers(0, 500),
        ),
        max_size=12,
    )
)
def test_the_matrix_gives_the_probabilities(drawn: list[tuple[Any, str, int, int, int]]) -> None:
    rows = [
        shown(kind, f"203.0.{n}.0/24" if kind == "network" else f"203.0.113.{n}", accounts, accounts + others)
        for n, (kind, _, accounts, others, _) in enumerate(drawn)
    ]
    known = [
        indicator(kind, row["value"], name, valid_from=START - timedelta(days=age))
        for row, (kind, name, _, _, age) in zip(rows, drawn, strict=True)
    ]
    found = operator(case(*rows), dossiers(*known))
    odds = {h.id: h.prior * 2 ** bits(found, h.id) for h in found.hypotheses}
    for hypothesis in found.hypotheses:
        assert hypothesis.probability == pytest.approx(odds[hypothesis.id] / sum(odds.values()), abs=0.01)
    assert all(bits(found, h.id) <= SETTINGS.most_bits for h in found.hypotheses if h.id not in (UNKNOWN, NOBODY))
