"""The wordings that a campaign sends, with their slots marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.report.markup import Html, el, esc, join
from hydrometer.report.words import count, counted, label

if TYPE_CHECKING:
    from hydrometer.contract.results import Template

MOST = 4
"""Most wordings shown of a campaign."""
MOST_LETTERS = 2_400
"""Most letters shown of one wording."""


def wordings(templates: list[Template]) -> Html:
    """Show the most used wordings; tell how many are not shown, and when texts were not read."""
    if not templates:
        return el("p", "No wording is shared by the accounts of this campaign.", class_="quiet")
    ordered = sorted(templates, key=lambda t: (-t.exchanges, t.id))
    parts = [_wording(template) for template in ordered[:MOST]]
    if len(ordered) > MOST:
        rest = sum(template.exchanges for template in ordered[MOST:])
        more = counted(len(ordered) - MOST, "more wording")
        parts.append(el("p", f"{more} with {count(rest)} exchanges in campaigns.json.", class_="legend"))
    return join(parts)


def _wording(template: Template) -> Html:
    head = el(
        "figcaption",
        el("span", template.id, class_="mono"),
        f" · {label(template.elicitation)} · {counted(template.exchanges, 'exchange')} "
        f"from {counted(template.accounts, 'account')}",
    )
    if not template.wording:
        return el("figure", head, el("p", "Its words were not read.", class_="quiet"), class_="wording")
    shown: list[Html] = []
    room = MOST_LETTERS
    for segment in template.wording:
        if room <= 0:
            break
        if segment.slot:
            shown.append(el("span", segment.text.strip() or "slot", class_="slot", title="a slot: its contents differ"))
        else:
            shown.append(esc(segment.text[:room], lines=True))
        room -= len(segment.text)
    if room < 0 or len(shown) < len(template.wording):
        shown.append(el("span", f" … cut at {count(MOST_LETTERS)} letters", class_="quiet"))
    return el("figure", head, el("blockquote", *shown), class_="wording")
