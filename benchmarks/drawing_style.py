"""How the drawings of the benchmarks look, and how they are written: the same records give the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from matplotlib.figure import Figure

OURS, GREY = "#0b6e6e", "#8a8f98"
COLOURS = ("#c2571a", "#7a4fa3", "#3f7fbf", "#b08a00", "#7d7d7d", "#a33b5e")
MARKS = "osv^DPX"


def set_drawing_style() -> AbstractContextManager[None]:
    """Return a context in which figures have the letters and axes of the benchmarks."""
    return mpl.rc_context(
        {"svg.hashsalt": "hydrometer", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
    )


def save_figure(figure: Figure, file: Path) -> None:
    """Write a figure as SVG, without a date."""
    figure.savefig(file, metadata={"Date": None}, bbox_inches="tight")
