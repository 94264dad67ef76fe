"""How well a detector did on labelled worlds: counts of one world, and ratios with intervals over several."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.lab.evaluation.evaluation_run import evaluate as evaluate
    from hydrometer.lab.evaluation.score_summary import summarise as summarise
    from hydrometer.lab.evaluation.world_score import score as score
    from hydrometer.lab.evaluation.world_truth import find_indices as find_indices
    from hydrometer.lab.evaluation.world_truth import read_harvest as read_harvest
    from hydrometer.lab.evaluation.world_truth import read_truth as read_truth
else:
    from hydrometer.exports import export_lazily

    __getattr__, __dir__, __all__ = export_lazily(__name__, __file__)
