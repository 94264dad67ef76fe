"""The reliability curve and the benign accounts flagged by archetype, as one SVG."""

from __future__ import annotations

import html
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.lab.evaluation import Estimate, EvaluationSummary, ReliabilityBin

SIDE, LEFT, TOP, ROW = 320.0, 60.0, 50.0, 20.0
"""Of the reliability square: side and place; and the height of an archetype's row."""
BARS, BAR = 620.0, 200.0
"""Where the bars of archetypes begin, and the longest of them."""
WIDTH = 960.0
LETTERS = 22
"""Of an archetype's name that has room."""
COLOURS = {"campaigns": "#1f5f8b", "members": "#b5541c"}
STYLE = "text{font:13px sans-serif;fill:#222}.s{font-size:11px;fill:#555}.e{text-anchor:end}.m{text-anchor:middle}"


def draw_evaluation(summary: EvaluationSummary) -> str:
    """Return the drawing: reliability of campaigns and members on the left, honest accounts flagged on the right."""
    flagged = [(kind, e) for kind, e in summary.benign.items() if e.numerator]
    flagged.sort(key=lambda row: (-(row[1].value or 0.0), row[0]))
    height = max(TOP + SIDE + 70, TOP + ROW * (len(flagged) + 2))
    parts = [
        *_draw_square(),
        *_draw_curve("campaigns", summary.campaign_reliability, 0),
        *_draw_curve("members", summary.member_reliability, 1),
        *_draw_bars(flagged, len(summary.benign)),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_format_number(WIDTH)} {_format_number(height)}" width="{_format_number(WIDTH)}" role="img">'
        f"<title>Reliability, and honest accounts flagged by archetype, of {summary.worlds} worlds</title>"
        f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _draw_square() -> list[str]:
    drawn = [
        _render_text(LEFT, TOP - 20, "Reliability: share that is true, by probability"),
        f'<path d="M{_scale_x(0)} {_scale_y(0)}H{_scale_x(1)}V{_scale_y(1)}H{_scale_x(0)}Z" fill="none" stroke="#888"/>',
        f'<path d="M{_scale_x(0)} {_scale_y(0)}L{_scale_x(1)} {_scale_y(1)}" stroke="#bbb" stroke-dasharray="4 4"/>',
        _render_text(LEFT + SIDE / 2, TOP + SIDE + 36, "probability given", "m"),
    ]
    for tenth in range(0, 11, 2):
        share = tenth / 10
        drawn += [
            _render_text(LEFT + share * SIDE, TOP + SIDE + 16, f"{share:g}", "s m"),
            _render_text(LEFT - 6, TOP + (1 - share) * SIDE + 4, f"{share:g}", "s e"),
        ]
    return drawn


def _draw_curve(name: str, bins: Sequence[ReliabilityBin], row: int) -> list[str]:
    """Join the bins that hold cases; a mark tells how many on hover."""
    colour = COLOURS[name]
    at = LEFT + row * 150
    key = [
        f'<circle cx="{_format_number(at + 5)}" cy="{_format_number(TOP + SIDE + 54)}" r="5" fill="{colour}"/>',
        _render_text(at + 16, TOP + SIDE + 58, f"{name}, {sum(b.cases for b in bins):,} cases"),
    ]
    points = [(b.cases, b.predicted, b.observed) for b in bins if b.predicted is not None and b.observed is not None]
    if not points:
        return key
    way = "L".join(f"{_scale_x(predicted)} {_scale_y(observed)}" for _, predicted, observed in points)
    marks = [
        f'<circle cx="{_scale_x(predicted)}" cy="{_scale_y(observed)}" r="5" fill="{colour}">'
        f"<title>{name}: {cases:,} cases, given {predicted:.3f}, true {observed:.3f}</title></circle>"
        for cases, predicted, observed in points
    ]
    return [*key, f'<path d="M{way}" fill="none" stroke="{colour}" stroke-width="2"/>', *marks]


def _draw_bars(flagged: Sequence[tuple[str, Estimate]], archetypes: int) -> list[str]:
    left = BARS - 160
    drawn = [_render_text(left, TOP - 20, "Honest accounts flagged, per 100,000")]
    longest = max((estimate.value or 0.0 for _, estimate in flagged), default=0.0)
    for row, (kind, estimate) in enumerate(flagged):
        top = TOP + row * ROW
        value = estimate.value or 0.0
        label = f"{value:,.0f}: {estimate.numerator or 0:,.0f} of {estimate.denominator:,.0f}"
        drawn += [
            _render_text(BARS - 8, top + 13, kind if len(kind) <= LETTERS else kind[: LETTERS - 1] + "…", "e"),
            f'<rect x="{_format_number(BARS)}" y="{_format_number(top + 2)}" width="{_format_number(BAR * value / longest)}" height="14" fill="#777"/>',
            _render_text(BARS + BAR * value / longest + 6, top + 13, label, "s"),
        ]
    rest = archetypes - len(flagged)
    return [*drawn, _render_text(left, TOP + len(flagged) * ROW + 20, f"none flagged of {rest} archetypes", "s")]


def _scale_x(share: float) -> str:
    return _format_number(LEFT + share * SIDE)


def _scale_y(share: float) -> str:
    return _format_number(TOP + (1 - share) * SIDE)


def _format_number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _render_text(x: float, y: float, content: str, kind: str = "") -> str:
    """Return a line of text; characters that cannot be seen become the sign for what cannot be shown."""
    visible = "".join("\ufffd" if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Cn"} else c for c in content)
    class_ = f' class="{kind}"' if kind else ""
    return f'<text x="{_format_number(x)}" y="{_format_number(y)}"{class_}>{html.escape(visible)}</text>'
