"""What recognises a campaign's next account: wordings, values, envelopes; and what does not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.guard_sites import CAMPAIGNS, ENTITIES, NOW, TEMPLATES, guard, policy, request, rule
from hydrometer.contract.decisions import RecognitionThresholds, SnapshotCampaign, SnapshotEntity, SnapshotTemplate
from hydrometer.enforcement.guard.envelope_table import EnvelopeTable
from hydrometer.enforcement.guard.successor_tracker import SuccessorTracker
from hydrometer.enforcement.snapshots.successor_recognition import SuccessorRecogniser
from hydrometer.enforcement.snapshots.template_matcher import NO_MATCH, TemplateMatch, TemplateMatcher

HASHES = st.sets(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 60), max_size=30)


@settings(max_examples=150)
@given(st.lists(HASHES.filter(bool), min_size=1, max_size=6), HASHES, st.integers(0, 30))
def test_the_wording_carried_most_is_found(templates: list[set[int]], text: set[int], most: int) -> None:
    """As a plain count of sets finds it; of a sketch that was cut off, only up to its last hash."""
    known = [
        SnapshotTemplate(id=str(n), campaign=0, hashes=tuple(sorted(t)), background=0.0)
        for n, t in enumerate(templates)
    ]
    sketch = sorted(text)
    capped = 0 < most <= len(sketch)
    sketch = sketch[:most] if capped else sketch
    best, expected = -1, (False, 0.0)
    for place, template in enumerate(templates):
        possible = {value for value in template if not capped or value <= sketch[-1]}
        shared = len(possible & set(sketch))
        share = shared / len(possible) if possible else 0.0
        rank = (True, float(shared)) if share >= 0.6 else (False, share)
        if rank > expected:
            best, expected = place, rank
    found = TemplateMatcher(known, most, 0.6).match(np.array(sketch, np.int64))
    assert found.template == best
    if best >= 0:
        assert (found.share >= 0.6, found.hashes if found.share >= 0.6 else found.share) == expected


def test_no_wordings_and_no_text() -> None:
    assert TemplateMatcher([], 0, 0.6).match(np.array([1], np.int64)).template == -1
    assert TemplateMatcher(TEMPLATES, 0, 0.6).match(np.zeros(0, np.int64)).template == -1


def test_a_common_wording_recognises_nobody() -> None:
    common = [SnapshotTemplate(id="T", campaign=0, hashes=tuple(range(40)), background=0.01)]
    made = guard(policy(rule("s", "verdict.successor || request.template != ''", "verify")), templates=common)
    assert made.decide(request("new", prompt=" ".join(map(str, range(40)))), NOW).action == "allow"


def test_a_short_wording_needs_a_value_beside_it() -> None:
    short = [SnapshotTemplate(id="T", campaign=0, hashes=(1, 2, 3), background=0.0)]
    made = guard(policy(rule("s", "verdict.successor", "verify")), templates=short)
    assert made.decide(request("new", prompt="1 2 3"), NOW).action == "allow"
    found = made.decide(request("new", prompt="1 2 3", ja4="t13d-odd"), NOW)
    assert (found.action, found.why) == ("verify", "successor: template+ja4")


SHORT = [
    SnapshotTemplate(id="T-1", campaign=0, hashes=(1, 2), background=0.0),
    SnapshotTemplate(id="T-2", campaign=0, hashes=(3,), background=0.001),
]
"""Two wordings of a campaign, neither of which says enough."""


def speaking(prompts: list[str], templates: list[SnapshotTemplate] = SHORT, **more: Any) -> list[str]:
    """What an account's requests come to, one after the other."""
    made = guard(policy(rule("s", "verdict.successor", "verify")), templates=templates, **more)
    return [made.decide(request("new", prompt=prompt), NOW + at).why for at, prompt in enumerate(prompts)]


def test_an_account_that_speaks_two_short_wordings_is_recognised() -> None:
    assert speaking(["1 2", "3", "1 2", "3", "1 2", "3"]) == [""] * 5 + ["successor: templates"]
    # The suspicion stays with the account.
    assert speaking(["1 2"] * 3 + ["3"] * 3 + ["something else"])[-2:] == ["successor: templates"] * 2


def test_one_short_wording_is_not_enough_however_often() -> None:
    assert set(speaking(["1 2"] * 200)) == {""}


def test_a_second_wording_that_is_met_now_and_then_says_nothing() -> None:
    """Who sends much meets a few words in a row by chance."""
    assert set(speaking((["1 2"] * 30 + ["3"]) * 30)) == {""}
    assert set(speaking((["1 2", "3"] + ["something else"] * 30) * 30)) == {""}


def test_short_wordings_of_two_campaigns_do_not_add_up() -> None:
    campaigns = [*CAMPAIGNS, SnapshotCampaign(id="HY-2", probability=0.97, accounts=50, harvested=4_000, active=True)]
    other = SnapshotTemplate(id="T-3", campaign=1, hashes=(5, 6, 7), background=0.0)
    assert set(speaking(["1 2", "5 6 7"] * 20, [SHORT[0], other], campaigns=campaigns)) == {""}
    third = SnapshotTemplate(id="T-4", campaign=1, hashes=(8,), background=0.0)
    found = speaking(["1 2", "5 6 7", "8"] * 20, [SHORT[0], other, third], campaigns=campaigns)
    assert found[-1] == "successor: templates"


def test_wordings_that_have_the_same_hashes_are_one() -> None:
    alike = [SnapshotTemplate(id=str(n), campaign=0, hashes=(1, 2, 3, 10 + n), background=0.0) for n in range(2)]
    assert set(speaking(["1 2 3 10", "1 2 3 11"] * 20, alike)) == {""}


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 1), HASHES), max_size=5))
def test_only_hashes_of_no_other_wording_of_the_campaign_count(templates: list[tuple[int, set[int]]]) -> None:
    known = [
        SnapshotTemplate(id=str(n), campaign=campaign, hashes=tuple(sorted(hashes)), background=0.0)
        for n, (campaign, hashes) in enumerate(templates)
    ]
    told = SuccessorRecogniser(CAMPAIGNS * 2, [], known, 20_000, RecognitionThresholds())
    for place, (campaign, hashes) in enumerate(templates):
        others = [other for n, (of, other) in enumerate(templates) if of == campaign and n != place]
        assert told.count_own_hashes(TemplateMatch(place, 1.0, len(hashes))) == len(hashes.difference(*others))
    assert told.count_own_hashes(NO_MATCH) == 0


def test_a_wording_that_strangers_use_is_none_of_several() -> None:
    common = [SHORT[0], SnapshotTemplate(id="T-2", campaign=0, hashes=(3, 4), background=0.003)]
    assert set(speaking(["1 2", "3 4"] * 20, common)) == {""}


def test_what_an_account_spoke_is_forgotten_after_a_day() -> None:
    made = guard(policy(rule("s", "verdict.successor", "verify")), templates=SHORT, expires_at=NOW + 10 * 86_400)
    for _ in range(3):
        made.decide(request("new", prompt="1 2"), NOW)
    later = NOW + 2 * 86_400
    assert [made.decide(request("new", prompt="3"), later).why for _ in range(5)] == [""] * 5


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.integers(0, 1), st.floats(0.0, 0.002)), min_size=2, max_size=5),
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 4)), min_size=2, max_size=5),
    st.integers(0, 200),
)
def test_several_wordings_are_two_at_least_each_often(
    templates: list[tuple[int, float]], spoken: list[tuple[int, int]], others: int
) -> None:
    known = [
        SnapshotTemplate(id=str(n), campaign=campaign, hashes=tuple(range(4 * n, 4 * n + 4)), background=background)
        for n, (campaign, background) in enumerate(templates)
    ]
    told = RecognitionThresholds()
    counts = dict(enumerate([*map(list, spoken)][: len(known)]))
    requests = others + sum(times for times, _ in counts.values())
    found = {
        s.campaign: s
        for s in SuccessorRecogniser(CAMPAIGNS * 2, [], known, 20_000, told).evaluate_several_templates(
            counts, requests
        )
    }
    for campaign in range(2):
        often = [
            (hashes, known[place].background)
            for place, (times, hashes) in counts.items()
            if known[place].campaign == campaign and times >= 3 and times >= told.several_share * requests
        ]
        assert (campaign in found) == (len(often) >= 2 and sum(hashes for hashes, _ in often) >= 3)
        if campaign in found:
            rarest = max(0.0001, min(background for _, background in often))
            assert found[campaign].alone
            assert math.isclose(found[campaign].log_ratio, math.log(0.25 / (0.1 * rarest / 0.1)))


def recogniser(population: int = 20_000) -> SuccessorRecogniser:
    return SuccessorRecogniser(CAMPAIGNS, ENTITIES, TEMPLATES, population, RecognitionThresholds())


def test_the_probability_is_that_of_bayes() -> None:
    known = recogniser()
    address, ja4 = known.shared("address", "198.51.100.7"), known.shared("ja4", "t13d-odd")
    found = known.judge([*address, *ja4])
    assert found is not None
    odds = 50 / (20_000 - 50)
    odds *= (20.5 / 51) / (1.5 / 19_951)
    odds *= (40.5 / 51) / (4.5 / 19_951)
    assert found.probability == min(0.9, 0.97 * odds / (1 + odds))
    assert found.why == "address+ja4"


@settings(max_examples=100)
@given(st.integers(2, 500), st.integers(0, 500), st.integers(100, 2_000_000))
def test_a_value_that_more_strangers_show_speaks_less(accounts: int, others: int, population: int) -> None:
    campaigns = [SnapshotCampaign(id="c", probability=1.0, accounts=accounts, harvested=0, active=True)]

    def ratio(strangers: int) -> float:
        value = SnapshotEntity(kind="ja4", value="v", campaign=0, accounts=accounts, population=accounts + strangers)
        found = SuccessorRecogniser(campaigns, [value], [], population, RecognitionThresholds()).shared("ja4", "v")
        return found[0].log_ratio if found else 0.0

    assert 0.0 <= ratio(others + 1) <= ratio(others)
    assert ratio(others + 1) < ratio(others) or ratio(others + 1) == 0.0


def test_a_campaign_of_many_networks_is_not_recognised_by_one_of_them() -> None:
    """Whoever moves about meets one of them in the end."""

    def found(networks: int) -> bool:
        values = [
            SnapshotEntity(kind="network", value=f"198.18.{n}.0/24", campaign=0, accounts=3, population=4)
            for n in range(networks)
        ]
        client = SnapshotEntity(kind="ja4", value="odd", campaign=0, accounts=45, population=50)
        known = SuccessorRecogniser(CAMPAIGNS, [*values, client], [], 20_000, RecognitionThresholds())
        return known.judge([*known.shared("network", "198.18.0.0/24"), *known.shared("ja4", "odd")]) is not None

    assert found(1)
    assert found(10)
    assert not found(4_000)


def test_two_campaigns_do_not_add_up() -> None:
    campaigns = [SnapshotCampaign(id=name, probability=0.9, accounts=50, harvested=0, active=True) for name in "ab"]
    values = [
        SnapshotEntity(kind="address", value="v", campaign=0, accounts=20, population=20),
        SnapshotEntity(kind="ja4", value="v", campaign=1, accounts=20, population=20),
    ]
    known = SuccessorRecogniser(campaigns, values, [], 20_000, RecognitionThresholds())
    assert known.judge([*known.shared("address", "v"), *known.shared("ja4", "v")]) is None


def test_suspects_are_bounded() -> None:
    made = guard()
    made.successor_tracker = SuccessorTracker(most=100)
    for number in range(1_000):
        made.decide(request(f"a{number}", ja4="t13d-odd"), NOW)
    assert len(made.successor_tracker) == 100
    made.decide(request("x" * 10_000, ja4="t13d-odd"), NOW)
    assert len(made.successor_tracker) <= 100


def envelope(number: int) -> str:
    return f"{number:064d}"


def test_an_envelope_belongs_to_one_account_conversation_and_model() -> None:
    known = EnvelopeTable(sets=64)
    assert known.replayed_from([envelope(1)], "me", "talk", "large") == ""
    assert known.replayed_from([envelope(1), envelope(2)], "me", "talk", "large") == ""
    assert known.replayed_from([envelope(1)], "me", "", "large") == ""
    assert known.replayed_from([envelope(1)], "me", "talk", "small") == "model"
    assert known.replayed_from([envelope(1)], "me", "other", "small") == "conversation"
    assert known.replayed_from([envelope(3), envelope(1)], "you", "talk", "large") == "account"
    assert known.replayed_from([envelope(1), envelope(2)], "you", "talk", "large") == "account"


def test_agreed_words_are_no_envelopes() -> None:
    known = EnvelopeTable(sets=64)
    for owner in ("me", "you"):
        assert known.replayed_from(["skip_thought_signature_validator"], owner, "", "m") == ""


def test_envelopes_take_bounded_memory_and_many_in_one_request_are_counted() -> None:
    known = EnvelopeTable(sets=16)
    for number in range(5_000):
        known.replayed_from([envelope(number)], "me", "", "m")
    assert known.replayed_from([envelope(4_999)], "you", "", "m") == "account"
    assert known.replayed_from([envelope(0)], "you", "", "m") == ""
    known.replayed_from([envelope(number) for number in range(300)], "me", "", "m")
    assert known.skipped == 44
