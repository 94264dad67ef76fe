"""The drawing holds what was measured, whatever the archetypes are called."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from fixtures.small_worlds import write_result, write_world
from hydrometer.lab.evaluation import score, summarise
from hydrometer.report.evaluation.evaluation_drawing import LEFT, SIDE, TOP, draw_evaluation

if TYPE_CHECKING:
    from pathlib import Path

SVG = "{http://www.w3.org/2000/svg}"
ODD = "<b>\x1b\u202e&"


def drawn(tmp_path: Path, campaigns: dict[str, dict[str, float]]) -> ElementTree.Element:
    world = write_world(tmp_path / "world", {"A": "a1 a2 a3"}, {"person": "p1 p2 p3 p4", ODD: "o1 o2", "quiet": "q1"})
    listed = dict.fromkeys(campaigns, 0.75)
    found = summarise([score(write_result(tmp_path / "result", campaigns, listed), world)])
    return ElementTree.fromstring(draw_evaluation(found))  # noqa: S314 (the drawing is ours)


def test_marks_stand_at_what_was_given_and_what_came_true(tmp_path: Path) -> None:
    page = drawn(tmp_path, {"X": {"a1": 0.6, "a2": 0.6, "p1": 0.6, "o1": 0.6}})
    marks = {mark[0].text: mark for mark in page.iter(f"{SVG}circle") if len(mark)}
    assert sorted(filter(None, marks)) == [
        "campaigns: 1 cases, given 0.750, true 1.000",
        "members: 4 cases, given 0.600, true 0.500",
    ]
    mark = marks["members: 4 cases, given 0.600, true 0.500"]
    assert (float(mark.attrib["cx"]), float(mark.attrib["cy"])) == (LEFT + 0.6 * SIDE, TOP + 0.5 * SIDE)


def test_bars_are_as_long_as_the_shares_and_names_cannot_break_the_page(tmp_path: Path) -> None:
    page = drawn(tmp_path, {"X": {"a1": 0.6, "a2": 0.6, "p1": 0.6, "o1": 0.6}})
    lengths = [float(bar.attrib["width"]) for bar in page.iter(f"{SVG}rect") if bar.attrib["class"] == "bar"]
    assert lengths[1] == pytest.approx(lengths[0] / 2)
    texts = [text.text for text in page.iter(f"{SVG}text")]
    assert "<b>⟨U+001B⟩⟨U+202E⟩&" in texts
    assert "50,000: 1 of 2" in texts
    assert "25,000: 1 of 4" in texts
    assert "none flagged of 1 archetypes" in texts


def test_a_result_without_campaigns_draws_empty_axes(tmp_path: Path) -> None:
    page = drawn(tmp_path, {})
    assert "none flagged of 3 archetypes" in [text.text for text in page.iter(f"{SVG}text")]
    assert [mark for mark in page.iter(f"{SVG}circle") if len(mark)] == []
