"""The drawings of a backtest: harvest by day, and what thresholds trade."""

from __future__ import annotations

from datetime import UTC, date
from typing import TYPE_CHECKING

from hydrometer.report.kit.drawing_elements import (
    draw_circle,
    draw_line,
    draw_path,
    draw_rectangle,
    draw_text,
    frame_drawing,
)
from hydrometer.report.kit.formatting import format_count, shorten_text
from hydrometer.report.kit.markup import Html, element, join_markup
from hydrometer.report.kit.page_elements import render_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from hydrometer.contract import DayEffect, ThresholdEffect

WIDTH, LEFT, RIGHT = 960.0, 70.0, 940.0
TOP, FLOOR = 12.0, 212.0
"""Of the plot of days."""
MOST_DATES = 10
"""Dates that are written below the days, at most about as many."""
PANEL, GAP, BELOW = 210.0, 26.0, 20.0
"""Width and height of a threshold's panel, and the room between two and below one."""
ACROSS = 4
"""Panels in a row."""
LEAST_THRESHOLD = 0.4
"""Where the axis of thresholds begins; it ends at 1."""
RULE_LETTERS = 30


def draw_days(days: Sequence[DayEffect], known_from: Sequence[datetime]) -> Html:
    """Draw the harvest by day: stopped, answered with less, let through; above it the honest requests touched."""
    if not days:
        return element("p", "No traffic.")
    most = max(1.0, *(each.harvest for each in days))
    step = (RIGHT - LEFT) / len(days)
    parts = [
        draw_line(LEFT, TOP, LEFT, FLOOR, "axis"),
        draw_line(LEFT, FLOOR, RIGHT, FLOOR, "axis"),
        draw_text(LEFT - 8, TOP + 8, format_count(most), "tick end"),
        draw_text(LEFT - 8, FLOOR, "0", "tick end"),
    ]
    for index, each in enumerate(days):
        parts += _draw_day(each, LEFT + step * index, step, (FLOOR - TOP) / most)
        if index % max(1, len(days) // MOST_DATES) == 0:
            parts.append(draw_text(LEFT + step * (index + 0.5), FLOOR + 16, each.day[5:], "tick mid"))
    first = date.fromisoformat(days[0].day)
    for when in known_from:
        moment = when.astimezone(UTC)
        x = LEFT + step * ((moment.date() - first).days + (moment.hour * 60 + moment.minute) / 1440)
        if LEFT <= x <= RIGHT:
            parts += [draw_line(x, TOP, x, FLOOR, "now"), draw_text(x, FLOOR + 32, "known", "tick mid")]
    keys = (
        render_key("stopped", "stopped"),
        render_key("weakened", "answered with less"),
        render_key("through", "let through"),
        render_key("honest", "honest requests touched"),
    )
    drawing = frame_drawing(WIDTH, FLOOR + 42, "Harvest by day and what became of it", *parts)
    return join_markup([drawing, element("p", "Harvest a day: ", *keys, class_="legend")])


def _draw_day(day: DayEffect, left: float, step: float, scale: float) -> list[Html]:
    """Return the bars of one day, one upon the other, and the mark of the honest requests that were touched."""
    parts = []
    y = FLOOR
    for amount, kind in (
        (day.stopped, "stopped"),
        (day.weakened, "weakened"),
        (day.harvest - day.stopped - day.weakened, "through"),
    ):
        height = max(0.0, amount) * scale
        if height > 0.05:
            y -= height
            title = element("title", f"{day.day}: {format_count(amount)} of {format_count(day.harvest)}")
            parts.append(draw_rectangle(left + step * 0.1, y, step * 0.8, height, kind, title))
    if day.honest_touched:
        counts = f"{format_count(day.honest_touched)} of {format_count(day.honest)}"
        title = element("title", f"{day.day}: {counts} honest requests touched")
        parts.append(draw_circle(left + step / 2, TOP + 4, 4, "honest", title))
    return parts


def draw_thresholds(effects: Sequence[ThresholdEffect]) -> Html:
    """Draw a panel a rule: over its threshold, the share of harvest acted on and the honest requests touched."""
    rules = list(dict.fromkeys(each.rule for each in effects))
    most = max(1.0, *(each.honest_requests for each in effects))
    parts: list[Html] = []
    for index, rule in enumerate(rules):
        left, top = 30 + (index % ACROSS) * (PANEL + GAP), 30 + (index // ACROSS) * (PANEL + BELOW)
        parts += _draw_panel(rule, [each for each in effects if each.rule == rule], most, (left, top))
    height = 30 + -(-len(rules) // ACROSS) * (PANEL + BELOW) - 20
    drawing = frame_drawing(WIDTH, height, "What another threshold would do", *parts)
    keys = (
        render_key("stopped", "share of the harvest stopped or answered with less"),
        render_key("honest", f"honest requests touched, of the most in any panel ({format_count(most)})"),
        Html(" · dashed: the policy"),
    )
    return join_markup([drawing, element("p", *keys, class_="legend")])


def _draw_panel(rule: str, effects: Sequence[ThresholdEffect], most: float, corner: tuple[float, float]) -> list[Html]:
    """Return the two curves of one rule; `most` honest requests are the height of the panel."""
    left, top = corner
    floor = top + PANEL - 40

    def x(threshold: float) -> float:
        return left + (min(1.0, max(LEAST_THRESHOLD, threshold)) - LEAST_THRESHOLD) / (1 - LEAST_THRESHOLD) * (
            PANEL - 20
        )

    def y(share: float) -> float:
        return floor - (floor - top) * min(1.0, max(0.0, share))

    acted_on = [(x(each.threshold), y(each.stopped + each.weakened)) for each in effects]
    touched = [(x(each.threshold), y(each.honest_requests / most)) for each in effects]
    harvest_title = element("title", "harvest stopped or weakened")
    honest_title = element("title", f"honest requests touched, of {format_count(most)}")
    return [
        draw_text(left, top - 10, shorten_text(rule, RULE_LETTERS)),
        draw_line(left, top, left, floor, "axis"),
        draw_line(left, floor, left + PANEL - 20, floor, "axis"),
        draw_path(acted_on, "curve stopped", harvest_title),
        draw_path(touched, "curve honest", honest_title),
        *(draw_line(x(e.threshold), top, x(e.threshold), floor, "now") for e in effects if e.current),
        *(draw_text(x(value), floor + 16, f"{value:g}", "tick mid") for value in (0.5, 0.7, 0.9)),
    ]
