"""The report: one page that needs nothing but itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.report.kit.formatting import format_day, format_probability
from hydrometer.report.kit.markup import Html, element
from hydrometer.report.kit.page_elements import render_identifier
from hydrometer.report.kit.page_frame import read_asset, render_page
from hydrometer.report.result.campaign_section import build_anchor, render_campaign
from hydrometer.report.result.candidate_tables import render_candidate_tables
from hydrometer.report.result.member_table import allot_member_rows
from hydrometer.report.result.method_section import render_method
from hydrometer.report.result.overview import (
    render_campaign_table,
    render_candidate_map,
    render_header,
    render_signals_off,
)
from hydrometer.report.result.watch_section import render_watches
from hydrometer.report.result_view import rank_campaigns

if TYPE_CHECKING:
    from hydrometer.report.result_view import ResultView


ROOM = "hydrometer.report.result"
"""Where the style and the script of the page lie."""


def render_result_page(result: ResultView) -> str:
    """Return the page of a result: styles, drawings and the script are inside, and nothing is fetched.

    It reads without the script, which only sorts tables and marks the section in view. A content security policy
    forbids every other script and every request.
    """
    most = allot_member_rows(len(result.campaigns))
    sections = (render_campaign(campaign, result, most) for campaign in rank_campaigns(result.campaigns))
    main = element(
        "main",
        render_header(result),
        render_signals_off(result.run),
        render_candidate_map(result),
        render_campaign_table(result),
        *sections,
        render_watches(result.watches),
        render_candidate_tables(result.candidates),
        render_method(result.run),
    )
    skip = element("a", "Skip to the campaigns", href="#campaigns", class_="skip")
    return render_page(
        f"Harvest campaigns, {format_day(result.run.started_at)}",
        read_asset(ROOM, "overview.css") + read_asset(ROOM, "result.css"),
        (skip, _render_contents(result), main),
        read_asset(ROOM, "result.js"),
    )


def _render_contents(result: ResultView) -> Html:
    """Return the list of sections beside the page."""
    campaigns = [
        element(
            "li",
            element(
                "a",
                render_identifier(c.id),
                element("span", format_probability(c.probability), class_="n"),
                href=f"#{build_anchor(c.id)}",
            ),
        )
        for c in rank_campaigns(result.campaigns)
    ]
    fixed = [("#top", "At a glance"), ("#plane", "Every group"), ("#campaigns", "Campaigns")]
    watches = [("#watches", "Watches, nobody accused")] if result.watches else []
    after = [*watches, ("#why-not", "No campaign, and why"), ("#method", "Method and honesty")]

    def link(target: str, name: str) -> Html:
        return element("li", element("a", name, href=target))

    return element(
        "nav",
        element(
            "ul",
            *(link(*each) for each in fixed),
            element("li", element("ul", *campaigns)) if campaigns else None,
            *(link(*each) for each in after),
        ),
        aria_label="Contents",
    )
