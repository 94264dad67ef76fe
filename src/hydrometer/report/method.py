"""How the result came about, and how far it can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.report.markup import Child, Html, el, join, line, num, rect, svg, txt
from hydrometer.report.tables import bullets, facts, mono, table
from hydrometer.report.words import count, counted, label, minute, statistic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydrometer.contract.results import Run

SIDE, MARGIN = 220.0, 44.0
"""The reliability diagram, in pixels."""

READING = (
    (
        "A bit doubles the odds: ten bits make what was even a thousand to one. Bits of different families add up "
        "because the families do not depend on one another; within a family the signals do, so that a family counts "
        "up to its cap only."
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


def method(run: Run) -> Html:
    """Return the section on method, calibration, limits, settings and versions."""
    parts: list[tuple[str, Child]] = [
        ("How to read it", join(el("p", told) for told in READING)),
        ("Calibration", _calibration(run.calibration)),
        ("What was not there, and limits that were reached", _limits(run)),
        ("Traffic read", _traffic(run)),
        ("What it took", _stages(run)),
        ("Settings and versions", _settings(run)),
    ]
    return el(
        "section",
        el("h2", "Method and honesty"),
        *(el("section", el("h3", title), content, class_="part") for title, content in parts),
        id_="method",
    )


def flattened(settings: Mapping[str, object], prefix: str = "") -> list[tuple[str, str]]:
    """Return nested settings as dotted names with their values."""
    pairs: list[tuple[str, str]] = []
    for key in sorted(settings):
        value = settings[key]
        if isinstance(value, dict):
            pairs += flattened(value, f"{prefix}{key}.")
        else:
            pairs.append((prefix + key, _plain(value)))
    return pairs


def _plain(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    if isinstance(value, int | float):
        return statistic(value)
    if isinstance(value, list):
        return ", ".join(_plain(each) for each in value)
    return str(value)


def _calibration(calibration: Mapping[str, object]) -> Html:
    if not calibration:
        told = "The probabilities are not calibrated: take them as an order, not as frequencies."
        return el("p", told, class_="alert")
    reliability = _bins(calibration.get("reliability"))
    rest = {key: value for key, value in calibration.items() if key != "reliability" or not reliability}
    told = facts(((label(key), value) for key, value in flattened(rest)), "facts long")
    return el("div", told, _diagram(reliability) if reliability else None, class_="beside")


def _bins(value: object) -> list[tuple[float, float, int]]:
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


def _diagram(bins: list[tuple[float, float, int]]) -> Html:
    """Draw how often groups of a given probability were campaigns on labelled traffic; the diagonal is perfect."""
    left, floor = MARGIN, SIDE + 8

    def at(predicted: float, observed: float) -> tuple[float, float]:
        return left + predicted * SIDE, floor - observed * SIDE

    parts: list[Html] = [rect(left, 8, SIDE, SIDE, "ground"), line(left, floor, left + SIDE, 8, "bound")]
    for value in (0.0, 0.5, 1.0):
        x, y = at(value, value)
        parts += [txt(x, floor + 16, f"{value:g}", "tick mid"), txt(left - 6, y + 4, f"{value:g}", "tick end")]
    path = "".join(f"{'M' if i == 0 else 'L'}{num(at(p, o)[0])} {num(at(p, o)[1])}" for i, (p, o, _) in enumerate(bins))
    parts.append(el("path", d=Html(path), class_="curve"))
    for predicted, observed, number in bins:
        x, y = at(predicted, observed)
        told = f"given {predicted:.2f}, were campaigns {observed:.2f} ({counted(number, 'group')})"
        parts.append(el("circle", el("title", told), cx=num(x), cy=num(y), r="4", class_="mark campaign"))
    parts.append(txt(left + SIDE / 2, floor + 34, "probability given", "tick mid"))
    parts.append(txt(0, 0, "were campaigns", "tick mid", transform=f"translate(12 {num(8 + SIDE / 2)}) rotate(-90)"))
    return svg(left + SIDE + 14, floor + 40, "Reliability on labelled traffic", *parts, class_="small")


def _limits(run: Run) -> Html:
    absent = join((mono(name) for name in run.absent_columns), ", ") if run.absent_columns else "none"
    off = join(el("li", el("b", each.signal), f" – {each.why}. {each.costs}") for each in run.signals_off) or el(
        "li", "none"
    )
    return join(
        [
            el("h4", "Signals off"),
            el("ul", off),
            el("h4", "Columns absent"),
            el("p", absent),
            el("h4", "Limits reached"),
            bullets(run.caps or ["none"]),
        ]
    )


def _traffic(run: Run) -> Html:
    """Return the rows read, and what was rejected, mended or noted of them."""
    tables = [
        _counts("table", {label(name): number for name, number in run.rows.items()}, in_order=False),
        _counts("rejected because", run.rejected),
        _counts("mended", run.repaired),
        _counts("noted", run.notes),
    ]
    told = "No row was rejected."
    if run.rejected:
        told = f"The {counted(sum(run.rejected.values()), 'rejected row')} are in rejected.jsonl."
    shown = (each for each in tables if each is not None)
    return join([el("div", *shown, class_="columns"), el("p", told, class_="quiet")])


def _counts(what: str, numbers: Mapping[str, int], *, in_order: bool = True) -> Html | None:
    if not numbers:
        return None
    items = sorted(numbers.items(), key=lambda item: (-item[1], item[0])) if in_order else numbers.items()
    return table((what, "rows"), ((name, count(number)) for name, number in items), numbers=(1,), name=what)


def _stages(run: Run) -> Html:
    rows = [(s.name, f"{s.seconds:.1f}", count(s.rows), count(s.peak_memory_mb)) for s in run.stages]
    rows.append(("in all", f"{sum(s.seconds for s in run.stages):.1f}", "", ""))
    heads = ("stage", "seconds", "rows", "peak memory, MB")
    return table(heads, rows, numbers=(1, 2, 3), class_="last-is-sum", name="Stages")


def _settings(run: Run) -> Html:
    versions = [("hydrometer", run.version), *sorted(run.versions.items())]
    told = [("started", minute(run.started_at)), ("status", run.status), ("seed", str(run.seed)), *versions]
    thresholds = [(f"threshold of {name}", statistic(value)) for name, value in sorted(run.thresholds.items())]
    settings = table(("setting", "value"), ((mono(k), v) for k, v in flattened(run.settings)), name="Settings")
    return join([facts([*told, *thresholds], "facts long"), el("details", el("summary", "All settings"), settings)])
