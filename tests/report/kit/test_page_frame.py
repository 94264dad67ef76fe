"""The frame of every page: nothing is fetched, and only the page's own script may run."""

from __future__ import annotations

import base64
import hashlib

from fixtures.page_reader import read
from hydrometer.report.kit.markup import element
from hydrometer.report.kit.page_frame import read_kit_style, render_page


def find_policy(page: str) -> str:
    metas = [node.attributes for node in read(page).all("meta")]
    return next(meta["content"] for meta in metas if meta.get("http-equiv") == "Content-Security-Policy")


def test_a_page_without_a_script_admits_none() -> None:
    page = render_page("A & B <i>", "p { color: red; }", [element("p", "text")])
    assert "<script" not in page
    assert find_policy(page) == "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    assert read(page).one("title").text == "A & B <i>"
    assert (
        read(page).one("style").text
        == read_kit_style("tokens.css", "elements.css", "drawing.css") + "p { color: red; }"
    )


def test_a_page_admits_its_own_script_by_its_digest() -> None:
    script = 'document.title = "a < b";'
    page = render_page("T", "", [element("p", "text"), None], script)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in find_policy(page)
    assert read(page).one("body").one("script").text == script
