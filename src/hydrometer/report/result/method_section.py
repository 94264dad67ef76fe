"""How the result came about, and how far it can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.report.kit.drawing_elements import draw_line, draw_rectangle, draw_text, frame_drawing
from hydrometer.report.kit.formatting import (
    format_count,
    format_label,
    format_minute,
    format_quantity,
    format_statistic,
)
from hydrometer.report.kit.markup import Child, Html, element, join_markup, shorten_number
from hydrometer.report.kit.page_elements import render_facts, render_identifier, render_list, render_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydrometer.contract import RunRecord

SIDE, MARGIN = 220.0, 44.0
"""The reliability diagram, in pixels."""

READING = (
    (
        "A bit doubles the odds: ten bits make what was even a thousand to one. Evidence of one cause is one fact, so that a "
        "cause counts up to its bound only. What belonging together explains convicts nobody: a campaign needs evidence of "
        "operation, which only one hand explains, and each member shows some itself."
    ),
    (
        "Every p-value is against a null that honest customers satisfy: popular networks, shared cards, nightly jobs "
        "and templates in many hands are part of it."
    ),
    (
        "Likelihood words follow ICD 203: almost no chance up to 5 %, very unlikely to 20 %, unlikely to 45 %, roughly "
        "even chance to 55 %, likely to 80 %, very likely to 95 %, almost certain above."
    ),
    "Linked accounts are run by one hand; that says nothing yet of whose hand it is. A name needs its own evidence.",
)


def render_method(run: RunRecord) -> Html:
    """Return the section on method, calibration, limits, settings and versions."""
    parts: list[tuple[str, Child]] = [
        ("How to read it", join_markup(element("p", paragraph) for paragraph in READING)),
        ("Calibration", _render_calibration(run.calibration)),
        ("What was not there, and limits that were reached", _render_limits(run)),
        ("Traffic read", _render_traffic(run)),
        ("What it took", _render_stages(run)),
        ("Settings and versions", _render_settings(run)),
    ]
    return element(
        "section",
        element("h2", "Method and honesty"),
        *(element("section", element("h3", title), content, class_="part") for title, content in parts),
        id_="method",
    )


def flatten_settings(settings: Mapping[str, object], prefix: str = "") -> list[tuple[str, str]]:
    """Return nested settings as dotted names with their values."""
    pairs: list[tuple[str, str]] = []
    for key in sorted(settings):
        value = settings[key]
        if isinstance(value, dict):
            pairs += flatten_settings(value, f"{prefix}{key}.")
        else:
            pairs.append((prefix + key, _format_setting_value(value)))
    return pairs


def _format_setting_value(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    if isinstance(value, int | float):
        return format_statistic(value)
    if isinstance(value, list):
        return ", ".join(_format_setting_value(each) for each in value)
    return str(value)


def _render_calibration(calibration: Mapping[str, object]) -> Html:
    if not calibration:
        content = "The probabilities are not calibrated: take them as an order, not as frequencies."
        return element("p", content, class_="alert")
    reliability = _parse_bins(calibration.get("reliability"))
    rest = {key: value for key, value in calibration.items() if key != "reliability" or not reliability}
    content = render_facts(((format_label(key), value) for key, value in flatten_settings(rest)), "facts long")
    return element("div", content, _draw_reliability(reliability) if reliability else None, class_="beside")


def _parse_bins(value: object) -> list[tuple[float, float, int]]:
    """Return (predicted, observed, campaigns) of each bin, or nothing where the value is no such list."""
    if not isinstance(value, list):
        return []
    bins = []
    for each in value:
        if not isinstance(each, dict):
            return []
        predicted, observed, number = each.get("predicted"), each.get("observed"), each.get("n", 0)
        if (
            not isinstance(predicted, int | float)
            or not isinstance(observed, int | float)
            or not isinstance(number, int)
        ):
            return []
        bins.append((float(predicted), float(observed), number))
    return bins


def _draw_reliability(bins: list[tuple[float, float, int]]) -> Html:
    """Draw how often groups of a given probability were campaigns on labelled traffic; the diagonal is perfect."""
    left, floor = MARGIN, SIDE + 8

    def at(predicted: float, observed: float) -> tuple[float, float]:
        return left + predicted * SIDE, floor - observed * SIDE

    parts: list[Html] = [draw_rectangle(left, 8, SIDE, SIDE, "ground"), draw_line(left, floor, left + SIDE, 8, "bound")]
    for value in (0.0, 0.5, 1.0):
        x, y = at(value, value)
        parts += [
            draw_text(x, floor + 16, f"{value:g}", "tick mid"),
            draw_text(left - 6, y + 4, f"{value:g}", "tick end"),
        ]
    path = "".join(
        f"{'M' if i == 0 else 'L'}{shorten_number(at(p, o)[0])} {shorten_number(at(p, o)[1])}"
        for i, (p, o, _) in enumerate(bins)
    )
    parts.append(element("path", d=Html(path), class_="curve"))
    for predicted, observed, number in bins:
        x, y = at(predicted, observed)
        hover_text = f"given {predicted:.2f}, were campaigns {observed:.2f} ({format_quantity(number, 'group')})"
        parts.append(
            element(
                "circle",
                element("title", hover_text),
                cx=shorten_number(x),
                cy=shorten_number(y),
                r="4",
                class_="mark campaign",
            )
        )
    parts.append(draw_text(left + SIDE / 2, floor + 34, "probability given", "tick mid"))
    parts.append(
        draw_text(
            0, 0, "were campaigns", "tick mid", transform=f"translate(12 {shorten_number(8 + SIDE / 2)}) rotate(-90)"
        )
    )
    return frame_drawing(left + SIDE + 14, floor + 40, "Reliability on labelled traffic", *parts, class_="small")


def _render_limits(run: RunRecord) -> Html:
    absent = (
        join_markup((render_identifier(name) for name in run.absent_columns), ", ") if run.absent_columns else "none"
    )
    off = join_markup(
        element("li", element("b", each.signal), f" – {each.why}. {each.costs}") for each in run.signals_off
    ) or element("li", "none")
    return join_markup(
        [
            element("h4", "Signals off"),
            element("ul", off),
            element("h4", "Columns absent"),
            element("p", absent),
            element("h4", "Limits reached"),
            render_list(run.caps or ["none"]),
        ]
    )


def _render_traffic(run: RunRecord) -> Html:
    """Return the rows read, and what was rejected, mended or noted of them."""
    tables = [
        _render_count_table("table", {format_label(name): number for name, number in run.rows.items()}),
        _render_count_table("rejected because", run.rejected),
        _render_count_table("mended", run.repaired),
        _render_count_table("noted", run.notes),
    ]
    note = "No row was rejected."
    if run.rejected:
        note = f"The {format_quantity(sum(run.rejected.values()), 'rejected row')} are in rejected.jsonl."
    shown = (each for each in tables if each is not None)
    return join_markup([element("div", *shown, class_="columns"), element("p", note, class_="quiet")])


def _render_count_table(what: str, numbers: Mapping[str, int]) -> Html | None:
    """Return a table of counts, the largest first, so that the page is the same whatever order they come in."""
    if not numbers:
        return None
    items = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    return render_table(
        (what, "rows"), ((name, format_count(number)) for name, number in items), numbers=(1,), name=what
    )


def _render_stages(run: RunRecord) -> Html:
    rows = [(s.name, f"{s.seconds:.1f}", format_count(s.rows), format_count(s.peak_memory_mb)) for s in run.stages]
    rows.append(("in all", f"{sum(s.seconds for s in run.stages):.1f}", "", ""))
    heads = ("stage", "seconds", "rows", "peak memory, MB")
    return render_table(heads, rows, numbers=(1, 2, 3), class_="last-is-sum", name="Stages")


def _render_settings(run: RunRecord) -> Html:
    versions = [("hydrometer", run.version), *sorted(run.versions.items())]
    run_facts = [("started", format_minute(run.started_at)), ("status", run.status), ("seed", str(run.seed)), *versions]
    thresholds = [(f"threshold of {name}", format_statistic(value)) for name, value in sorted(run.thresholds.items())]
    settings = render_table(
        ("setting", "value"), ((render_identifier(k), v) for k, v in flatten_settings(run.settings)), name="Settings"
    )
    return join_markup(
        [
            render_facts([*run_facts, *thresholds], "facts long"),
            element("details", element("summary", "All settings"), settings),
        ]
    )
