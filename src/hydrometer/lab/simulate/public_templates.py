"""Templates that anybody may use, honest people and operators alike: those of a public tool, and of public judges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.text_sources import NONE

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder
    from hydrometer.lab.simulate.networks import IntArray

PUBLIC_TOOL, PUBLIC_WORDINGS = "mill", 5
"""The public tool for data, and its templates of each kind: the licensed data makers have it too."""
_JUDGE_TEMPLATES = 3
"""Judge templates of a collection."""


def draw_judge_collection(cohort: CohortBuilder, number: int) -> IntArray:
    """Return the templates of one of the world's public collections, which are the same for all who use it."""
    shared = cohort.context.shared_generator(f"public judges {number}")
    return cohort.draw_crowd_templates("judge", _JUDGE_TEMPLATES, shared)


def draw_public_templates(cohort: CohortBuilder, kind: str) -> tuple[IntArray, IntArray]:
    """Return the public templates for a kind of demand, and a system prompt of each, which is none: for grades those of
    judges, for all else the public tool's."""
    if kind == "grading":
        templates = draw_judge_collection(cohort, 0)
        return templates, np.full(len(templates), NONE)
    return cohort.catalogue.make_demands(kind, PUBLIC_WORDINGS, PUBLIC_TOOL)
