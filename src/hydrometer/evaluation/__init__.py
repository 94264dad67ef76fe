"""How well a detector did on labelled worlds: counts of one world, and ratios with intervals over several."""

from __future__ import annotations

from hydrometer.evaluation.score import Score, score
from hydrometer.evaluation.summary import Summary, summarise

__all__ = ["Score", "Summary", "score", "summarise"]
