"""What attackers write into ids, wordings and values stays text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html import unescape

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.campaign_builders import PLANS
from fixtures.page_reader import drawings, read
from fixtures.report_builders import Result, result, table
from hydrometer.contract.attribution_records import Attribution
from hydrometer.contract.result_records import MEMBERS, TemplateSegment
from hydrometer.report.explanation import explain_account
from hydrometer.report.kit.markup import element, escape_text, reveal_hidden
from hydrometer.report.result.result_page import render_result_page

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></svg><script>alert(2)</script>",
    "</style></script><b>",
    "javascript:alert(1)",
    "&lt;b&gt;&#60;b&#62;",
    "]]><!--",
    "a\u202egnp.exe\u202c",
    "zero\u200bwidth\ufeff",
    "nul\x00 esc\x1b[2J bell\x07",
    "\ufffe\uffff",
    "العربية 12",
)


def poisoned(text: str) -> Result:
    """Return a result whose every free text is `text`."""
    made = result(PLANS[2:])
    campaign = made.campaigns[0]
    exhibit = msgspec.structs.replace(
        campaign.exhibit,
        entities=[msgspec.structs.replace(e, value=text, kind=text) for e in campaign.exhibit.entities],
        templates=[
            msgspec.structs.replace(
                t, id=text, elicitation=text, wording=[TemplateSegment(text), TemplateSegment(text, slot=True)]
            )
            for t in campaign.exhibit.templates
        ],
        releases=[(text, "2026-02-04T10:00:00Z")],
    )
    campaign = msgspec.structs.replace(
        campaign,
        id=text,
        story=[text],
        attribution=Attribution(status="not attributed", why=text),
        capabilities={text: 1.0},
        elicitation={text: 1.0},
        models={text: 5},
        evidence=[msgspec.structs.replace(e, statement=text, signal=text, null=text) for e in campaign.evidence],
        counter_evidence=[msgspec.structs.replace(c, statement=text) for c in campaign.counter_evidence],
        exhibit=exhibit,
    )
    members = [row | {"account_id": text, "campaign_id": text, "reasons": [text]} for row in made.members.to_pylist()]
    return made.but(
        campaigns=[campaign],
        members=table(MEMBERS, members),
        candidates=[
            msgspec.structs.replace(c, id=text, seed=text, reasons=[text], campaign_id=c.campaign_id and text)
            for c in made.candidates
        ],
        run=msgspec.structs.replace(
            made.run,
            inputs=[text],
            caps=[text],
            rejected={text: 1},
            absent_columns=[text],
            settings={text: text},
            versions={text: text},
            calibration={"on": text},
            signals_off=[msgspec.structs.replace(o, signal=text, why=text, costs=text) for o in made.run.signals_off],
        ),
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_adds_no_element_and_no_attribute(text: str) -> None:
    harmless = read(render_result_page(poisoned("harmless"))).everything()
    page = read(render_result_page(poisoned(text)))
    assert len(page.all("script")) == 1
    assert {node.tag for node in page.everything()} <= {node.tag for node in harmless} | {"g"}
    known = {key for node in harmless for key in node.attributes}
    assert {key for node in page.everything() for key in node.attributes} <= known
    assert reveal_hidden(text) in page.text


@pytest.mark.parametrize("text", HOSTILE)
def test_drawings_stay_well_formed(text: str) -> None:
    found = drawings(render_result_page(poisoned(text)))
    assert len(found) > 5
    for drawing in found:
        assert ET.fromstring(drawing).tag.endswith("svg")  # noqa: S314


@settings(max_examples=60)
@given(st.text(max_size=40))
def test_any_text_comes_back_visible(text: str) -> None:
    written = escape_text(text)
    assert not set("<>\"'") & set(written)
    assert unescape(written) == reveal_hidden(text)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]", written)
    assert ET.fromstring(element("b", text, title=text)).text in {reveal_hidden(text), None}  # noqa: S314


def test_line_ends_stay_in_wordings_only() -> None:
    assert reveal_hidden("a\nb") == "a⟨U+000A⟩b"
    assert reveal_hidden("a\n\tb\r", "\n\t") == "a\n\tb⟨U+000D⟩"


def test_a_terminal_gets_no_control_characters() -> None:
    text = HOSTILE[10]
    lines = explain_account(poisoned(text), text).lines()
    assert lines[0] == "Account nul⟨U+0000⟩ esc⟨U+001B⟩[2J bell⟨U+0007⟩"
    assert not any(character < " " for line in lines for character in line)
