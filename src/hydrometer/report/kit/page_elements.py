"""Tables, lists of facts and small bars that several parts of the page use."""

from __future__ import annotations

from string import ascii_lowercase
from typing import TYPE_CHECKING

from hydrometer.contract import FAMILIES, describe_probability
from hydrometer.report.kit.formatting import FAMILY_NAMES, format_label, format_probability
from hydrometer.report.kit.markup import Child, Html, element, join_markup, shorten_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def render_table(
    heads: Sequence[str], rows: Iterable[Sequence[Child]], *, numbers: Sequence[int] = (), class_: str = "", name: str
) -> Html:
    """Return a table; `numbers` are the columns (from 0) that hold numbers and stand on the right.

    It can be scrolled sideways, by keyboard too, where the window is narrower than its contents.
    """
    right = set(numbers)

    def cell(index: int, content: Child) -> Html:
        return element("td", content, class_="n" if index in right else None)

    head = element(
        "tr", *(element("th", h, scope="col", class_="n" if i in right else None) for i, h in enumerate(heads))
    )
    body = join_markup(element("tr", *(cell(i, c) for i, c in enumerate(row))) for row in rows)
    table_element = element(
        "table", element("thead", head), element("tbody", body), class_=f"sortable {class_}".strip()
    )
    return element("div", table_element, class_="scroll", tabindex="0", role="region", aria_label=name)


def render_facts(pairs: Iterable[tuple[str, Child]], class_: str = "facts") -> Html:
    """Return terms with their values."""
    return element(
        "dl", *(element("div", element("dt", term), element("dd", value)) for term, value in pairs), class_=class_
    )


def render_list(items: Iterable[Child], class_: str | None = None) -> Html:
    """Return a list."""
    return element("ul", *(element("li", item) for item in items), class_=class_)


def render_identifier(text: str) -> Html:
    """Return an identifier: fixed width, and its direction of writing cannot reach its surroundings."""
    return element("span", text, class_="mono")


def render_probability(value: float) -> Html:
    """Return a probability with its term."""
    return element(
        "span",
        element("b", format_probability(value)),
        " ",
        element("span", describe_probability(round(value, 3)), class_="quiet"),
        class_="chance",
    )


def render_family_bar(bits: Mapping[str, float], widest: float, room: float = 84.0) -> Html:
    """Return a stacked bar of the bits of each family that speak for; `widest` bits fill `room` pixels.

    The style sheet draws it as one gradient from the families' ends --a to --f: a page holds thousands.
    """
    ends: list[str] = []
    reached = 0.0
    for letter, family in zip(ascii_lowercase, FAMILIES, strict=False):
        reached += max(0.0, bits.get(family, 0.0)) / max(widest, 1e-12) * room
        ends.append(f"--{letter}:{reached:.0f}")
    return element("i", class_="fb", style=";".join(ends))


def render_key(kind: str, name: str) -> Html:
    """Return a patch of the colour of a kind of mark, with its name."""
    return join_markup([element("span", "", class_=f"key {kind}"), f"{name} "])


def render_family_legend(present: Iterable[str]) -> Html:
    """Return the colours of the families that are present, with their names."""
    shown = set(present)
    keys = (render_key(f"f{index}", FAMILY_NAMES[family]) for index, family in enumerate(FAMILIES) if family in shown)
    return element("p", *keys, class_="legend")


def render_share_bars(title: str, values: Mapping[str, float], shown: Mapping[str, str], most: int = 6) -> Html | None:
    """Return a small chart of bars, the largest first; `shown` holds what is written behind each."""
    if not values:
        return None
    ordered = sorted(values.items(), key=lambda item: (-item[1], item[0]))
    top = max(ordered[0][1], 1e-12)
    rows = [
        element(
            "li",
            element("span", format_label(name), class_="what"),
            element(
                "span", element("i", style=f"width:{shorten_number(100 * max(value, 0) / top, 0)}%"), class_="track"
            ),
            element("span", shown[name], class_="n"),
        )
        for name, value in ordered[:most]
    ]
    if len(ordered) > most:
        rows.append(
            element(
                "li", element("span", f"{len(ordered) - most} more in campaigns.json", class_="quiet"), class_="more"
            )
        )
    return element("div", element("h4", title), element("ul", *rows, class_="shares"))
