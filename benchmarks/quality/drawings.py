"""Records as the drawings of docs/benchmark.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.figure import Figure

from drawing_style import COLOURS, GREY, MARKS, OURS, save_figure, set_drawing_style
from quality.cells import detectors, pooled, summaries
from quality.plan import ABLATED, BARE, EVERY, LADDER
from quality.trial import HYDROMETER, without

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from quality.cells import Cells
    from quality.trial import Record


def draw(records: Sequence[Record], folder: Path) -> list[str]:
    """Write the drawings into a folder and return their names; the same records give the same bytes."""
    with set_drawing_style():
        made = {
            "benchmark-rungs.svg": _rungs(records),
            "benchmark-reliability.svg": _reliability(records),
            "benchmark-ablation.svg": _ablation(records),
            "benchmark-archetypes.svg": _archetypes(records),
        }
        for name, figure in made.items():
            save_figure(figure, folder / name)
    return list(made)


def _rungs(records: Sequence[Record]) -> Figure:
    """Account F1 by rung and detector."""
    figure = Figure(figsize=(6.4, 3.2))
    axes = figure.subplots()
    cells = summaries(records)
    rungs = [rung for rung in LADDER if (HYDROMETER, rung) in cells]
    for number, name in enumerate(detectors(records)):
        _line(
            axes, cells, name, rungs, OURS if name == HYDROMETER else COLOURS[number % len(COLOURS)], MARKS[number % 7]
        )
    axes.set(xlabel="rung of the ladder", ylabel="account F1", ylim=(-0.03, 1.05))
    axes.legend(frameon=False, ncols=3, loc="upper center", bbox_to_anchor=(0.5, 1.25))
    return figure


def _ablation(records: Sequence[Record]) -> Figure:
    """Account F1 by rung without each family of evidence."""
    figure = Figure(figsize=(6.4, 3.2))
    axes = figure.subplots()
    variants = [*(without(family) for family in ABLATED), BARE]
    cells = summaries(records)
    rungs = [rung for rung in LADDER if (HYDROMETER, rung) in cells]
    _line(axes, cells, HYDROMETER, rungs, OURS, "o")
    for number, name in enumerate(variants):
        _line(axes, cells, name, rungs, COLOURS[number % len(COLOURS)], MARKS[1 + number % 6])
    axes.set(xlabel="rung of the ladder", ylabel="account F1", ylim=(-0.03, 1.05))
    axes.legend(frameon=False, ncols=2, loc="upper center", bbox_to_anchor=(0.5, 1.42))
    return figure


def _line(axes: Axes, cells: Cells, name: str, rungs: Sequence[str], colour: str, mark: str) -> None:
    points = [
        (int(rung.removeprefix("ladder")), cells[name, rung].measures["account_f1"].value or 0.0)
        for rung in rungs
        if (name, rung) in cells
    ]
    if points:
        heavy = 2.4 if name == HYDROMETER else 1.2
        axes.plot(
            *zip(*points, strict=True),
            color=colour,
            marker=mark,
            markersize=5,
            linewidth=heavy,
            label=name,
            zorder=3 if heavy > 2 else 2,
        )


def _reliability(records: Sequence[Record]) -> Figure:
    """Mean probability against the share that is true, of groups and of accounts, on all test worlds."""
    figure = Figure(figsize=(3.6, 3.4))
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=":")
    summary = pooled(records, HYDROMETER, EVERY)
    if summary is not None:
        for label, bins, colour in (
            ("candidate groups", summary.campaign_reliability, OURS),
            ("their accounts", summary.member_reliability, COLOURS[0]),
        ):
            held = [
                (b.predicted, b.observed, b.cases) for b in bins if b.predicted is not None and b.observed is not None
            ]
            axes.scatter(
                [row[0] for row in held],
                [row[1] for row in held],
                s=[20 + 8 * len(str(row[2])) ** 2 for row in held],
                color=colour,
                alpha=0.8,
                label=label,
            )
    axes.set(xlabel="probability given", ylabel="share that are true", xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
    axes.legend(frameon=False, loc="upper left")
    return figure


def _archetypes(records: Sequence[Record]) -> Figure:
    """Honest accounts flagged per 100,000, archetype by detector; archetypes that nobody accuses are left out."""
    names = detectors(records)
    pools = [pooled(records, name, {record.scenario for record in records}) for name in names]
    rates = [{kind: e.value or 0.0 for kind, e in pool.benign.items()} if pool else {} for pool in pools]
    kinds = sorted({kind for rate in rates for kind, value in rate.items() if value > 0})
    table = [[rate.get(kind, 0.0) for rate in rates] for kind in kinds] or [[0.0] * len(names)]
    figure = Figure(figsize=(1.0 + 0.85 * len(names), 0.8 + 0.24 * len(table)))
    axes = figure.subplots()
    axes.imshow(
        [[max(value, 1.0) for value in row] for row in table],
        norm=LogNorm(1.0, 100_000.0),
        cmap=LinearSegmentedColormap.from_list("accused", ["#ffffff", COLOURS[0]]),
        aspect="auto",
    )
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(kinds)), kinds)
    axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    axes.spines[:].set_visible(False)
    for row, values in enumerate(table):
        for column, value in enumerate(values):
            axes.annotate(f"{value:,.0f}", (column, row), ha="center", va="center", fontsize=8)
    return figure
