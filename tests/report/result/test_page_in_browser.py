"""The page in a real browser, from a file, without a network."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from fixtures.campaign_builders import PLANS
from fixtures.report_builders import result
from hydrometer.report.result.result_page import render_result_page

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PROBE = """<script>
addEventListener("error", (event) => document.body.setAttribute("data-error", event.message));
addEventListener("securitypolicyviolation", (event) =>
  document.body.setAttribute("data-violation", event.violatedDirective));
addEventListener("load", () => {
  const head = document.querySelector("table.campaigns th:nth-child(3) button");
  head.click(); head.click();
  document.body.setAttribute("data-first", document.querySelector("table.campaigns tbody td").textContent);
  const wide = document.documentElement;
  document.body.setAttribute("data-overflow", String(wide.scrollWidth - wide.clientWidth));
  document.body.setAttribute("data-requests", String(performance.getEntriesByType("resource").length));
});
</script>"""


def browser() -> str:
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    pytest.skip(f"no browser here: none of {', '.join(NAMES)}")


@pytest.mark.parametrize("width", [800, 1400])
def test_a_browser_reads_the_page_without_error_or_request(tmp_path: Path, width: int) -> None:
    page = render_result_page(result())
    # The probe is allowed beside the page's own script, which the policy admits by its digest only.
    page = page.replace("script-src ", "script-src 'nonce-probe' ").replace("<title>", PROBE + "<title>", 1)
    page = page.replace("<script>\naddEventListener", '<script nonce="probe">\naddEventListener')
    file = tmp_path / "report.html"
    file.write_text(page, "utf-8")
    done = subprocess.run(  # noqa: S603
        [
            browser(),
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--window-size={width},1200",
            "--enable-logging=stderr",
            "--dump-dom",
            file.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    body = re.search(r"<body[^>]*>", done.stdout)
    assert body is not None
    told = dict(re.findall(r'data-(\w+)="([^"]*)"', body[0]))
    assert told == {"first": PLANS[2].id, "overflow": "0", "requests": "0"}
    assert "CONSOLE" not in done.stderr
