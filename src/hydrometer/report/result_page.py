"""The report: one page that needs nothing but itself."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING

from hydrometer.report.campaign_section import build_anchor, render_campaign
from hydrometer.report.candidate_tables import render_candidate_tables
from hydrometer.report.formatting import format_day, format_probability
from hydrometer.report.markup import Html, element
from hydrometer.report.member_table import allot_member_rows
from hydrometer.report.method_section import render_method
from hydrometer.report.overview import render_campaign_table, render_candidate_map, render_header, render_signals_off
from hydrometer.report.page_elements import render_identifier
from hydrometer.report.result_view import rank_campaigns

if TYPE_CHECKING:
    from hydrometer.report.result_view import ResultView


def render_result_page(result: ResultView) -> str:
    """Return the page of a result: styles, drawings and the script are inside, and nothing is fetched.

    It reads without the script, which only sorts tables and marks the section in view. A content security policy
    forbids every other script and every request.
    """
    style, script = _read_asset("report.css"), _read_asset("report.js")
    most = allot_member_rows(len(result.campaigns))
    sections = (render_campaign(campaign, result, most) for campaign in rank_campaigns(result.campaigns))
    main = element(
        "main",
        render_header(result),
        render_signals_off(result.run),
        render_candidate_map(result),
        render_campaign_table(result),
        *sections,
        render_candidate_tables(result.candidates),
        render_method(result.run),
    )
    body = element(
        "body", element("a", "Skip to the campaigns", href="#campaigns", class_="skip"), _render_contents(result), main
    )
    page = element(
        "html",
        _render_head(result, style, script),
        Html(body[: -len("</body>")] + f"<script>{script}</script></body>"),
        lang="en",
    )
    return f"<!doctype html>\n{page}\n"


def _read_asset(name: str) -> str:
    return (files("hydrometer.report") / "data" / name).read_text("utf-8")


def _render_head(result: ResultView, style: str, script: str) -> Html:
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    allowed = f"style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    policy = f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
    return element(
        "head",
        element("meta", charset="utf-8"),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        element("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name_="color-scheme", content="light dark"),
        element("meta", name_="referrer", content="no-referrer"),
        element("title", f"Harvest campaigns, {format_day(result.run.started_at)}"),
        element("style", Html(style)),
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
    after = [("#why-not", "No campaign, and why"), ("#method", "Method and honesty")]

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
