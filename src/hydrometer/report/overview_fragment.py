"""The overview of a result as a fragment of HTML, for notebooks and other pages that are not ours."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from hydrometer.report.formatting import format_quantity
from hydrometer.report.markup import Html, element
from hydrometer.report.overview import phrase_headline, render_campaign_rows, render_run_figures, render_status
from hydrometer.report.page_elements import render_identifier

if TYPE_CHECKING:
    from hydrometer.result import ResultFolder

SCOPE = "hydrometer-overview"
"""Class of the fragment; its style reaches nothing outside."""


def render_overview_fragment(result: ResultFolder) -> str:
    """Return the headline, the numbers and the table of campaigns, with their style and without ids, links or script."""
    names = {campaign.id: render_identifier(campaign.id) for campaign in result.campaigns}
    off = result.run.signals_off
    return element(
        "div",
        element("style", Html(_scope_style())),
        element("h3", phrase_headline(result)),
        render_status(result.run),
        render_run_figures(result),
        render_campaign_rows(result.campaigns, names) if names else None,
        element("p", f"{format_quantity(len(off), 'signal')} off: {', '.join(s.signal for s in off)}", class_="quiet")
        if off
        else None,
        class_=SCOPE,
    )


def _scope_style() -> str:
    """Return the style of the pages as nested rules, which hold inside the fragment only."""
    style = (files("hydrometer.report") / "data" / "report.css").read_text("utf-8").replace(":root", "&")
    frame = "background: var(--paper); color: var(--ink); font: 14.5px/1.5 var(--sans); padding: 14px 18px;"
    return f".{SCOPE} {{ {frame} {style} }}"
