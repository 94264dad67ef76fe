"""Evidence in plain words."""

from __future__ import annotations

import msgspec

from fixtures.campaign_builders import PLANS, campaign, evidence
from fixtures.page_reader import read
from fixtures.report_builders import result, table
from hydrometer.contract.result_records import MEMBERS, InnocentExplanation
from hydrometer.report.explanation import explain_account, explain_campaign
from hydrometer.report.kit.page_elements import render_probability
from hydrometer.report.result.evidence_words import describe_evidence, describe_innocence, describe_kinds
from hydrometer.report.result.result_page import render_result_page

QUEUE = evidence("timing", "queue", "Accounts take turns", 6.0, kind="operation", cause="work queue", cover=0.9)
START = evidence("identity", "burst", "They joined on one day", 9.0, kind="affiliation", cause="joined together")
EMPLOYER = InnocentExplanation(name="one employer", explains=["the card"], fails_to_explain=["the turns"])
FACT = "pays with a card of BIN 431234, first seen 12 April, also on 7 of the 9 others"


def test_kinds_are_told_apart_operation_first() -> None:
    titles = [title for title, _ in describe_kinds([START, QUEUE])]
    assert titles == ["Operation: what only one hand explains", "Affiliation: what belonging together explains too"]
    assert describe_evidence(QUEUE) == (
        "Accounts take turns (+6.0 bits; cause: work queue; shown by 90 % of the organisations)"
    )


def test_results_of_earlier_versions_tell_no_kind_and_no_innocent_explanation() -> None:
    assert describe_kinds(campaign(PLANS[0]).evidence) == []
    assert describe_innocence(None) == []


def test_a_campaign_shows_both_kinds_and_what_the_innocent_explanation_fails_to_explain() -> None:
    made = result(PLANS[:1])
    changed = msgspec.structs.replace(made.campaigns[0], evidence=[QUEUE, START], innocent_explanation=EMPLOYER)
    made = made.but(campaigns=[changed])
    page = read(render_result_page(made))
    rows = page.one("table", "evidence").rows()
    assert [row[-3:] for row in rows] == [
        ["affiliation", "joined together", "–"],
        ["operation", "work queue", "90 %"],
    ]
    assert "The best innocent explanation: one employer" in page.text
    sections = {each.title: each.items for each in explain_campaign(made, PLANS[0].id).sections}
    assert sections["The best innocent explanation: one employer"] == [
        "explains: the card",
        "fails to explain: the turns",
    ]
    assert sections["Operation: what only one hand explains"] == [describe_evidence(QUEUE)]


def test_a_members_facts_stand_in_its_row_and_first_in_its_explanation() -> None:
    made = result(PLANS[:1])
    rows = made.members.to_pylist()
    rows[0] |= {"facts": [FACT]}
    made = made.but(members=table(MEMBERS, rows))
    assert FACT in read(render_result_page(made)).one("table", "members").text
    told = explain_account(made, rows[0]["account_id"])
    assert told.sections[0].title == f"Facts that convict this account of {PLANS[0].id}"
    assert told.sections[0].items == [FACT]
    assert told.sections[-1].title == "What an appeal should look at"


def test_the_term_is_of_the_probability_that_is_printed() -> None:
    assert read(render_probability(0.44996)).text == "0.450 roughly even chance"
