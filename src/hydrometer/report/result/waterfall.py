"""How the evidence adds up: bits from the starting odds to the probability."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydrometer.contract import FAMILIES, describe_probability
from hydrometer.report.kit.axes import WIDTH, compute_ticks
from hydrometer.report.kit.drawing_elements import draw_line, draw_rectangle, draw_text, frame_drawing
from hydrometer.report.kit.formatting import (
    FAMILY_NAMES,
    compute_log_odds,
    format_bits,
    format_probability,
    format_statistic,
    shorten_text,
)
from hydrometer.report.kit.markup import Html, element

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydrometer.contract import Campaign

STEP_ROW = 24.0
LEFT, RIGHT = 545.0, 895.0
"""Where the bars may lie."""
LETTERS = 68
"""Most letters of a statement in the room before the bars."""
NEGLIGIBLE = 0.05
"""Bits below which a step is not drawn."""


@dataclass(frozen=True)
class WaterfallStep:
    """One bar: from the sum before it to the sum after it, in bits."""

    group: str
    """What stands before the first row of its kind: Content, Harvest, Against, …"""
    kind: str
    """Its colour: a family, or `start`, `against`, `calibration`, `result`."""
    label: str
    before: float
    after: float
    uncapped_bits: float
    """Bits before the cap on its family."""

    @property
    def change(self) -> float:
        """Bits that count."""
        return self.after - self.before


def build_steps(campaign: Campaign, calibration: Mapping[str, object]) -> list[WaterfallStep]:
    """Return the bars from the starting odds to the campaign's probability; they always add up.

    Of `calibration`, `prior_bits` is the log-odds of a group before any evidence, and `family_caps` the most bits that
    count of each family, and of `harvest` in all. What evidence, caps and prior do not explain is the calibration's
    doing, and is drawn as such.
    """
    prior = calibration.get("prior_bits")
    end = compute_log_odds(campaign.probability)
    contributions = _apply_caps(campaign, calibration.get("family_caps"))
    contributions += [
        ("Against", "against", c.statement, -abs(c.bits), -abs(c.bits))
        for c in campaign.counter_evidence
        if abs(c.bits) >= NEGLIGIBLE
    ]
    rest = end - sum(entry[3] for entry in contributions)
    if isinstance(prior, int | float):
        contributions.insert(0, ("Before", "start", "Starting odds of any group", prior, prior))
        if abs(rest - prior) >= NEGLIGIBLE:
            contributions.append(("After", "calibration", "Calibration", rest - prior, rest - prior))
    else:
        contributions.insert(
            0, ("Before", "start", "What a group must overcome: starting odds and calibration", rest, rest)
        )
    drawn: list[WaterfallStep] = []
    level = 0.0
    for group, kind, label, change, uncapped_bits in contributions:
        drawn.append(WaterfallStep(group, kind, label, level, level + change, uncapped_bits))
        level += change
    result = f"{format_probability(campaign.probability)} – {describe_probability(campaign.probability)}"
    return [*drawn, WaterfallStep("Result", "result", result, 0.0, end, end)]


def draw_waterfall(campaign: Campaign, calibration: Mapping[str, object]) -> Html:
    """Draw one row a step: family, statement, bar, bits that count, and bits found where a cap took some."""
    drawn = build_steps(campaign, calibration)
    low = min(0.0, *(min(step.before, step.after) for step in drawn))
    high = max(0.0, *(max(step.before, step.after) for step in drawn))
    unit = (RIGHT - LEFT) / max(high - low, 1.0)

    def x(value: float) -> float:
        return LEFT + (value - low) * unit

    top, floor = 24.0, 24.0 + STEP_ROW * len(drawn)
    parts: list[Html] = []
    for value in compute_ticks(low, high, 6):
        parts += [
            draw_line(x(value), top - 4, x(value), floor, "grid"),
            draw_text(x(value), top - 10, format_statistic(value), "tick mid"),
        ]
    parts += [draw_line(x(0), top - 4, x(0), floor, "axis"), draw_text(WIDTH - 2, top - 10, "bits", "tick end")]
    previous = ""
    for index, step in enumerate(drawn):
        y = top + index * STEP_ROW
        if step.group != previous:
            parts += [draw_line(0, y, WIDTH, y, "rule")] if index else []
            parts.append(draw_text(0, y + 16, step.group, f"family {step.kind}"))
            previous = step.group
        strong = " strong" if step.kind in {"start", "result"} else ""
        left, width = x(min(step.before, step.after)), max(abs(step.change) * unit, 1.5)
        parts += [
            _draw_statement(step.label, y + 16, f"said{strong}"),
            draw_rectangle(left, y + 5, width, STEP_ROW - 10, f"fill {step.kind}"),
            draw_text(WIDTH - 2, y + 16, _format_step(step), f"value end{strong}"),
        ]
        if index < len(drawn) - 1:
            parts.append(draw_line(x(step.after), y + 5, x(step.after), y + STEP_ROW + 5, "tie"))
    label = f"Evidence in bits from the starting odds to a probability of {format_probability(campaign.probability)}"
    return frame_drawing(WIDTH, floor + 6, label, *parts)


def has_capped_bits(campaign: Campaign, calibration: Mapping[str, object]) -> bool:
    """Return whether a cap took some bits."""
    return any(step.uncapped_bits - step.change >= NEGLIGIBLE for step in build_steps(campaign, calibration))


def _apply_caps(campaign: Campaign, caps: object) -> list[tuple[str, str, str, float, float]]:
    """Return (group, kind, statement, bits that count, bits found): families first, then the harvest tests."""
    rooms = {key: float(value) for key, value in caps.items()} if isinstance(caps, dict) else {}
    order = {family: index for index, family in enumerate(FAMILIES)}
    contributions = []
    for evidence in sorted(
        campaign.evidence, key=lambda e: (e.axis == "harvest", order.get(e.family, len(order)), -e.bits, e.signal)
    ):
        key = "harvest" if evidence.axis == "harvest" else evidence.family
        room = rooms.get(key, math.inf)
        counts = min(evidence.bits, room)
        rooms[key] = room - max(counts, 0.0)
        group = "Harvest" if key == "harvest" else FAMILY_NAMES.get(key, key)
        contributions.append((group, evidence.family, evidence.statement, counts, evidence.bits))
    return contributions


def _format_step(step: WaterfallStep) -> str:
    cut = step.uncapped_bits - step.change >= NEGLIGIBLE
    return f"{format_bits(step.change)} of {step.uncapped_bits:.1f}" if cut else format_bits(step.change)


def _draw_statement(label: str, y: float, class_: str) -> Html:
    """Return a statement, with the whole of it on hover where it was cut."""
    short = shorten_text(label, LETTERS)
    statement = draw_text(112, y, short, class_)
    return statement if short == label else element("g", element("title", label), statement)
