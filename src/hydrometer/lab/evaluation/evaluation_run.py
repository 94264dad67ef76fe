"""Results scored against labelled worlds, pooled and drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrometer.contract import InputError
from hydrometer.files import explain_write_errors, write_whole
from hydrometer.lab.evaluation.score_summary import summarise
from hydrometer.lab.evaluation.world_score import score
from hydrometer.report import draw_evaluation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hydrometer.contract import EvaluationSummary


def evaluate(pairs: Sequence[tuple[Path, Path]], *, at: float = 0.5, drawing: Path | None = None) -> EvaluationSummary:
    """Score each (result, world) and pool them; write an SVG to `drawing` when it is named.

    Raises:
        InputError: there is no pair, a world is given twice, a result or the truth cannot be used, or the drawing
            cannot be written.
    """
    if not pairs:
        raise InputError("no result and world", mend="Name at least one pair, as RESULT WORLD.")
    given: set[Path] = set()
    for _, world in pairs:
        if world.resolve() in given:
            mend = "Give each world once: worlds are pooled as independent. Compare detectors by one call each."
            raise InputError("is given twice", file=str(world), mend=mend)
        given.add(world.resolve())
    summary = summarise([score(result, world, at) for result, world in pairs])
    if drawing is not None:
        with explain_write_errors(drawing, mend="Name a file that you may write."):
            write_whole(drawing, draw_evaluation(summary).encode())
    return summary
