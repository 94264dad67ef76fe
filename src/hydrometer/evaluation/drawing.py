"""The reliability curve and the benign accounts flagged by archetype, as one SVG."""

from __future__ import annotations

import html
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.evaluation.summary import Bin, Estimate, Summary

SIDE, LEFT, TOP, ROW = 320.0, 60.0, 50.0, 20.0
"""Of the reliability square: side and place; and the height of an archetype's row."""
BARS, BAR = 620.0, 200.0
"""Where the bars of archetypes begin, and the longest of them."""
WIDTH = 960.0
LETTERS = 22
"""Of an archetype's name that has room."""
COLOURS = {"campaigns": "#1f5f8b", "members": "#b5541c"}
STYLE = "text{font:13px sans-serif;fill:#222}.s{font-size:11px;fill:#555}.e{text-anchor:end}.m{text-anchor:middle}"


def draw(summary: Summary) -> str:
    """Return the drawing: reliability of campaigns and members on the left, honest accounts flagged on the right."""
    flagged = [(kind, e) for kind, e in summary.benign.items() if e.numerator]
    flagged.sort(key=lambda row: (-(row[1].value or 0.0), row[0]))
    height = max(TOP + SIDE + 70, TOP + ROW * (len(flagged) + 2))
    parts = [
        *_square(),
        *_curve("campaigns", summary.campaign_reliability, 0),
        *_curve("members", summary.member_reliability, 1),
        *_bars(flagged, len(summary.benign)),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_number(WIDTH)} {_number(height)}" width="{_number(WIDTH)}" role="img">'
        f"<title>Reliability, and honest accounts flagged by archetype, of {summary.worlds} worlds</title>"
        f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _square() -> list[str]:
    drawn = [
        _text(LEFT, TOP - 20, "Reliability: share that is true, by probability"),
        f'<path d="M{_x(0)} {_y(0)}H{_x(1)}V{_y(1)}H{_x(0)}Z" fill="none" stroke="#888"/>',
        f'<path d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}" stroke="#bbb" stroke-dasharray="4 4"/>',
        _text(LEFT + SIDE / 2, TOP + SIDE + 36, "probability given", "m"),
    ]
    for tenth in range(0, 11, 2):
        share = tenth / 10
        drawn += [
            _text(LEFT + share * SIDE, TOP + SIDE + 16, f"{share:g}", "s m"),
            _text(LEFT - 6, TOP + (1 - share) * SIDE + 4, f"{share:g}", "s e"),
        ]
    return drawn


def _curve(name: str, bins: Sequence[Bin], row: int) -> list[str]:
    """Join the bins that hold cases; a mark tells how many on hover."""
    colour = COLOURS[name]
    at = LEFT + row * 150
    key = [
        f'<circle cx="{_number(at + 5)}" cy="{_number(TOP + SIDE + 54)}" r="5" fill="{colour}"/>',
        _text(at + 16, TOP + SIDE + 58, f"{name}, {sum(b.cases for b in bins):,} cases"),
    ]
    held = [(b.cases, b.predicted, b.observed) for b in bins if b.predicted is not None and b.observed is not None]
    if not held:
        return key
    way = "L".join(f"{_x(predicted)} {_y(observed)}" for _, predicted, observed in held)
    marks = [
        f'<circle cx="{_x(predicted)}" cy="{_y(observed)}" r="5" fill="{colour}">'
        f"<title>{name}: {cases:,} cases, given {predicted:.3f}, true {observed:.3f}</title></circle>"
        for cases, predicted, observed in held
    ]
    return [*key, f'<path d="M{way}" fill="none" stroke="{colour}" stroke-width="2"/>', *marks]


def _bars(flagged: Sequence[tuple[str, Estimate]], archetypes: int) -> list[str]:
    left = BARS - 160
    drawn = [_text(left, TOP - 20, "Honest accounts flagged, per 100,000")]
    longest = max((estimate.value or 0.0 for _, estimate in flagged), default=0.0)
    for row, (kind, estimate) in enumerate(flagged):
        top = TOP + row * ROW
        value = estimate.value or 0.0
        told = f"{value:,.0f}: {estimate.numerator or 0:,.0f} of {estimate.denominator:,.0f}"
        drawn += [
            _text(BARS - 8, top + 13, kind if len(kind) <= LETTERS else kind[: LETTERS - 1] + "…", "e"),
            f'<rect x="{_number(BARS)}" y="{_number(top + 2)}" width="{_number(BAR * value / longest)}" height="14" fill="#777"/>',
            _text(BARS + BAR * value / longest + 6, top + 13, told, "s"),
        ]
    rest = archetypes - len(flagged)
    return [*drawn, _text(left, TOP + len(flagged) * ROW + 20, f"none flagged of {rest} archetypes", "s")]


def _x(share: float) -> str:
    return _number(LEFT + share * SIDE)


def _y(share: float) -> str:
    return _number(TOP + (1 - share) * SIDE)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _text(x: float, y: float, content: str, kind: str = "") -> str:
    """Return a line of text; characters that cannot be seen become the sign for what cannot be shown."""
    visible = "".join("\ufffd" if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Cn"} else c for c in content)
    class_ = f' class="{kind}"' if kind else ""
    return f'<text x="{_number(x)}" y="{_number(y)}"{class_}>{html.escape(visible)}</text>'
