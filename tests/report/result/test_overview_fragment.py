"""The overview of a result inside a page that is not ours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from fixtures.campaign_builders import PLANS
from fixtures.page_reader import read
from fixtures.report_builders import result
from hydrometer.report import render_overview_fragment
from hydrometer.result import ResultFolder

if TYPE_CHECKING:
    from hydrometer.contract import Campaign


def folder(campaigns: list[Campaign] | None = None) -> ResultFolder:
    made = result()
    return ResultFolder(
        campaigns=made.campaigns if campaigns is None else campaigns,
        run=made.run,
        candidates=made.candidates,
        members=made.members,
        harvested=made.harvested,
        considered=made.considered,
        indicators=made.members.slice(0, 0),
        templates=made.members.slice(0, 0),
        blocks=made.members.slice(0, 0),
    )


def test_the_fragment_has_the_numbers_and_the_campaigns() -> None:
    page = read(render_overview_fragment(folder()))
    assert page.one("dl", "glance").facts()["campaigns"] == "3"
    assert [row[0] for row in page.one("table", "campaigns").rows()] == [plan.id for plan in PLANS]
    assert "2 signals off: tls_contradiction, partner_indicators" in page.text


def test_it_brings_no_id_link_or_script_and_its_style_reaches_nothing_outside() -> None:
    fragment = render_overview_fragment(folder())
    page = read(fragment)
    assert not page.all("script")
    assert not page.all("a")
    assert not [node for node in page.everything() if "id" in node.attributes]
    style = re.fullmatch(r"(\.hydrometer-overview)+ \{ (.*) \}", page.one("style").text, re.DOTALL)
    assert style is not None
    assert ":root" not in style[2]
    assert style[2].count("{") == style[2].count("}")
    assert len(fragment) < 30_000


@pytest.mark.parametrize("off", [True, False])
def test_a_result_without_campaigns_says_so(off: bool) -> None:
    made = folder([])
    if not off:
        made.run.signals_off.clear()
    text = read(render_overview_fragment(made)).text
    assert "No campaign found" in text
    assert ("off:" in text) is off
