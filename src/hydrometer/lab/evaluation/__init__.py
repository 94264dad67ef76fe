"""How well a detector did on labelled worlds: counts of one world, and ratios with intervals over several."""

from __future__ import annotations

from hydrometer.lab.evaluation.score_summary import EvaluationSummary, summarise
from hydrometer.lab.evaluation.world_score import WorldScore, score

__all__ = ["EvaluationSummary", "WorldScore", "score", "summarise"]
