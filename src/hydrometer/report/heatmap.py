"""When the accounts are at work: exchanges by hour of the day, for every day."""

from __future__ import annotations

import math
from itertools import groupby
from typing import TYPE_CHECKING

from hydrometer.report.markup import Html, el, rect, svg, txt
from hydrometer.report.scale import WIDTH, Days
from hydrometer.report.words import count

if TYPE_CHECKING:
    from hydrometer.contract.results import Exhibit

HOURS = 24
ROW = 7.0
LEVELS = 7
TOP = 4.0


def heatmap(exhibit: Exhibit) -> Html:
    """Draw 24 rows (hours, UTC) by one column a day, darker for more exchanges.

    Steps are even, and the first begins at one exchange, so that a quiet hour differs from an empty one. Cells of one
    darkness are one path of upright strokes: a campaign of three months has two thousand cells.
    """
    days = Days.of(exhibit)
    columns = [_column(exhibit, days, column) for column in range(days.columns)]
    peak = max([1, *(value for column in columns for value in column)])
    floor = TOP + HOURS * ROW
    paths: dict[int, list[str]] = {}
    for index, column in enumerate(columns):
        levels = [_level(value, peak) for value in column]
        for level, run in groupby(range(HOURS), key=levels.__getitem__):
            hours = list(run)
            if level:
                paths.setdefault(level, []).append(f"M{index}.5 {hours[0]}v{len(hours)}")
    cells = [el("path", d=Html("".join(paths[level])), class_=f"heat h{level}") for level in sorted(paths)]
    told = [_told(days.name(index), column) for index, column in enumerate(columns)]
    parts = [
        rect(days.left, TOP, days.right - days.left, HOURS * ROW, "ground"),
        el("g", *cells, days.hovered(0, HOURS, told), transform=days.grid(TOP, ROW)),
    ]
    parts += [txt(days.left - 8, TOP + hour * ROW + 7, f"{hour:02d}:00", "tick end") for hour in range(0, HOURS, 6)]
    parts += [txt(days.x(c) + 1, floor + 14, days.days[c * days.per], "tick") for c in days.labelled(78)]
    return svg(WIDTH, floor + 20, f"Exchanges by hour and day, UTC; at most {count(peak)} in one cell", *parts)


def legend(exhibit: Exhibit) -> Html:
    """Show the steps of darkness with the counts where they begin."""
    days = Days.of(exhibit)
    peak = max([1, *(value for c in range(days.columns) for value in _column(exhibit, days, c))])
    starts = [max(1, math.ceil(peak * level / LEVELS)) for level in range(LEVELS)]
    keys: list[Html] = []
    for level, start in enumerate(starts):
        if level and start == starts[level - 1]:
            continue
        keys += [el("span", "", class_=f"key heat h{level + 1}"), Html(f"{count(start)}+ ")]
    return el("p", "exchanges an hour, UTC: ", *keys, class_="legend")


def _column(exhibit: Exhibit, days: Days, column: int) -> list[int]:
    rows = exhibit.hour_by_day[column * days.per : (column + 1) * days.per]
    return [sum(row[hour] for row in rows) for hour in range(HOURS)]


def _told(name: str, column: list[int]) -> str:
    most = max(column)
    return f"{name}: {count(sum(column))} exchanges, most at {column.index(most):02d}:00 ({count(most)})"


def _level(value: int, peak: int) -> int:
    """Return 1 to LEVELS, and 0 for nothing."""
    return value and min(LEVELS, LEVELS * value // peak + 1)
