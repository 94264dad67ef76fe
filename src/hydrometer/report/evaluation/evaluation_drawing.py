"""The reliability curve and the benign accounts flagged by archetype, as one SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.report.kit.drawing_elements import (
    draw_circle,
    draw_line,
    draw_path,
    draw_rectangle,
    draw_text,
    frame_figure,
)
from hydrometer.report.kit.formatting import format_count, shorten_text
from hydrometer.report.kit.markup import Html, element
from hydrometer.report.kit.page_frame import read_asset

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.contract import EvaluationSummary, MeasureEstimate, ReliabilityBin

SIDE, LEFT, TOP = 320.0, 60.0, 50.0
"""Of the reliability square: its side and its corner."""
ROW = 20.0
"""Height of an archetype's row."""
NAMES, BARS, BAR = 460.0, 620.0, 200.0
"""Where the part on archetypes begins, where its bars do, and the longest of them."""
WIDTH = 960.0
LETTERS = 22
"""Of an archetype's name that has room."""


def draw_evaluation(summary: EvaluationSummary) -> str:
    """Return the drawing: reliability of campaigns and members on the left, honest accounts flagged on the right."""
    flagged = [(kind, e) for kind, e in summary.benign.items() if e.numerator]
    flagged.sort(key=lambda row: (-(row[1].value or 0.0), row[0]))
    height = max(TOP + SIDE + 70, TOP + ROW * (len(flagged) + 2))
    drawing = frame_figure(
        WIDTH,
        height,
        f"Reliability, and honest accounts flagged by archetype, of {summary.worlds} worlds",
        *_draw_square(),
        *_draw_curve("campaigns", summary.campaign_reliability, LEFT),
        *_draw_curve("members", summary.member_reliability, LEFT + 150),
        *_draw_bars(flagged, len(summary.benign)),
        style=read_asset("hydrometer.report.evaluation", "evaluation.css"),
    )
    return f"{drawing}\n"


def _scale_reliability(predicted: float, observed: float) -> tuple[float, float]:
    """Return where a probability and the share that came true stand in the square."""
    return LEFT + predicted * SIDE, TOP + (1 - observed) * SIDE


def _draw_square() -> list[Html]:
    right, floor = _scale_reliability(1, 0)
    drawn = [
        draw_text(LEFT, TOP - 20, "Reliability: share that is true, by probability"),
        draw_rectangle(LEFT, TOP, SIDE, SIDE, "square"),
        draw_line(LEFT, floor, right, TOP, "bound"),
        draw_text(LEFT + SIDE / 2, floor + 36, "probability given", "mid"),
    ]
    for share in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        x, y = _scale_reliability(share, share)
        drawn += [
            draw_text(x, floor + 16, f"{share:g}", "tick mid"),
            draw_text(LEFT - 6, y + 4, f"{share:g}", "tick end"),
        ]
    return drawn


def _draw_curve(name: str, bins: Sequence[ReliabilityBin], left: float) -> list[Html]:
    """Join the bins that hold cases; a mark tells how many on hover, and the key in all."""
    foot = TOP + SIDE + 54
    key = [
        draw_circle(left + 5, foot, 5, f"mark {name}"),
        draw_text(left + 16, foot + 4, f"{name}, {format_count(sum(b.cases for b in bins))} cases"),
    ]
    points = [(b.cases, b.predicted, b.observed) for b in bins if b.predicted is not None and b.observed is not None]
    if not points:
        return key
    curve = draw_path([_scale_reliability(predicted, observed) for _, predicted, observed in points], f"curve {name}")
    marks = [
        draw_circle(
            *_scale_reliability(predicted, observed),
            5,
            f"mark {name}",
            element("title", f"{name}: {format_count(cases)} cases, given {predicted:.3f}, true {observed:.3f}"),
        )
        for cases, predicted, observed in points
    ]
    return [*key, curve, *marks]


def _draw_bars(flagged: Sequence[tuple[str, MeasureEstimate]], archetypes: int) -> list[Html]:
    drawn = [draw_text(NAMES, TOP - 20, "Honest accounts flagged, per 100,000")]
    longest = max((estimate.value or 0.0 for _, estimate in flagged), default=0.0)
    for row, (kind, estimate) in enumerate(flagged):
        top = TOP + row * ROW
        value = estimate.value or 0.0
        counts = f"{format_count(estimate.numerator or 0)} of {format_count(estimate.denominator)}"
        drawn += [
            draw_text(BARS - 8, top + 13, shorten_text(kind, LETTERS), "end"),
            draw_rectangle(BARS, top + 2, BAR * value / longest, 14, "bar"),
            draw_text(BARS + BAR * value / longest + 6, top + 13, f"{format_count(value)}: {counts}", "small"),
        ]
    rest = archetypes - len(flagged)
    note = f"none flagged of {rest} archetypes"
    return [*drawn, draw_text(NAMES, TOP + len(flagged) * ROW + 20, note, "small")]
