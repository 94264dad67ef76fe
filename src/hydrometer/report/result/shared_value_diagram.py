"""What the accounts share: one node for the accounts, one row for each shared value.

Never a net of accounts: two hundred accounts that share a card are one ribbon, not twenty thousand lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.report.kit.axes import WIDTH
from hydrometer.report.kit.drawing_elements import draw_rectangle, draw_text, frame_drawing
from hydrometer.report.kit.formatting import (
    format_bits,
    format_count,
    format_label,
    format_quantity,
    format_share,
    shorten_text,
)
from hydrometer.report.kit.markup import Html, element, join_markup, reveal_hidden, shorten_number

if TYPE_CHECKING:
    from hydrometer.contract import SharedEntity

MOST_VALUES_DRAWN = 12
"""Most values drawn."""
MOST_IGNORED = 3
"""Of them, most that weigh nothing."""
VALUE_ROW = 40.0
NODE_LEFT, NODE_RIGHT, VALUE_LEFT = 0.0, 150.0, 470.0
THICKEST = 15.0


def select_drawn_values(entities: list[SharedEntity]) -> list[SharedEntity]:
    """Return the values that are drawn: the weightiest, then the most popular of those that weigh nothing."""
    weighty = sorted((e for e in entities if not e.ignored), key=lambda e: (-e.bits, -e.accounts, e.kind, e.value))
    common = sorted((e for e in entities if e.ignored), key=lambda e: (-e.population, e.kind, e.value))
    return weighty[: MOST_VALUES_DRAWN - min(len(common), MOST_IGNORED)] + common[:MOST_IGNORED]


def draw_shared_values(entities: list[SharedEntity], accounts: int, population: int | None) -> Html:
    """Draw the accounts of a campaign and the values they share.

    `accounts` is the size of the campaign, `population` the number of all accounts of the traffic where it is known.
    """
    drawn = select_drawn_values(entities)
    height = max(len(drawn), 2) * VALUE_ROW
    middle = height / 2
    node = min(height - 8, 90.0)
    flow = sum(_compute_thickness(e, accounts) for e in drawn) or 1.0
    squeeze = min(1.0, (node - 8) / flow)
    leaving = middle - flow * squeeze / 2
    leave, bend = shorten_number(NODE_RIGHT), shorten_number((NODE_RIGHT + VALUE_LEFT) / 2)
    ribbons: list[Html] = []
    rows: list[Html] = []
    for index, entity in enumerate(drawn):
        y = index * VALUE_ROW + VALUE_ROW / 2
        thick = _compute_thickness(entity, accounts)
        kind = "ignored" if entity.ignored else entity.family
        start = leaving + thick * squeeze / 2
        leaving += thick * squeeze
        ribbons.append(
            element(
                "path",
                element(
                    "title",
                    f"{format_label(entity.kind)} {entity.value}: {_describe_spread(entity, accounts, population)}",
                ),
                d=Html(
                    f"M{leave} {shorten_number(start)}C{bend} {shorten_number(start)} {bend} {shorten_number(y)} {shorten_number(VALUE_LEFT - 10)} {shorten_number(y)}"
                ),
                stroke_width=shorten_number(thick),
                class_=f"ribbon {kind}",
            )
        )
        rows.append(_draw_value_row(entity, y, kind, accounts, population))
    box = [
        draw_rectangle(NODE_LEFT + 1, middle - node / 2, NODE_RIGHT - 1, node, "node", rx="6"),
        draw_text((NODE_LEFT + NODE_RIGHT) / 2, middle - 1, format_count(accounts), "big mid"),
        draw_text((NODE_LEFT + NODE_RIGHT) / 2, middle + 18, "account" if accounts == 1 else "accounts", "said mid"),
    ]
    title = f"{format_quantity(accounts, 'account')} and {format_quantity(len(drawn), 'value')} that they share"
    return frame_drawing(WIDTH, height, title, *ribbons, *box, *rows)


def render_undrawn_count(entities: list[SharedEntity]) -> Html | None:
    """Return how many values are not drawn, or None where all are."""
    drawn = select_drawn_values(entities)
    if len(drawn) == len(entities):
        return None
    more = len(entities) - len(drawn)
    common = sum(e.ignored for e in entities) - sum(e.ignored for e in drawn)
    ignored = f", {format_count(common)} of them ignored" if common else ""
    return element("p", f"{format_quantity(more, 'more shared value')} in campaigns.json{ignored}.", class_="legend")


def _draw_value_row(entity: SharedEntity, y: float, kind: str, accounts: int, population: int | None) -> Html:
    return join_markup(
        [
            draw_rectangle(VALUE_LEFT - 10, y - 12, 4, 24, f"fill {kind}"),
            element(
                "text",
                element("tspan", format_label(entity.kind), class_="kind"),
                element("tspan", shorten_text(reveal_hidden(entity.value), 44), class_="mono", dx="8"),
                x=shorten_number(VALUE_LEFT),
                y=shorten_number(y - 2),
                class_=f"said {kind}",
            ),
            draw_text(VALUE_LEFT, y + 13, _describe_spread(entity, accounts, population), f"small {kind}"),
            draw_text(
                WIDTH - 2,
                y + 4,
                "ignored" if entity.ignored else f"{format_bits(entity.bits)} bits",
                f"value end {kind}",
            ),
        ]
    )


def _describe_spread(entity: SharedEntity, accounts: int, population: int | None) -> str:
    if entity.ignored:
        return f"seen in {format_count(entity.population)} accounts: ignored"
    of_all = f" of {format_count(population)}" if population else ""
    return (
        f"shown by {format_count(entity.accounts)} of {format_count(accounts)} members ({format_share(entity.accounts, accounts)}), "
        f"by {format_count(entity.population)}{of_all} accounts"
    )


def _compute_thickness(entity: SharedEntity, accounts: int) -> float:
    return max(1.2, THICKEST * entity.accounts / max(1, accounts))
