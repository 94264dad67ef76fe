"""When the accounts are at work: exchanges by hour of the day, for every day."""

from __future__ import annotations

import math
from itertools import groupby
from typing import TYPE_CHECKING

from hydrometer.report.kit.axes import WIDTH, DayAxis
from hydrometer.report.kit.drawing_elements import draw_rectangle, draw_text, frame_drawing
from hydrometer.report.kit.formatting import format_count
from hydrometer.report.kit.markup import Html, element

if TYPE_CHECKING:
    from hydrometer.contract import CampaignExhibit

HOURS = 24
HOUR_ROW = 7.0
LEVELS = 7
TOP = 4.0


def draw_heatmap(exhibit: CampaignExhibit) -> Html:
    """Draw 24 rows (hours, UTC) by one column a day, darker for more exchanges.

    Steps are even, and the first begins at one exchange, so that a quiet hour differs from an empty one. Cells of one
    darkness are one path of upright strokes: a campaign of three months has two thousand cells.
    """
    days = DayAxis.of(exhibit)
    columns = [_sum_hours(exhibit, days, column) for column in range(days.columns)]
    peak = max([1, *(value for column in columns for value in column)])
    floor = TOP + HOURS * HOUR_ROW
    paths: dict[int, list[str]] = {}
    for index, column in enumerate(columns):
        levels = [_compute_level(value, peak) for value in column]
        for level, run in groupby(range(HOURS), key=levels.__getitem__):
            hours = list(run)
            if level:
                paths.setdefault(level, []).append(f"M{index}.5 {hours[0]}v{len(hours)}")
    cells = [element("path", d=Html("".join(paths[level])), class_=f"heat h{level}") for level in sorted(paths)]
    hover_texts = [_describe_column(days.column_name(index), column) for index, column in enumerate(columns)]
    parts = [
        draw_rectangle(days.left, TOP, days.right - days.left, HOURS * HOUR_ROW, "ground"),
        element("g", *cells, days.hover_areas(0, HOURS, hover_texts), transform=days.grid(TOP, HOUR_ROW)),
    ]
    parts += [
        draw_text(days.left - 8, TOP + hour * HOUR_ROW + 7, f"{hour:02d}:00", "tick end") for hour in range(0, HOURS, 6)
    ]
    parts += [
        draw_text(days.x(c) + 1, floor + 14, days.days[c * days.days_per_column], "tick")
        for c in days.labelled_columns(78)
    ]
    return frame_drawing(
        WIDTH, floor + 20, f"Exchanges by hour and day, UTC; at most {format_count(peak)} in one cell", *parts
    )


def render_heatmap_legend(exhibit: CampaignExhibit) -> Html:
    """Return the steps of darkness with the counts where they begin."""
    days = DayAxis.of(exhibit)
    peak = max([1, *(value for c in range(days.columns) for value in _sum_hours(exhibit, days, c))])
    starts = [max(1, math.ceil(peak * level / LEVELS)) for level in range(LEVELS)]
    keys: list[Html] = []
    for level, start in enumerate(starts):
        if level and start == starts[level - 1]:
            continue
        keys += [element("span", "", class_=f"key heat h{level + 1}"), Html(f"{format_count(start)}+ ")]
    return element("p", "exchanges an hour, UTC: ", *keys, class_="legend")


def _sum_hours(exhibit: CampaignExhibit, days: DayAxis, column: int) -> list[int]:
    rows = exhibit.hour_by_day[column * days.days_per_column : (column + 1) * days.days_per_column]
    return [sum(row[hour] for row in rows) for hour in range(HOURS)]


def _describe_column(name: str, column: list[int]) -> str:
    most = max(column)
    return f"{name}: {format_count(sum(column))} exchanges, most at {column.index(most):02d}:00 ({format_count(most)})"


def _compute_level(value: int, peak: int) -> int:
    """Return 1 to LEVELS, and 0 for nothing."""
    return value and min(LEVELS, LEVELS * value // peak + 1)
