"""The drawing of docs/benchmark-attribution.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from attribution.dossiers import CIRCUMSTANCES
from attribution.summary import bins, chosen, row
from attribution.trial import HITS, HYDROMETER
from drawing_style import COLOURS, GREY, OURS, save_figure, set_drawing_style

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from attribution.trial import Record

NAME = "benchmark-attribution.svg"
WRONG, SECOND = COLOURS[0], COLOURS[1]


def draw(records: Sequence[Record], folder: Path) -> str:
    """Write the drawing into a folder and return its name; the same records give the same bytes."""
    with set_drawing_style():
        figure = Figure(figsize=(8.2, 3.4))
        left, right = figure.subplots(1, 2, width_ratios=(1, 1.35))
        _reliability(left, records)
        _names(right, records)
        figure.tight_layout()
        save_figure(figure, folder / NAME)
    return NAME


def _reliability(axes: Axes, records: Sequence[Record]) -> None:
    """Probability of the likeliest answer against the share that is right."""
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=":")
    for question, colour in (("operator", OURS), ("beneficiary", SECOND)):
        held = bins(chosen(records, question=question, method=HYDROMETER))
        axes.scatter(
            [b.predicted for b in held],
            [b.right for b in held],
            s=[14 + 8 * len(str(b.cases)) ** 2 for b in held],
            color=colour,
            alpha=0.8,
            label=question,
        )
    axes.set(xlabel="probability of the likeliest", ylabel="share that is right", xlim=(0, 1.03), ylim=(-0.03, 1.03))
    axes.legend(frameon=False, loc="upper left")


def _names(axes: Axes, records: Sequence[Record]) -> None:
    """Share of the campaigns for whose operator a name is given, right or wrong, by circumstance."""
    for offset, method, shade in ((-0.2, HYDROMETER, 1.0), (0.2, HITS, 0.35)):
        for place, circumstance in enumerate(CIRCUMSTANCES):
            told = row(chosen(records, question="operator", method=method, circumstance=circumstance))
            right, wrong = (n / max(1, told.cases) for n in (told.named_right, told.named_wrong))
            axes.barh(place + offset, right, 0.36, color=OURS, alpha=shade)
            axes.barh(place + offset, wrong, 0.36, left=right, color=WRONG, alpha=shade)
    axes.set_yticks(range(len(CIRCUMSTANCES)), [name.replace("_", " ") for name in CIRCUMSTANCES])
    axes.invert_yaxis()
    axes.set(xlabel="share named: right (green), wrong (orange); pale: count of hits", xlim=(0, 1.02))
