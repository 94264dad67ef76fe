"""The drawings of a backtest, as SVG: harvest by day, and what thresholds trade."""

from __future__ import annotations

import html
from datetime import UTC, date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from hydrometer.contract import DayEffect, ThresholdEffect

WIDTH, LEFT, TOP, HEIGHT = 960.0, 70.0, 34.0, 200.0
STOPPED, WEAKENED, THROUGH, HONEST = "#1f5f8b", "#8fb7d3", "#d9d4cc", "#b5541c"
STYLE = "text{font:13px sans-serif;fill:#222}.s{font-size:11px;fill:#555}.e{text-anchor:end}.m{text-anchor:middle}"
PANEL, GAP = 210.0, 26.0
"""Size of a threshold's panel, and the space between two."""


def draw_days(days: Sequence[DayEffect], known_from: Sequence[datetime]) -> str:
    """Bars of harvest by day: stopped, answered with less, let through; above them the honest requests touched."""
    if not days:
        return "<p>No traffic.</p>"
    most = max(1.0, *(each.harvest for each in days))
    step = (WIDTH - LEFT - 20) / len(days)
    foot = TOP + HEIGHT
    parts = [
        _draw_text(LEFT, 14, "Harvest a day: stopped, answered with less, let through; a dot: honest requests touched"),
        f'<path d="M{LEFT} {TOP}V{foot}H{WIDTH - 20}" fill="none" stroke="#888"/>',
        _draw_text(LEFT - 8, TOP + 8, f"{most:,.0f}", "s e"),
        _draw_text(LEFT - 8, foot, "0", "s e"),
    ]
    for index, each in enumerate(days):
        x, at = LEFT + step * index + step * 0.1, foot
        for amount, colour in (
            (each.stopped, STOPPED),
            (each.weakened, WEAKENED),
            (each.harvest - each.stopped - each.weakened, THROUGH),
        ):
            tall = max(0.0, amount) / most * HEIGHT
            if tall > 0.05:
                at -= tall
                parts.append(
                    f'<rect x="{x:.1f}" y="{at:.1f}" width="{step * 0.8:.1f}" height="{tall:.1f}" fill="{colour}">'
                    f"<title>{each.day}: {amount:,.0f} of {each.harvest:,.0f}</title></rect>"
                )
        if each.honest_touched:
            parts.append(
                f'<circle cx="{x + step * 0.4:.1f}" cy="{TOP + 4}" r="4" fill="{HONEST}">'
                f"<title>{each.day}: {each.honest_touched:,.0f} of {each.honest:,.0f} honest requests touched</title></circle>"
            )
        if index % max(1, len(days) // 10) == 0:
            parts.append(_draw_text(x + step * 0.4, foot + 16, each.day[5:], "s m"))
    first = date.fromisoformat(days[0].day)
    for when in known_from:
        moment = when.astimezone(UTC)
        x = LEFT + step * ((moment.date() - first).days + (moment.hour * 60 + moment.minute) / 1440)
        if LEFT <= x <= WIDTH - 20:
            parts.append(f'<path d="M{x:.1f} {TOP}V{foot}" stroke="#222" stroke-dasharray="4 3"/>')
            parts.append(_draw_text(x, foot + 32, "known", "s m"))
    return _wrap_svg(WIDTH, foot + 42, "Harvest by day and what became of it", parts)


def draw_thresholds(effects: Sequence[ThresholdEffect]) -> str:
    """A panel a rule: over the threshold, the share of harvest stopped or weakened and the honest requests touched."""
    rules = list(dict.fromkeys(each.rule for each in effects))
    most = max(1.0, *(each.honest_requests for each in effects))
    across = 4
    rows = -(-len(rules) // across)
    parts = []
    for index, rule in enumerate(rules):
        x, y = 30 + (index % across) * (PANEL + GAP), 30 + (index // across) * (PANEL + 50)
        own = [each for each in effects if each.rule == rule]
        parts += [
            _draw_text(x, y - 10, rule if len(rule) <= 30 else rule[:29] + "…"),
            f'<path d="M{x} {y}V{y + PANEL - 40}H{x + PANEL - 20}" fill="none" stroke="#888"/>',
        ]
        for values, colour, title in (
            ([each.stopped + each.weakened for each in own], STOPPED, "harvest stopped or weakened"),
            ([each.honest_requests / most for each in own], HONEST, f"honest requests touched, of {most:,.0f}"),
        ):
            points = " ".join(
                f"{_scale_threshold(x, each.threshold):.1f},{_scale_share(y, value):.1f}"
                for each, value in zip(own, values, strict=True)
            )
            parts.append(
                f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"><title>{title}</title></polyline>'
            )
        for each in own:
            if each.current:
                at = _scale_threshold(x, each.threshold)
                parts.append(f'<path d="M{at:.1f} {y}V{y + PANEL - 40}" stroke="#222" stroke-dasharray="4 3"/>')
        parts += [_draw_text(_scale_threshold(x, t), y + PANEL - 24, f"{t:g}", "s m") for t in (0.5, 0.7, 0.9)]
    parts.append(
        _draw_text(
            30,
            30 + rows * (PANEL + 50) - 20,
            "blue: share of the harvest stopped or answered with less; brown: honest requests touched, of the most in "
            f"any panel ({most:,.0f}); dashed: the policy",
            "s",
        )
    )
    return _wrap_svg(WIDTH, 30 + rows * (PANEL + 50), "What another threshold would do", parts)


def _scale_threshold(x: float, threshold: float) -> float:
    return x + (min(1.0, max(0.4, threshold)) - 0.4) / 0.6 * (PANEL - 20)


def _scale_share(y: float, value: float) -> float:
    return y + (PANEL - 40) * (1 - min(1.0, max(0.0, value)))


def _draw_text(x: float, y: float, text: str, kind: str = "") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}"{f" class={chr(34)}{kind}{chr(34)}" if kind else ""}>{html.escape(text)}</text>'
    )


def _wrap_svg(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" role="img">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style>{''.join(parts)}</svg>"
    )
