"""The report: one page that needs nothing but itself."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING

from hydrometer.report.campaign import anchor, campaign_section
from hydrometer.report.candidates import why_not
from hydrometer.report.markup import Html, el
from hydrometer.report.members import shown_of_each
from hydrometer.report.method import method
from hydrometer.report.overview import header, map_of_groups, signals_off, table_of_campaigns
from hydrometer.report.pieces import ranked
from hydrometer.report.tables import mono
from hydrometer.report.words import day, probability

if TYPE_CHECKING:
    from hydrometer.report.pieces import Pieces


def render(result: Pieces) -> str:
    """Return the page of a result: styles, drawings and the script are inside, and nothing is fetched.

    It reads without the script, which only sorts tables and marks the section in view. A content security policy
    forbids every other script and every request.
    """
    style, script = _data("report.css"), _data("report.js")
    most = shown_of_each(len(result.campaigns))
    sections = (campaign_section(campaign, result, most) for campaign in ranked(result.campaigns))
    main = el(
        "main",
        header(result),
        signals_off(result.run),
        map_of_groups(result),
        table_of_campaigns(result),
        *sections,
        why_not(result.candidates),
        method(result.run),
    )
    body = el("body", el("a", "Skip to the campaigns", href="#campaigns", class_="skip"), _contents(result), main)
    page = el(
        "html",
        _head(result, style, script),
        Html(body[: -len("</body>")] + f"<script>{script}</script></body>"),
        lang="en",
    )
    return f"<!doctype html>\n{page}\n"


def _data(name: str) -> str:
    return (files("hydrometer.report") / "data" / name).read_text("utf-8")


def _head(result: Pieces, style: str, script: str) -> Html:
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    allowed = f"style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    policy = f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
    return el(
        "head",
        el("meta", charset="utf-8"),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        el("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name_="color-scheme", content="light dark"),
        el("meta", name_="referrer", content="no-referrer"),
        el("title", f"Harvest campaigns, {day(result.run.started_at)}"),
        el("style", Html(style)),
    )


def _contents(result: Pieces) -> Html:
    """Return the list of sections beside the page."""
    campaigns = [
        el("li", el("a", mono(c.id), el("span", probability(c.probability), class_="n"), href=f"#{anchor(c.id)}"))
        for c in ranked(result.campaigns)
    ]
    fixed = [("#top", "At a glance"), ("#plane", "Every group"), ("#campaigns", "Campaigns")]
    after = [("#why-not", "No campaign, and why"), ("#method", "Method and honesty")]

    def link(target: str, name: str) -> Html:
        return el("li", el("a", name, href=target))

    return el(
        "nav",
        el(
            "ul",
            *(link(*each) for each in fixed),
            el("li", el("ul", *campaigns)) if campaigns else None,
            *(link(*each) for each in after),
        ),
        aria_label="Contents",
    )
