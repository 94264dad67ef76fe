"""Drawings: shapes where they are put, in a frame that can stand in a file of its own."""

from __future__ import annotations

from xml.etree import ElementTree

from hydrometer.report.kit.drawing_elements import draw_circle, draw_path, draw_rectangle, frame_drawing, frame_figure
from hydrometer.report.kit.markup import element


def test_shapes_stand_where_they_are_put() -> None:
    assert draw_path([(0, 1.5), (10, 2.0)], "curve") == '<path d="M0 1.5L10 2" class="curve"></path>'
    circle = draw_circle(1.25, 2, 3, "mark", element("title", "<a>"))
    assert circle == '<circle cx="1.2" cy="2" r="3" class="mark"><title>&lt;a&gt;</title></circle>'
    assert 'width="0"' in draw_rectangle(0, 0, -4, 2, "bar")


def test_a_figure_brings_its_colours_and_its_ground() -> None:
    figure = ElementTree.fromstring(frame_figure(100, 50, "A figure", style=".bar { fill: red; }"))  # noqa: S314
    title, style, ground = figure
    assert title.text == "A figure"
    assert style.text is not None
    assert "--paper" in style.text
    assert style.text.endswith(".bar { fill: red; }")
    assert (ground.get("width"), ground.get("class")) == ("100%", "paper")
    assert "<style" not in frame_drawing(100, 50, "A drawing")
