"""Exchanges by day: the harvest and the rest, with the releases of models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.report.kit.axes import WIDTH, DayAxis, compute_ticks
from hydrometer.report.kit.drawing_elements import draw_line, draw_text, frame_drawing
from hydrometer.report.kit.formatting import format_count
from hydrometer.report.kit.markup import Html, element, shorten_number

if TYPE_CHECKING:
    from hydrometer.contract import CampaignExhibit

PLOT = 130.0
"""Height of the bars."""
FLAG = 16.0
"""Height of one row of release flags."""
LETTER = 6.6
"""Width of a letter of a flag."""


def draw_timeline(exhibit: CampaignExhibit) -> Html:
    """Draw stacked bars, one a day (or a few days, when there are many), and a flag for each release."""
    days = DayAxis.of(exhibit)
    flags, rows = _draw_flags(exhibit, days)
    top = 8 + rows * FLAG
    harvested = days.sum_by_column(exhibit.harvested_by_day)
    total = [max(a, h) for a, h in zip(days.sum_by_column(exhibit.exchanges_by_day), harvested, strict=True)]
    peak = max([1, *total])
    floor = top + PLOT
    scale = PLOT / peak
    parts: list[Html] = []
    for value in compute_ticks(0, peak, 3):
        y = floor - value * scale
        parts += [
            draw_line(days.left, y, days.right, y, "grid"),
            draw_text(days.left - 8, y + 4, format_count(value), "tick end"),
        ]
    others = [(c, h * scale, (a - h) * scale) for c, (a, h) in enumerate(zip(total, harvested, strict=True)) if a > h]
    ours = [(c, 0.0, h * scale) for c, h in enumerate(harvested) if h]
    hover_texts = [
        f"{days.column_name(c)}: {format_count(h)} harvested of {format_count(a)} exchanges"
        for c, (a, h) in enumerate(zip(total, harvested, strict=True))
    ]
    parts += [
        element(
            "g",
            element("path", d=_build_bar_path(others), class_="bars other"),
            element("path", d=_build_bar_path(ours), class_="bars harvest"),
            days.hover_areas(-PLOT, PLOT, hover_texts),
            transform=days.grid(floor),
        ),
        draw_line(days.left, floor, days.right, floor, "axis"),
        *(
            draw_text(days.x(c) + 1, floor + 16, days.days[c * days.days_per_column], "tick")
            for c in days.labelled_columns(78)
        ),
        *flags,
    ]
    label = f"Exchanges by day, at most {format_count(peak)}; {format_count(sum(harvested))} harvested of {format_count(sum(total))}"
    return frame_drawing(WIDTH, floor + 22, label, *parts)


def _build_bar_path(bars: list[tuple[int, float, float]]) -> Html:
    """Return the path of upright strokes (column, where it starts above the floor, its height)."""
    return Html(
        "".join(f"M{column}.5 {shorten_number(-start)}v{shorten_number(-height)}" for column, start, height in bars)
    )


def render_timeline_legend(exhibit: CampaignExhibit) -> Html:
    """Return the names of the two parts of the bars, and of the flags when there are some."""
    per = DayAxis.of(exhibit).days_per_column
    return element(
        "p",
        element("span", "", class_="key harvest"),
        "carries the campaign’s demand ",
        element("span", "", class_="key other"),
        "the accounts’ other exchanges",
        Html(f" · {per} days a column") if per > 1 else None,
        " · flags: models released" if exhibit.releases else None,
        class_="legend",
    )


def _draw_flags(exhibit: CampaignExhibit, days: DayAxis) -> tuple[list[Html], int]:
    """Return the flags and how many rows they need so that none covers another."""
    ends: list[float] = []
    placed: list[tuple[float, int, str, bool]] = []
    for model, moment in sorted(exhibit.releases, key=lambda release: (release[1], release[0])):
        x = days.position(moment)
        if x is None:
            continue
        width = len(model) * LETTER + 10
        left_of = x + width > days.right
        start = x - width if left_of else x
        row = next((r for r, end in enumerate(ends) if end <= start), len(ends))
        if row == len(ends):
            ends.append(0.0)
        ends[row] = start + width
        placed.append((x, row, model, left_of))
    floor = 8 + len(ends) * FLAG + PLOT
    drawn: list[Html] = []
    for x, row, model, left_of in placed:
        y = 8 + row * FLAG
        drawn += [
            draw_line(x, y, x, floor, "release"),
            draw_text(x - 5 if left_of else x + 5, y + 10, model, "flag end" if left_of else "flag"),
        ]
    return drawn, len(ends)


def draw_sparkline(values: list[int], width: float = 120.0, height: float = 22.0) -> Html:
    """Draw a line of a table: counts as a small area without axes."""
    peak = max([1, *values])
    step = width / max(1, len(values))
    tops = [shorten_number(height - value / peak * (height - 1)) for value in values]
    outline = "".join(f"H{shorten_number(index * step)}V{top}" for index, top in enumerate(tops))
    return element(
        "svg",
        element(
            "path", d=Html(f"M0 {shorten_number(height)}{outline}H{shorten_number(width)}V{shorten_number(height)}Z")
        ),
        viewBox=f"0 0 {shorten_number(width)} {shorten_number(height)}",
        width=shorten_number(width),
        height=shorten_number(height),
        class_="spark",
        aria_hidden="true",
    )
