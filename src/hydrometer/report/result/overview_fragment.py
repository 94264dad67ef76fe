"""The overview of a result as a fragment of HTML, for notebooks and other pages that are not ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.report.kit.formatting import format_quantity
from hydrometer.report.kit.markup import Html, element
from hydrometer.report.kit.page_elements import render_identifier
from hydrometer.report.kit.page_frame import read_asset, read_kit_style
from hydrometer.report.result.overview import phrase_headline, render_campaign_rows, render_run_figures, render_status

if TYPE_CHECKING:
    from hydrometer.report.result_view import ResultView

SCOPE = "hydrometer-overview"
"""Class of the fragment; its style reaches nothing outside."""

FRAME = """
  background: var(--paper); color: var(--ink); font: 14.5px/1.5 var(--sans); padding: 14px 18px; color-scheme: light dark;
  font-variant-numeric: tabular-nums lining-nums;
  table { table-layout: auto; margin: 0; border: 0; color: inherit; }
  tr { background: none; }
  th, td { max-width: none; border-left: 0; border-right: 0; border-top: 0; }
  :is(th, td):not(.n) { text-align: left; }
  :is(th, td):not(:last-child) { padding-right: 9px; }
  .spark { width: 84px; }
"""
"""What a page gives its body, and what undoes a notebook's own style of tables."""


def render_overview_fragment(result: ResultView) -> str:
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
    """Return the style of the pages as nested rules, which hold inside the fragment only.

    The class is named thrice, so that no rule of the page around, such as a notebook's for tables, weighs more.
    """
    style = read_kit_style("tokens.css", "elements.css") + read_asset("hydrometer.report.result", "overview.css")
    scope = f".{SCOPE}" * 3
    return f"{scope} {{ {style.replace(':root', '&')} {FRAME} }}"
