"""Coordination against harvest: every group that was tested, accepted or not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hydrometer.report.kit.axes import WIDTH, compute_ticks
from hydrometer.report.kit.drawing_elements import draw_line, draw_rectangle, draw_text, frame_drawing
from hydrometer.report.kit.formatting import (
    VERDICTS,
    format_count,
    format_probability,
    format_quantity,
    format_statistic,
    shorten_text,
)
from hydrometer.report.kit.markup import Html, element, shorten_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hydrometer.contract import CandidateGroup

    Scale = Callable[[float], float]

LEFT, RIGHT, TOP, FLOOR = 62.0, WIDTH - 16.0, 14.0, 414.0
HEIGHT = FLOOR + 44
SMALLEST, LARGEST = 4.0, 20.0
"""Radius of a group of two accounts and of the biggest group."""
FULL = 1.06
"""End of an axis whose scores go from 0 to 1."""
NAMED_REJECTED = 6
"""Most rejected groups that carry their name."""
MOST_HOVERED = 800
"""Most groups with a mark of their own; smaller ones are dots of one path."""
LETTER, LINE = 6.9, 15.0
"""Room of a letter and of a line of a name."""
REGIONS = {
    (1, 1): "coordinated harvest",
    (0, 1): "harvest, no one hand behind it",
    (1, 0): "one hand, no harvest",
    (0, 0): "ordinary traffic",
}

Box = tuple[float, float, float, float]


def draw_candidate_scatter(candidates: list[CandidateGroup], thresholds: Mapping[str, float]) -> Html:
    """Draw each group at its coordination and harvest scores, its mark by verdict and its size by accounts.

    The scores are drawn on their own scale: 0 to 1 where none is larger, else in bits up to the greatest.
    """
    ordered = sorted(candidates, key=lambda c: (-c.accounts, c.id))
    x_low, x_high = _compute_axis_range([c.coordination for c in ordered], thresholds.get("coordination"))
    y_low, y_high = _compute_axis_range([c.harvest for c in ordered], thresholds.get("harvest"))

    def x(value: float) -> float:
        return LEFT + (value - x_low) / (x_high - x_low) * (RIGHT - LEFT)

    def y(value: float) -> float:
        return FLOOR - (value - y_low) / (y_high - y_low) * (FLOOR - TOP)

    parts = _draw_regions(thresholds, x, y) if {"coordination", "harvest"} <= thresholds.keys() else []
    for value in compute_ticks(x_low, x_high, 8):
        tick_label = draw_text(x(value), FLOOR + 18, format_statistic(value), "tick mid")
        parts += [draw_line(x(value), FLOOR, x(value), FLOOR + 5, "axis"), tick_label]
    for value in compute_ticks(y_low, y_high, 6):
        tick_label = draw_text(LEFT - 9, y(value) + 4, format_statistic(value), "tick end")
        parts += [draw_line(LEFT - 5, y(value), LEFT, y(value), "axis"), tick_label]
    unit = "" if max(x_high, y_high) <= FULL else ", bits"
    upright = f"translate(13 {shorten_number(TOP)}) rotate(-90)"
    parts += [
        draw_line(LEFT, FLOOR, RIGHT, FLOOR, "axis"),
        draw_line(LEFT, TOP, LEFT, FLOOR, "axis"),
        draw_text(RIGHT, FLOOR + 38, f"coordination: one hand behind the accounts{unit} →", "name end"),
        draw_text(0, 0, f"harvest: outputs gathered for training{unit} →", "name end", transform=upright),
    ]
    biggest = max([2, *(c.accounts for c in ordered)])
    if len(ordered) > MOST_HOVERED:
        dots = "".join(
            f"M{shorten_number(x(c.coordination))} {shorten_number(y(c.harvest))}h0" for c in ordered[MOST_HOVERED:]
        )
        parts.append(element("path", d=Html(dots), class_="dots"))
    for c in ordered[:MOST_HOVERED]:
        parts.append(_draw_mark(c, x(c.coordination), y(c.harvest), _compute_radius(c.accounts, biggest)))
    parts += _draw_names(_select_labelled(ordered), x, y, biggest)
    return frame_drawing(
        WIDTH, HEIGHT, f"{format_quantity(len(ordered), 'candidate group')} by coordination and harvest", *parts
    )


def render_scatter_legend(candidates: list[CandidateGroup]) -> Html:
    """Return the marks with the number of groups of each verdict."""
    keys: list[Html] = []
    for verdict, name in VERDICTS.items():
        number = sum(c.verdict == verdict for c in candidates)
        mark = element(
            "svg", _draw_shape(verdict, 8, 8, 6), viewBox="0 0 16 16", width="14", height="14", aria_hidden="true"
        )
        keys += [element("span", mark, f" {name} {number}", class_="mark-key")]
    more = len(candidates) - MOST_HOVERED
    rest = f" · the {format_quantity(more, 'smallest group')} as dots" if more > 0 else ""
    return element("p", *keys, f" · area by accounts{rest}", class_="legend")


def _compute_axis_range(values: list[float], threshold: float | None) -> tuple[float, float]:
    points = [0.0, *values, *([] if threshold is None else [threshold])]
    low, high = min(points), max(points)
    if low >= 0 and high <= 1:
        return 0.0, FULL
    room = (high - low) * 0.06
    return low - (room if low < 0 else 0.0), high + room


def _draw_regions(thresholds: Mapping[str, float], x: Scale, y: Scale) -> list[Html]:
    """Draw the quarter where a group may become a campaign, and name all four."""
    at_x, at_y = x(thresholds["coordination"]), y(thresholds["harvest"])
    drawn = [
        draw_rectangle(at_x, TOP, RIGHT - at_x, at_y - TOP, "region"),
        draw_line(at_x, TOP, at_x, FLOOR, "bound"),
        draw_line(LEFT, at_y, RIGHT, at_y, "bound"),
    ]
    for (right, upper), name in REGIONS.items():
        drawn.append(
            draw_text(
                at_x + 10 if right else LEFT + 10,
                at_y - 9 if upper else at_y + 18,
                name,
                "region-name strong" if right and upper else "region-name",
            )
        )
    return drawn


def _compute_radius(accounts: int, biggest: int) -> float:
    return SMALLEST + (LARGEST - SMALLEST) * math.sqrt(max(accounts - 2, 0) / max(biggest - 2, 1))


def _draw_mark(candidate: CandidateGroup, x: float, y: float, radius: float) -> Html:
    hover_text = (
        f"{candidate.campaign_id or candidate.id}: {VERDICTS.get(candidate.verdict, candidate.verdict)}, "
        f"{format_quantity(candidate.accounts, 'account')} of {format_quantity(candidate.organisations, 'organisation')}, "
        f"{format_quantity(candidate.exchanges, 'exchange')}; coordination {format_statistic(candidate.coordination)}, "
        f"harvest {format_statistic(candidate.harvest)}, probability {format_probability(candidate.probability)}"
        + "".join(f". {reason}" for reason in candidate.reasons[:1])
    )
    return element("g", element("title", hover_text), _draw_shape(candidate.verdict, x, y, radius))


def _draw_shape(verdict: str, x: float, y: float, r: float) -> Html:
    """Return a mark: the shapes differ, so that no verdict is shown by colour alone."""
    if verdict == "authorised":
        side = shorten_number(r * 1.2)
        corners = f"M{shorten_number(x)} {shorten_number(y - r * 1.2)}l{side} {side}l-{side} {side}l-{side} -{side}z"
        return element("path", d=Html(corners), class_="mark authorised")
    if verdict == "single_customer":
        return draw_rectangle(x - r * 0.88, y - r * 0.88, r * 1.76, r * 1.76, "mark single_customer")
    kind = verdict if verdict in ("campaign", "watch") else "rejected"
    return element("circle", cx=shorten_number(x), cy=shorten_number(y), r=shorten_number(r), class_=f"mark {kind}")


def _select_labelled(ordered: list[CandidateGroup]) -> list[CandidateGroup]:
    """Return the groups that carry a name: every campaign, then the biggest of the others."""
    campaigns = [c for c in ordered if c.verdict == "campaign"]
    others = [c for c in ordered if c.verdict != "campaign"]
    return campaigns + others[:NAMED_REJECTED]


def _draw_names(labelled: list[CandidateGroup], x: Scale, y: Scale, biggest: int) -> list[Html]:
    """Place each name beside its mark where nothing else is; a name without room is left to the hover text."""
    spots = [(x(c.coordination), y(c.harvest), _compute_radius(c.accounts, biggest)) for c in labelled]
    occupied_boxes: list[Box] = [(cx - r, cy - r, cx + r, cy + r) for cx, cy, r in spots]
    hairs: list[Html] = []
    names: list[Html] = []
    for candidate, (cx, cy, r) in zip(labelled, spots, strict=True):
        text = f"{shorten_text(candidate.campaign_id or candidate.id, 26)} · {format_count(candidate.accounts)}"
        width = len(text) * LETTER
        box = next((box for box in _propose_boxes(cx, cy, r, width) if _is_free(box, occupied_boxes)), None)
        if box is None:
            continue
        occupied_boxes.append(box)
        kind = "label strong" if candidate.verdict == "campaign" else "label"
        hairs += _draw_hairline(cx, cy, r, box)
        names.append(
            draw_text(box[2], box[3] - 4, text, f"{kind} end")
            if box[2] <= cx
            else draw_text(box[0], box[3] - 4, text, kind)
        )
    return hairs + names


def _propose_boxes(cx: float, cy: float, r: float, width: float) -> list[Box]:
    """Return where a name may stand, best first: beside, above, below, then further off."""
    boxes: list[Box] = []
    for away in (0, 16, 32, 48, 64, 80):
        for dy in (0, -away, away) if away else (0,):
            top = cy + dy - LINE / 2
            boxes += [
                (cx + r + 5 + away / 2, top, cx + r + 5 + away / 2 + width, top + LINE),
                (cx - r - 5 - away / 2 - width, top, cx - r - 5 - away / 2, top + LINE),
            ]
        for top in (cy - r - LINE - 2 - away, cy + r + 2 + away):
            boxes.append((cx - width / 2, top, cx + width / 2, top + LINE))
    return boxes


def _is_free(box: Box, occupied_boxes: list[Box]) -> bool:
    if box[0] < LEFT + 2 or box[2] > RIGHT or box[1] < TOP or box[3] > FLOOR - 2:
        return False
    return all(box[2] <= t[0] or box[0] >= t[2] or box[3] <= t[1] or box[1] >= t[3] for t in occupied_boxes)


def _draw_hairline(cx: float, cy: float, r: float, box: Box) -> list[Html]:
    """Join a name that stands away from its mark to it with a hair line."""
    near_x = min(max(cx, box[0]), box[2])
    near_y = min(max(cy, box[1]), box[3])
    away = math.hypot(near_x - cx, near_y - cy)
    if away <= r + 8:
        return []
    start = r / away
    return [draw_line(cx + (near_x - cx) * start, cy + (near_y - cy) * start, near_x, near_y, "hair")]
