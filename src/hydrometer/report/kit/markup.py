"""HTML and SVG that cannot be broken by what customers wrote.

Account ids, templates and entity values come from the people under investigation. Every string that is not `Html` is
escaped, and characters that could hide or reorder text (controls, bidirectional marks, zero widths) are shown by their
number.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from hydrometer.contract import spell_hidden_characters

if TYPE_CHECKING:
    from collections.abc import Iterable

VOID = frozenset({"meta", "br", "col"})


class Html(str):
    """Markup that is safe to put on the page as it is."""

    __slots__ = ()


Child = str | int | float | None


def reveal_hidden(text: str, kept: str = "") -> str:
    """Return `text` with every character that cannot be seen written as ⟨U+202E⟩, but those of `kept`."""
    return spell_hidden_characters(text, lambda c: c if c in kept else f"⟨U+{ord(c):04X}⟩")


def escape_text(text: str, kept: str = "") -> Html:
    """Return `text` for use between tags and in quoted attributes; hidden characters of `kept` stay as they are."""
    return Html(html.escape(reveal_hidden(text, kept), quote=True))


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


def _escape_child(value: Child) -> str:
    if isinstance(value, Html):
        return value
    if isinstance(value, str):
        return escape_text(value)
    return "" if value is None else shorten_number(value, 3)
