"""What the accounts share: one node for the accounts, one row for each shared value.

Never a net of accounts: two hundred accounts that share a card are one ribbon, not twenty thousand lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.report.markup import Html, el, join, num, rect, svg, txt, visible
from hydrometer.report.scale import WIDTH, shortened
from hydrometer.report.words import bits, count, counted, label, share

if TYPE_CHECKING:
    from hydrometer.contract.results import Entity

MOST = 12
"""Most values drawn."""
MOST_IGNORED = 3
"""Of them, most that weigh nothing."""
ROW = 40.0
NODE_LEFT, NODE_RIGHT, VALUE_LEFT = 0.0, 150.0, 470.0
THICKEST = 15.0


def chosen(entities: list[Entity]) -> list[Entity]:
    """Return the values that are drawn: the weightiest, then the most popular of those that weigh nothing."""
    weighty = sorted((e for e in entities if not e.ignored), key=lambda e: (-e.bits, -e.accounts, e.kind, e.value))
    common = sorted((e for e in entities if e.ignored), key=lambda e: (-e.population, e.kind, e.value))
    return weighty[: MOST - min(len(common), MOST_IGNORED)] + common[:MOST_IGNORED]


def graph(entities: list[Entity], accounts: int, population: int | None) -> Html:
    """Draw the accounts of a campaign and the values they share.

    `accounts` is the size of the campaign, `population` the number of all accounts of the traffic where it is known.
    """
    drawn = chosen(entities)
    height = max(len(drawn), 2) * ROW
    middle = height / 2
    node = min(height - 8, 90.0)
    flow = sum(_thickness(e, accounts) for e in drawn) or 1.0
    squeeze = min(1.0, (node - 8) / flow)
    leaving = middle - flow * squeeze / 2
    leave, bend = num(NODE_RIGHT), num((NODE_RIGHT + VALUE_LEFT) / 2)
    ribbons: list[Html] = []
    rows: list[Html] = []
    for index, entity in enumerate(drawn):
        y = index * ROW + ROW / 2
        thick = _thickness(entity, accounts)
        kind = "ignored" if entity.ignored else entity.family
        start = leaving + thick * squeeze / 2
        leaving += thick * squeeze
        ribbons.append(
            el(
                "path",
                el("title", f"{label(entity.kind)} {entity.value}: {_shown_by(entity, accounts, population)}"),
                d=Html(f"M{leave} {num(start)}C{bend} {num(start)} {bend} {num(y)} {num(VALUE_LEFT - 10)} {num(y)}"),
                stroke_width=num(thick),
                class_=f"ribbon {kind}",
            )
        )
        rows.append(_row(entity, y, kind, accounts, population))
    box = [
        rect(NODE_LEFT + 1, middle - node / 2, NODE_RIGHT - 1, node, "node", rx="6"),
        txt((NODE_LEFT + NODE_RIGHT) / 2, middle - 1, count(accounts), "big mid"),
        txt((NODE_LEFT + NODE_RIGHT) / 2, middle + 18, "account" if accounts == 1 else "accounts", "said mid"),
    ]
    told = f"{counted(accounts, 'account')} and {counted(len(drawn), 'value')} that they share"
    return svg(WIDTH, height, told, *ribbons, *box, *rows)


def left_over(entities: list[Entity]) -> Html | None:
    """Tell how many values are not drawn."""
    drawn = chosen(entities)
    if len(drawn) == len(entities):
        return None
    more = len(entities) - len(drawn)
    common = sum(e.ignored for e in entities) - sum(e.ignored for e in drawn)
    ignored = f", {count(common)} of them ignored" if common else ""
    return el("p", f"{counted(more, 'more shared value')} in campaigns.json{ignored}.", class_="legend")


def _row(entity: Entity, y: float, kind: str, accounts: int, population: int | None) -> Html:
    return join(
        [
            rect(VALUE_LEFT - 10, y - 12, 4, 24, f"fill {kind}"),
            el(
                "text",
                el("tspan", label(entity.kind), class_="kind"),
                el("tspan", shortened(visible(entity.value), 44), class_="mono", dx="8"),
                x=num(VALUE_LEFT),
                y=num(y - 2),
                class_=f"said {kind}",
            ),
            txt(VALUE_LEFT, y + 13, _shown_by(entity, accounts, population), f"small {kind}"),
            txt(WIDTH - 2, y + 4, "ignored" if entity.ignored else f"{bits(entity.bits)} bits", f"value end {kind}"),
        ]
    )


def _shown_by(entity: Entity, accounts: int, population: int | None) -> str:
    if entity.ignored:
        return f"seen in {count(entity.population)} accounts: ignored"
    of_all = f" of {count(population)}" if population else ""
    return (
        f"shown by {count(entity.accounts)} of {count(accounts)} members ({share(entity.accounts, accounts)}), "
        f"by {count(entity.population)}{of_all} accounts"
    )


def _thickness(entity: Entity, accounts: int) -> float:
    return max(1.2, THICKEST * entity.accounts / max(1, accounts))
