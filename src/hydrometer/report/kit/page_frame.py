"""The frame of every page: one file that opens offline, with its style and its only script inside."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING

from hydrometer.report.kit.markup import Child, Html, element, join_markup

if TYPE_CHECKING:
    from collections.abc import Sequence


def render_page(title: str, style: str, children: Sequence[Child], script: str = "") -> str:
    """Return a page of `children` in the style of all pages, with the page's own `style` after it.

    A content security policy forbids every request and every script but the one that is given.
    """
    end = Html(f"<script>{script}</script>") if script else None
    page = element(
        "html",
        element(
            "head",
            element("meta", charset="utf-8"),
            Html(f'<meta http-equiv="Content-Security-Policy" content="{_phrase_policy(script)}">'),
            element("meta", name_="viewport", content="width=device-width, initial-scale=1"),
            element("meta", name_="color-scheme", content="light dark"),
            element("meta", name_="referrer", content="no-referrer"),
            element("title", title),
            element("style", Html(read_kit_style("tokens.css", "elements.css", "drawing.css") + style)),
        ),
        element("body", join_markup(children), end),
        lang="en",
    )
    return f"<!doctype html>\n{page}\n"


def read_kit_style(*names: str) -> str:
    """Return style sheets of the kit, one after another."""
    return "".join(read_asset("hydrometer.report.kit", name) for name in names)


def read_asset(package: str, name: str) -> str:
    """Return a style sheet or script from the folder `data` of a package."""
    return (files(package) / "data" / name).read_text("utf-8")


def _phrase_policy(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    allowed = f"style-src 'unsafe-inline'; script-src 'sha256-{digest}'" if script else "style-src 'unsafe-inline'"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
