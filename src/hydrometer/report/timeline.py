"""Exchanges by day: the harvest and the rest, with the releases of models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.report.markup import Html, el, line, num, svg, txt
from hydrometer.report.scale import WIDTH, Days, ticks
from hydrometer.report.words import count

if TYPE_CHECKING:
    from hydrometer.contract.results import Exhibit

PLOT = 130.0
"""Height of the bars."""
FLAG = 16.0
"""Height of one row of release flags."""
LETTER = 6.6
"""Width of a letter of a flag."""


def timeline(exhibit: Exhibit) -> Html:
    """Draw stacked bars, one a day (or a few days, when there are many), and a flag for each release."""
    days = Days.of(exhibit)
    flags, rows = _flags(exhibit, days)
    top = 8 + rows * FLAG
    harvested = days.summed(exhibit.harvested_by_day)
    total = [max(a, h) for a, h in zip(days.summed(exhibit.exchanges_by_day), harvested, strict=True)]
    peak = max([1, *total])
    floor = top + PLOT
    scale = PLOT / peak
    parts: list[Html] = []
    for value in ticks(0, peak, 3):
        y = floor - value * scale
        parts += [line(days.left, y, days.right, y, "grid"), txt(days.left - 8, y + 4, count(value), "tick end")]
    others = [(c, h * scale, (a - h) * scale) for c, (a, h) in enumerate(zip(total, harvested, strict=True)) if a > h]
    ours = [(c, 0.0, h * scale) for c, h in enumerate(harvested) if h]
    told = [
        f"{days.name(c)}: {count(h)} harvested of {count(a)} exchanges"
        for c, (a, h) in enumerate(zip(total, harvested, strict=True))
    ]
    parts += [
        el(
            "g",
            el("path", d=_bars(others), class_="bars other"),
            el("path", d=_bars(ours), class_="bars harvest"),
            days.hovered(-PLOT, PLOT, told),
            transform=days.grid(floor),
        ),
        line(days.left, floor, days.right, floor, "axis"),
        *(txt(days.x(c) + 1, floor + 16, days.days[c * days.per], "tick") for c in days.labelled(78)),
        *flags,
    ]
    label = f"Exchanges by day, at most {count(peak)}; {count(sum(harvested))} harvested of {count(sum(total))}"
    return svg(WIDTH, floor + 22, label, *parts)


def _bars(bars: list[tuple[int, float, float]]) -> Html:
    """Return the path of upright strokes (column, where it starts above the floor, its height)."""
    return Html("".join(f"M{column}.5 {num(-start)}v{num(-height)}" for column, start, height in bars))


def legend(exhibit: Exhibit) -> Html:
    """Name the two parts of the bars, and the flags when there are some."""
    per = Days.of(exhibit).per
    return el(
        "p",
        el("span", "", class_="key harvest"),
        "carries the campaign’s demand ",
        el("span", "", class_="key other"),
        "the accounts’ other exchanges",
        Html(f" · {per} days a column") if per > 1 else None,
        " · flags: models released" if exhibit.releases else None,
        class_="legend",
    )


def _flags(exhibit: Exhibit, days: Days) -> tuple[list[Html], int]:
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
            line(x, y, x, floor, "release"),
            txt(x - 5 if left_of else x + 5, y + 10, model, "flag end" if left_of else "flag"),
        ]
    return drawn, len(ends)


def spark(values: list[int], width: float = 120.0, height: float = 22.0) -> Html:
    """Draw a line of a table: counts as a small area without axes."""
    peak = max([1, *values])
    step = width / max(1, len(values))
    tops = [num(height - value / peak * (height - 1)) for value in values]
    outline = "".join(f"H{num(index * step)}V{top}" for index, top in enumerate(tops))
    return el(
        "svg",
        el("path", d=Html(f"M0 {num(height)}{outline}H{num(width)}V{num(height)}Z")),
        viewBox=f"0 0 {num(width)} {num(height)}",
        width=num(width),
        height=num(height),
        class_="spark",
        aria_hidden="true",
    )
