"""The section of watches: suspected, nobody accused."""

from __future__ import annotations

import msgspec

from fixtures.campaign_builders import PLANS, campaign
from fixtures.page_reader import read
from fixtures.report_builders import result
from hydrometer.report import render_overview_fragment, render_result_page
from hydrometer.report.result.watch_section import render_watches


def test_without_watches_there_is_no_section() -> None:
    assert render_watches([]) is None
    page = render_result_page(result())
    assert "nobody accused" not in page.lower()


def test_a_watch_without_particulars_still_says_what_it_is() -> None:
    watch = msgspec.structs.replace(campaign(PLANS[2]), verdict="watch")
    section = render_watches([watch])
    assert section is not None
    said = read(section).text
    assert "Some of 9 accounts may be run by one hand; which of them, nothing tells." in said
    assert "Nothing that this traffic holds." in said
    assert "What was found" in said


def test_the_page_and_the_overview_count_watches_apart() -> None:
    made = result(PLANS[:1])
    watch = msgspec.structs.replace(campaign(PLANS[1]), verdict="watch", suspected_accounts=(5, 5))
    page = read(render_result_page(made.but(watches=[watch])))
    assert page.one("dl", "glance").facts()["campaigns"] == "1"
    assert page.one("dl", "glance").facts()["watches"] == "1"
    assert "5 of 38 accounts may be run by one hand" in page.by_id("watches").text
    assert "1 watch, nobody accused" in read(render_overview_fragment(made.but(watches=[watch]))).text
    only = read(render_result_page(result(()).but(watches=[watch])))
    assert only.one("h1").text == "No campaign found; 1 watch, nobody accused"
