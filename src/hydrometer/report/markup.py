"""HTML and SVG that cannot be broken by what customers wrote.

Account ids, wordings and entity values come from the people under investigation. Every string that is not `Html` is
escaped, and characters that could hide or reorder text (controls, bidirectional marks, zero widths) are shown by their
number.
"""

from __future__ import annotations

import html
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that leave no trace of their own on paper."""

VOID = frozenset({"meta", "br", "col"})


class Html(str):
    """Markup that is safe to put on the page as it is."""

    __slots__ = ()


Child = str | int | float | None


def reveal_hidden(text: str, *, lines: bool = False) -> str:
    """Return `text` with every character that cannot be seen written as ⟨U+202E⟩; `lines` keeps tabs and line ends."""
    if text.isascii() and text.isprintable():
        return text
    keep = "\n\t" if lines else ""
    return "".join(f"⟨U+{ord(c):04X}⟩" if unicodedata.category(c) in HIDDEN and c not in keep else c for c in text)


def escape_text(text: str, *, lines: bool = False) -> Html:
    """Return `text` for use between tags and in quoted attributes."""
    return Html(html.escape(reveal_hidden(text, lines=lines), quote=True))


def shorten_number(value: float, decimals: int = 1) -> str:
    """Return a coordinate as short as it can be: 12, 12.5, not 12.50 or 12.0."""
    if isinstance(value, int):
        return str(value)
    shortened = f"{value:.{decimals}f}".rstrip("0").rstrip(".") if decimals else f"{value:.0f}"
    return "0" if shortened in {"-0", ""} else shortened


def join_markup(parts: Iterable[Child], between: str = "") -> Html:
    """Return the parts one after another, each escaped unless it is Html."""
    return Html(
        between.join(part if isinstance(part, Html) else _escape_child(part) for part in parts if part is not None)
    )


def element(name: str, *children: Child, **attributes: Child) -> Html:
    """Return an element. `class_` is class, `stroke_width` is stroke-width, `id_` is id; None leaves one out."""
    attribute_text = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_escape_child(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Html(f"<{name}{attribute_text}>")
    return Html(f"<{name}{attribute_text}>{join_markup(children)}</{name}>")


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


def _escape_child(value: Child) -> str:
    if isinstance(value, Html):
        return value
    if isinstance(value, str):
        return escape_text(value)
    return "" if value is None else shorten_number(value, 3)
