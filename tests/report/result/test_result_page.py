"""The page: every section with the right numbers, within its size, and nothing fetched."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
import pytest

from fixtures.campaign_builders import PLANS
from fixtures.page_reader import read
from fixtures.report_builders import POPULATION, Result, big, result, run, table
from hydrometer.contract.result_records import CONSIDERED, HARVESTED, MEMBERS
from hydrometer.report.result.member_table import (
    FEWEST_MEMBER_ROWS,
    MOST_MEMBER_ROWS,
    MOST_MEMBER_ROWS_ON_PAGE,
    allot_member_rows,
)
from hydrometer.report.result.result_page import render_result_page

if TYPE_CHECKING:
    from fixtures.page_reader import Node


@pytest.fixture(scope="module")
def made() -> Result:
    return result()


@pytest.fixture(scope="module")
def page(made: Result) -> Node:
    return read(render_result_page(made))


def with_run(made: Result, **changes: object) -> Result:
    return made.but(run=msgspec.structs.replace(made.run, **changes))


def test_the_glance_has_the_numbers(made: Result, page: Node) -> None:
    facts = page.one("dl", "glance").facts()
    assert facts["campaigns"] == "3"
    assert facts["accounts in them"].startswith("272")
    assert f"of {POPULATION:,}" in facts["accounts in them"]
    assert facts["exchanges harvested"].startswith(f"{sum(c.harvested for c in made.campaigns):,}")
    assert facts["exchanges read"] == "3,204,118"
    assert facts["span"].startswith("28 days")
    assert facts["rows rejected"] == "20"
    assert facts["signals off"] == "2"
    assert page.one("h1").text == "3 campaigns: 2 almost certain, 1 likely"


def test_signals_that_are_off_tell_what_that_costs(page: Node) -> None:
    told = page.by_id("off").text
    assert "tls_contradiction – column ja4 is absent. Clients that pretend to be another are not seen." in told


def test_an_account_in_two_campaigns_is_one_account(made: Result) -> None:
    rows = made.members.to_pylist()
    rows.append(rows[0] | {"campaign_id": rows[-1]["campaign_id"]})
    shown = read(render_result_page(made.but(members=table(MEMBERS, rows))))
    assert shown.one("dl", "glance").facts()["accounts in them"].startswith("272")


def test_every_group_stands_on_the_plane(made: Result, page: Node) -> None:
    plane = page.by_id("plane")
    assert "12 groups were tested" in plane.text
    drawing = plane.one("svg", "drawing")
    marks = [node for node in drawing.everything() if "mark" in node.attributes.get("class", "").split()]
    verdicts = sorted(node.attributes["class"].split()[1] for node in marks)
    assert verdicts == sorted(candidate.verdict for candidate in made.candidates)
    names = [node.text for node in drawing.all("text", "label")]
    assert {f"{plan.id} · {plan.accounts}" for plan in PLANS} <= set(names)
    assert "c-0412 · 3,412" in names
    assert len(drawing.all("rect", "region")) == 1


def test_without_thresholds_no_region_is_drawn(made: Result) -> None:
    plane = read(render_result_page(with_run(made, thresholds={}))).by_id("plane")
    assert not plane.all("rect", "region")
    assert "does not tell its thresholds" in plane.text


def test_campaigns_stand_in_order_of_certainty(made: Result, page: Node) -> None:
    rows = page.by_id("campaigns").rows()
    assert [row[0] for row in rows] == [plan.id for plan in PLANS]
    first = made.campaigns[0]
    assert rows[0][1:4] == ["0.999 almost certain", "225", f"{first.harvested:,}"]
    assert rows[2][1] == "0.724 likely"
    targets = {link.attributes["href"][1:] for link in page.one("nav").all("a")}
    assert targets <= {node.attributes["id"] for node in page.everything() if "id" in node.attributes}


def test_a_campaign_shows_what_it_rests_on(made: Result, page: Node) -> None:
    campaign = made.campaigns[0]
    section = page.by_id(f"campaign-{campaign.id}")
    assert section.all("p", "story")[0].text == " ".join(campaign.story[:2])
    facts = section.all("dl", "facts")[0].facts()
    assert facts["accounts"] == "225"
    assert facts["families of evidence"] == "5 of 6"
    assert facts["first seen"] == "2026-02-02 03:12Z"
    evidence = section.part("Each piece of evidence").rows()
    assert len(evidence) == len(campaign.evidence)
    assert evidence[0][0] == "Content"
    assert evidence[0][-1] == "+14.2"
    assert "× 10⁻⁶" in evidence[0][-2]
    assert "the accounts’ exchanges carry no demand of it −2.4 bits" in section.part("What speaks against").text
    assert (
        "A paper of 2025 prints a wording close to t-03be77d1 informs only" in section.part("What speaks against").text
    )
    assert "Grey Heron: very likely" in section.part("Who may be behind it").text
    assert section.part("What it takes").one("div", "columns").all("li")[0].text == "maths58 %"


def test_slots_are_chips_and_words_are_words(page: Node) -> None:
    wording = page.by_id(f"campaign-{PLANS[0].id}").part("Wording")
    first = wording.all("figure")[0]
    assert [slot.text for slot in first.all("span", "slot")] == ["problem", "slot"]
    assert "Think aloud inside <thinking> tags, step by step, and leave no step out.\n" in first.one("blockquote").text
    assert "Its words were not read." in wording.all("figure")[2].text


def test_members_are_cut_visibly(made: Result, page: Node) -> None:
    part = page.by_id(f"campaign-{PLANS[0].id}").part("Accounts")
    assert len(part.rows()) == MOST_MEMBER_ROWS == 200
    assert "The 200 most probable of 225 accounts; the other 25 are in members.parquet." in part.text
    probabilities = [float(row[1].lstrip("> ")) for row in part.rows()]
    assert probabilities == sorted(probabilities, reverse=True)
    small = page.by_id(f"campaign-{PLANS[2].id}").part("Accounts")
    assert "All 9 accounts" in small.text
    assert len(small.rows()) == 9


def test_shared_reasons_are_told_once_under_a_letter(page: Node) -> None:
    part = page.by_id(f"campaign-{PLANS[1].id}").part("Accounts")
    letters = [item.text for item in part.one("ul", "letters").all("li")]
    assert letters[0] == "A sends a wording of template t-91c0a4e2"
    assert all(row[-1].startswith("A B") for row in part.rows())
    assert any("A B; paid with card range 453204" in row[-1] for row in part.rows())


def test_the_other_groups_tell_why_not(page: Node) -> None:
    section = page.by_id("why-not")
    rejected = section.part("Rejected (7)").rows()
    assert len(rejected) == 7
    carrier = next(row for row in rejected if row[0] == "c-0412")
    assert "The address is seen in 41,203 accounts: it weighs nothing." in carrier[2]
    assert carrier[3:5] == ["3,412", "3,388"]
    assert "agreement allows" in section.part("Authorised (1)").text
    assert "one declared organisation" in section.part("Single customers (1)").text


def test_the_method_hides_nothing(page: Node) -> None:
    method = page.by_id("method")
    for told in (
        "240 simulated worlds with every decoy",
        "41 exchanges had more than 20,000 words",
        "phone_hash",
        "started_at is no time",
        "fingerprint.shingle_words",
        "duckdb",
        "client_ip: not an address",
        "exchange_id seen before",
        "threshold of coordination",
    ):
        assert told in method.text
    assert method.part("What it took").rows()[-1][:2] == ["in all", "153.6"]
    assert len(method.part("Calibration").one("svg").all("circle")) == 5


def test_an_uncalibrated_run_says_so(made: Result) -> None:
    assert "not calibrated" in read(render_result_page(with_run(made, calibration={}))).by_id("method").text


@pytest.mark.parametrize(
    "calibration",
    [
        {"reliability": "good"},
        {"reliability": [1, 2]},
        {"reliability": [{"predicted": "x"}]},
        {"prior_bits": None, "family_caps": 3},
    ],
)
def test_a_calibration_of_another_shape_is_still_shown(made: Result, calibration: dict[str, object]) -> None:
    told = read(render_result_page(with_run(made, calibration=calibration))).by_id("method").part("Calibration")
    assert told.one("dl").text
    assert not told.all("svg")


def test_an_interrupted_run_says_so(made: Result) -> None:
    assert (
        "This run was interrupted"
        in read(render_result_page(with_run(made, status="interrupted"))).one("p", "alert").text
    )


def test_nothing_found_is_a_page_too() -> None:
    nothing = Result(
        [], run(signals_off=[], rejected={}), [], *(table(t, []) for t in (MEMBERS, HARVESTED, CONSIDERED))
    )
    page = read(render_result_page(nothing))
    assert page.one("h1").text == "No campaign found"
    assert "No group reached the threshold" in page.by_id("campaigns").text
    assert "No group of accounts came to attention." in page.by_id("plane").text
    assert page.one("dl", "glance").facts()["signals off"] == "0"
    assert page.by_id("why-not").text.count("None in this run.") == 3


def test_a_run_that_tells_little_is_shown_without_inventing(made: Result) -> None:
    bare = with_run(made, rows={}, first_exchange=None, last_exchange=None, stages=[])
    facts = read(render_result_page(bare)).one("dl", "glance").facts()
    assert facts["exchanges read"] == "–"
    assert facts["span"] == "–"
    assert facts["accounts in them"] == "272"


def test_nothing_is_fetched_and_only_our_script_may_run(made: Result) -> None:
    written = render_result_page(made)
    page = read(written)
    assert not {node.tag for node in page.everything()} & {
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "base",
        "form",
        "image",
    }
    assert not re.search(r"url\(|@import|//[a-z]", re.sub(r'xmlns="[^"]*"', "", written), flags=re.IGNORECASE)
    for node in page.everything():
        assert not {key for key in node.attributes if key.startswith("on") or key in {"src", "srcset", "action"}}
        assert node.attributes.get("href", "#").startswith("#")
    policy = next(node for node in page.all("meta") if "http-equiv" in node.attributes).attributes["content"]
    assert "default-src 'none'" in policy
    assert "script-src 'sha256-" in policy
    assert len(page.all("script")) == 1


def test_the_same_result_gives_the_same_page(made: Result) -> None:
    assert render_result_page(made) == render_result_page(result())


def test_twenty_campaigns_of_thirty_thousand_accounts_fit() -> None:
    made = big(20, 1_500)
    written = render_result_page(made)
    assert made.members.num_rows == 30_000
    assert len(written.encode("utf-8")) < 1_600_000
    assert "the other 1,350 are in" in written


def test_the_page_shares_its_room_between_campaigns() -> None:
    assert allot_member_rows(0) == allot_member_rows(1) == MOST_MEMBER_ROWS
    assert allot_member_rows(20) * 20 <= MOST_MEMBER_ROWS_ON_PAGE
    assert allot_member_rows(10_000) == FEWEST_MEMBER_ROWS
