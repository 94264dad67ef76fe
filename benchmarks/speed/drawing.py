"""The drawing of docs/performance.md: CPU time and memory by size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from drawing_style import COLOURS, GREY, MARKS, OURS, save_figure, set_drawing_style
from speed.cost import by_stage
from speed.curve import MOST
from speed.tables import ordered

if TYPE_CHECKING:
    from pathlib import Path

    from speed.record import Record

NAME = "performance-growth.svg"


def draw(record: Record, folder: Path) -> str:
    """Write the drawing into a folder and return its name; the same record gives the same bytes."""
    with set_drawing_style():
        save_figure(_growth(record), folder / NAME)
    return NAME


def _growth(record: Record) -> Figure:
    sizes = ordered(record)
    numbers = [size.exchanges for size in sizes]
    figure = Figure(figsize=(7.6, 3.4))
    left, right = figure.subplots(1, 2, width_ratios=(1.5, 1))
    costs = [size.detect.cpu_s for size in sizes]
    left.plot(numbers, costs, color=OURS, marker="o", linewidth=2.4, label="detect, whole process", zorder=3)
    for number, (name, cost) in enumerate(by_stage(sizes).items()):
        shown = [(n, value) for n, value in zip(numbers, cost, strict=True) if value > 0]
        if shown:
            colour, mark = COLOURS[number % len(COLOURS)], MARKS[1 + number % 6]
            left.plot(*zip(*shown, strict=True), color=colour, marker=mark, markersize=4, linewidth=1.1, label=name)
    limit = [costs[0] * (n / numbers[0]) ** MOST for n in numbers]
    left.plot(numbers, limit, color=GREY, linestyle=":", linewidth=1.2, label=f"n^{MOST} from the smallest")
    left.set(xscale="log", yscale="log", xlabel="exchanges", ylabel="CPU seconds")
    left.legend(frameon=False, fontsize=7, loc="upper center", bbox_to_anchor=(0.5, 1.28), ncols=3)
    memory, disk = [s.detect.peak_mb / 1e3 for s in sizes], [s.detect.disk_mb / 1e3 for s in sizes]
    right.plot(numbers, memory, color=OURS, marker="o", linewidth=2, label="memory")
    right.plot(numbers, disk, color=COLOURS[0], marker="s", linewidth=1.2, label="on disk")
    right.set(xscale="log", yscale="log", xlabel="exchanges", ylabel="GB at most")
    right.legend(frameon=False, fontsize=7)
    for axes in (left, right):
        axes.set_xticks(numbers, [f"{n / 1e6:.2g} M" if n < 1e7 else f"{n / 1e6:.0f} M" for n in numbers])
        axes.set_xticks([], minor=True)
    figure.tight_layout()
    return figure
