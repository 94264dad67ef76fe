"""The templates that a campaign sends, with their slots marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.report.kit.formatting import format_count, format_label, format_quantity
from hydrometer.report.kit.markup import Html, element, escape_text, join_markup

if TYPE_CHECKING:
    from hydrometer.contract import Template

MOST_TEMPLATES = 4
"""Most templates shown of a campaign."""
MOST_TEMPLATE_LETTERS = 2_400
"""Most letters shown of one template."""


def render_templates(templates: list[Template]) -> Html:
    """Return the most used templates, how many are not shown, and which texts were not read."""
    if not templates:
        return element("p", "No wording is shared by the accounts of this campaign.", class_="quiet")
    ordered = sorted(templates, key=lambda t: (-t.exchanges, t.id))
    parts = [_render_template(template) for template in ordered[:MOST_TEMPLATES]]
    if len(ordered) > MOST_TEMPLATES:
        rest = sum(template.exchanges for template in ordered[MOST_TEMPLATES:])
        more = format_quantity(len(ordered) - MOST_TEMPLATES, "more wording")
        parts.append(element("p", f"{more} with {format_count(rest)} exchanges in campaigns.json.", class_="legend"))
    return join_markup(parts)


def _render_template(template: Template) -> Html:
    head = element(
        "figcaption",
        element("span", template.id, class_="mono"),
        f" · {format_label(template.elicitation)} · {format_quantity(template.exchanges, 'exchange')} "
        f"from {format_quantity(template.accounts, 'account')}",
    )
    if not template.wording:
        return element("figure", head, element("p", "Its words were not read.", class_="quiet"), class_="wording")
    shown: list[Html] = []
    room = MOST_TEMPLATE_LETTERS
    for segment in template.wording:
        if room <= 0:
            break
        if segment.slot:
            shown.append(
                element("span", segment.text.strip() or "slot", class_="slot", title="a slot: its contents differ")
            )
        else:
            shown.append(escape_text(segment.text[:room], "\n\t"))
        room -= len(segment.text)
    if room < 0 or len(shown) < len(template.wording):
        shown.append(element("span", f" … cut at {format_count(MOST_TEMPLATE_LETTERS)} letters", class_="quiet"))
    return element("figure", head, element("blockquote", *shown), class_="wording")
