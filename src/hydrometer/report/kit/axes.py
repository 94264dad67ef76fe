"""Axes: round tick values, and days in columns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydrometer.report.kit.markup import Html, element, shorten_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.contract import CampaignExhibit

WIDTH = 1000.0
"""Width of a drawing; one unit is a CSS pixel at full width."""

MOST_DAY_COLUMNS = 92
"""Most columns of days; a longer span is drawn in columns of several days."""


def compute_ticks(low: float, high: float, about: int = 6) -> list[float]:
    """Return some `about` round values from `low` to `high`, both included where they are round."""
    span = high - low
    if span <= 0:
        return [low]
    raw = span / about
    magnitude = 10 ** math.floor(math.log10(raw))
    step = next((m * magnitude for m in (1, 2, 2.5, 5) if m * magnitude >= raw * 0.999), 10 * magnitude)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(index * step, 10) for index in range(first, last + 1)]


@dataclass(frozen=True)
class DayAxis:
    """The days of a campaign on a horizontal axis, `days_per_column` days a column."""

    days: Sequence[str]
    days_per_column: int
    left: float = 62.0
    right: float = WIDTH - 8.0

    @classmethod
    def of(cls, exhibit: CampaignExhibit) -> DayAxis:
        """Return the axis of a campaign's days, in as few columns as fit."""
        return cls(exhibit.days, max(1, math.ceil(len(exhibit.days) / MOST_DAY_COLUMNS)))

    @property
    def columns(self) -> int:
        """Number of columns."""
        return math.ceil(len(self.days) / self.days_per_column)

    @property
    def step(self) -> float:
        """Width of a column."""
        return (self.right - self.left) / max(1, self.columns)

    def x(self, column: int) -> float:
        """Return the left edge of a column."""
        return self.left + column * self.step

    def column_name(self, column: int) -> str:
        """Return the date of a column, or its first and last date."""
        first, last = (
            self.days[column * self.days_per_column],
            self.days[min(len(self.days), (column + 1) * self.days_per_column) - 1],
        )
        return first if first == last else f"{first} to {last}"

    def sum_by_column(self, by_day: Sequence[int]) -> list[int]:
        """Return a count by day as a count by column."""
        return [sum(by_day[c * self.days_per_column : (c + 1) * self.days_per_column]) for c in range(self.columns)]

    def position(self, moment: str) -> float | None:
        """Return where an ISO time stands, or None where it is outside the days."""
        if moment[:10] not in self.days:
            return None
        hour = int(moment[11:13]) if moment[11:13].isdigit() else 0
        return self.left + (self.days.index(moment[:10]) + hour / 24) / self.days_per_column * self.step

    def grid(self, y: float, row: float = 1.0) -> Html:
        """Return the transform to a grid whose unit is one column across and `row` down from `y`."""
        return Html(
            f"translate({shorten_number(self.left)} {shorten_number(y)}) scale({shorten_number(self.step, 3)} {shorten_number(row)})"
        )

    def hover_areas(self, top: float, height: float, hover_texts: Sequence[str]) -> Html:
        """Return an invisible area for each column of the grid, with its text under the pointer."""
        areas = (
            element(
                "path",
                element("title", text),
                d=Html(f"M{column} {shorten_number(top)}h1v{shorten_number(height)}h-1z"),
            )
            for column, text in enumerate(hover_texts)
        )
        return element("g", *areas, class_="hover")

    def labelled_columns(self, room: float = 64.0) -> list[int]:
        """Return the columns whose date is written, at least `room` apart."""
        every = max(1, math.ceil(room / self.step))
        return list(range(0, self.columns, every))
