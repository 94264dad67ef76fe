"""Drawings as SVG: the frame, and the lines, texts and shapes in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.report.kit.markup import Child, Html, element, shorten_number
from hydrometer.report.kit.page_frame import read_kit_style

if TYPE_CHECKING:
    from collections.abc import Iterable


def frame_drawing(width: float, height: float, label: str, *children: Child, class_: str = "") -> Html:
    """Return a drawing that scales with the page and reads as one image with `label`.

    It is never drawn more than a little larger than its own size, so that its letters stay the page's letters.
    """
    return element(
        "svg",
        element("title", label),
        *children,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {shorten_number(width)} {shorten_number(height)}",
        width=shorten_number(width),
        role="img",
        class_=f"drawing {class_}".strip(),
    )


def frame_figure(width: float, height: float, label: str, *children: Child, style: str = "") -> Html:
    """Return a drawing that stands in a file of its own: with the colours of the pages, its style and a ground."""
    ground = element("rect", width="100%", height="100%", class_="paper")
    rules = read_kit_style("tokens.css", "drawing.css") + style
    return frame_drawing(width, height, label, element("style", Html(rules)), ground, *children)


def draw_text(x: float, y: float, content: Child, class_: str | None = None, **attributes: Child) -> Html:
    """Return a line of text in a drawing."""
    return element("text", content, x=shorten_number(x), y=shorten_number(y), class_=class_, **attributes)


def draw_line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Html:
    """Return a straight line in a drawing."""
    return element(
        "line",
        x1=shorten_number(x1),
        y1=shorten_number(y1),
        x2=shorten_number(x2),
        y2=shorten_number(y2),
        class_=class_,
    )


def draw_rectangle(
    x: float, y: float, width: float, height: float, class_: str, *children: Child, **attributes: Child
) -> Html:
    """Return a rectangle in a drawing."""
    return element(
        "rect",
        *children,
        x=shorten_number(x),
        y=shorten_number(y),
        width=shorten_number(max(width, 0.0)),
        height=shorten_number(max(height, 0.0)),
        class_=class_,
        **attributes,
    )


def draw_circle(x: float, y: float, radius: float, class_: str, *children: Child) -> Html:
    """Return a circle in a drawing."""
    return element(
        "circle", *children, cx=shorten_number(x), cy=shorten_number(y), r=shorten_number(radius), class_=class_
    )


def draw_path(points: Iterable[tuple[float, float]], class_: str, *children: Child) -> Html:
    """Return straight lines from point to point in a drawing."""
    way = "L".join(f"{shorten_number(x)} {shorten_number(y)}" for x, y in points)
    return element("path", *children, d=Html(f"M{way}"), class_=class_)
