"""Records as the tables of docs/benchmark.md on honest communities, and on several operators in one world."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.lab.evaluation import summarise
from quality.cells import counted, detectors, grid, number, plain, pooled, ranged, shared, summaries
from quality.plan import BARE, CROWDS, EVERY, LADDER
from quality.trial import HYDROMETER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydrometer.contract import EvaluationSummary
    from quality.trial import Record

HEAD = (
    "worlds",
    "detector",
    "number",
    "honest communities",
    "false campaigns",
    "false campaigns per 100 communities",
    "communities convicted",
    "honest accounts flagged per 100,000",
    "watches",
)


def communities(records: Sequence[Record]) -> str:
    """Honest communities and honest accounts that each detector convicts, by crowd and over all of them.

    Of each crowd Hydrometer stands there once more, on the worlds that the baselines saw.
    """
    cells = summaries(records)
    rows = []
    for scenario in CROWDS:
        labels = {name: cells[name, scenario] for name in (HYDROMETER, BARE) if (name, scenario) in cells}
        beside = summaries(shared(records, scenario))
        for name in detectors(records):
            if (name, scenario) in beside:
                labels[f"{name}, the same worlds" if name == HYDROMETER else name] = beside[name, scenario]
        rows += [_row(f"`{scenario}`", name, summary) for name, summary in labels.items()]
    every = pooled(records, HYDROMETER, EVERY)
    if every is not None and every.measures["communities_convicted"].denominator:
        rows.append(_row("all worlds", HYDROMETER, every))
    return grid(HEAD, rows)


def _row(title: str, name: str, summary: EvaluationSummary) -> tuple[str, ...]:
    measures = summary.measures
    convicted = measures["communities_convicted"]
    return (
        title,
        name,
        str(summary.worlds),
        f"{convicted.denominator:,.0f}" if convicted.denominator else "",
        f"{measures['campaigns_false'].numerator or 0:.0f}",
        ranged(measures["false_campaigns_per_100_communities"], 1),
        counted(convicted) if convicted.denominator else "",
        ranged(measures["benign_per_100k"], 1),
        number(measures["watches_per_world"]),
    )


def crowd_standing(records: Sequence[Record]) -> str:
    """Crowds on which a baseline flags fewer honest accounts than Hydrometer, on the worlds that both saw.

    What such a baseline finds of the operators of the ladder is said beside: who accuses nobody is never wrong.
    """
    lines = []
    ran = False
    for scenario in CROWDS:
        cells = summaries(shared(records, scenario))
        ours = cells.get((HYDROMETER, scenario))
        if ours is None:
            continue
        for name in detectors(records)[1:]:
            theirs = cells.get((name, scenario))
            if theirs is None:
                continue
            ran = True
            fewer, more = theirs.measures["benign_per_100k"], ours.measures["benign_per_100k"]
            if (fewer.value or 0.0) < (more.value or 0.0):
                lines.append(
                    f"- `{scenario}`: {name} flags {plain(fewer, 1)} of 100,000 honest accounts ({fewer.numerator:.0f}), "
                    f"Hydrometer {plain(more, 1)} ({more.numerator:.0f}){_found_elsewhere(records, name)}.\n"
                )
    if not ran:
        return ""
    if not lines:
        return "On no crowd does a baseline flag fewer honest accounts than Hydrometer.\n"
    return "".join(["A baseline flags fewer honest accounts on\n\n", *lines])


def _found_elsewhere(records: Sequence[Record], name: str) -> str:
    rungs = pooled([r for rung in LADDER for r in shared(records, rung)], name, LADDER)
    if rungs is None:
        return ""
    ours = pooled([r for rung in LADDER for r in shared(records, rung)], HYDROMETER, LADDER)
    beside = f", Hydrometer {counted(ours.measures['operators_found'])}" if ours is not None else ""
    return f"; on the ladder it finds {counted(rungs.measures['operators_found'])} operators{beside}"


def several(records: Sequence[Record]) -> str:
    """How many of several operators in one world Hydrometer finds, and in how many worlds it finds all of them."""
    rows = []
    for scenario in EVERY:
        scores = [
            r.score
            for r in records
            if r.detector == HYDROMETER and r.scenario == scenario and len(r.score.operators) >= 2
        ]
        if scores:
            rows.append(_several_row(f"`{scenario}`", summarise(scores)))
    scores = [r.score for r in records if r.detector == HYDROMETER and len(r.score.operators) >= 2]
    if scores:
        rows.append(_several_row("all of them", summarise(scores)))
    head = ("scenario", "worlds", "all found in", "of the worlds", "operators found", "merged", "neither")
    return grid(head, rows)


def _several_row(title: str, summary: EvaluationSummary) -> tuple[str, ...]:
    measures = summary.measures
    whole = measures["worlds_of_several_with_all_found"]
    low, high = whole.low or 0.0, whole.high or 0.0
    return (
        title,
        str(summary.worlds),
        f"{whole.numerator or 0:.0f}",
        f"{whole.value or 0.0:.0%} ({low:.0%} to {high:.0%})",
        counted(measures["operators_found"]),
        number(measures["operators_merged"]),
        number(measures["operators_missed"]),
    )
