"""Tables, lists of facts and small bars that several parts of the page use."""

from __future__ import annotations

from string import ascii_lowercase
from typing import TYPE_CHECKING

from hydrometer.contract.likelihood import likelihood
from hydrometer.contract.results import FAMILIES
from hydrometer.report.markup import Child, Html, el, join, num
from hydrometer.report.words import FAMILY_NAMES, label, probability

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def table(
    heads: Sequence[str], rows: Iterable[Sequence[Child]], *, numbers: Sequence[int] = (), class_: str = "", name: str
) -> Html:
    """Return a table; `numbers` are the columns (from 0) that hold numbers and stand on the right.

    It can be scrolled sideways, by keyboard too, where the window is narrower than its contents.
    """
    right = set(numbers)

    def cell(index: int, content: Child) -> Html:
        return el("td", content, class_="n" if index in right else None)

    head = el("tr", *(el("th", h, scope="col", class_="n" if i in right else None) for i, h in enumerate(heads)))
    body = join(el("tr", *(cell(i, c) for i, c in enumerate(row))) for row in rows)
    written = el("table", el("thead", head), el("tbody", body), class_=f"sortable {class_}".strip())
    return el("div", written, class_="scroll", tabindex="0", role="region", aria_label=name)


def facts(pairs: Iterable[tuple[str, Child]], class_: str = "facts") -> Html:
    """Return terms with their values."""
    return el("dl", *(el("div", el("dt", term), el("dd", value)) for term, value in pairs), class_=class_)


def bullets(items: Iterable[Child], class_: str | None = None) -> Html:
    """Return a list."""
    return el("ul", *(el("li", item) for item in items), class_=class_)


def mono(text: str) -> Html:
    """Return an identifier: fixed width, and its direction of writing cannot reach its surroundings."""
    return el("span", text, class_="mono")


def chance(value: float) -> Html:
    """Return a probability with its term."""
    return el("span", el("b", probability(value)), " ", el("span", likelihood(value), class_="quiet"), class_="chance")


def family_bar(bits: Mapping[str, float], widest: float, room: float = 84.0) -> Html:
    """Return a stacked bar of the bits of each family that speak for; `widest` bits fill `room` pixels.

    The style sheet draws it as one gradient from the families' ends --a to --f: a page holds thousands.
    """
    ends: list[str] = []
    reached = 0.0
    for letter, family in zip(ascii_lowercase, FAMILIES, strict=False):
        reached += max(0.0, bits.get(family, 0.0)) / max(widest, 1e-12) * room
        ends.append(f"--{letter}:{reached:.0f}")
    return el("i", class_="fb", style=";".join(ends))


def family_legend(present: Iterable[str]) -> Html:
    """Name the colours of the families that are present."""
    shown = set(present)
    keys = (
        join([el("span", "", class_=f"key f{index}"), f"{FAMILY_NAMES[family]} "])
        for index, family in enumerate(FAMILIES)
        if family in shown
    )
    return el("p", *keys, class_="legend")


def shares(title: str, values: Mapping[str, float], shown: Mapping[str, str], most: int = 6) -> Html | None:
    """Return a small chart of bars, the largest first; `shown` holds what is written behind each."""
    if not values:
        return None
    ordered = sorted(values.items(), key=lambda item: (-item[1], item[0]))
    top = max(ordered[0][1], 1e-12)
    rows = [
        el(
            "li",
            el("span", label(name), class_="what"),
            el("span", el("i", style=f"width:{num(100 * max(value, 0) / top, 0)}%"), class_="track"),
            el("span", shown[name], class_="n"),
        )
        for name, value in ordered[:most]
    ]
    if len(ordered) > most:
        rows.append(
            el("li", el("span", f"{len(ordered) - most} more in campaigns.json", class_="quiet"), class_="more")
        )
    return el("div", el("h4", title), el("ul", *rows, class_="shares"))
