"""A work list swept once, against a template with popular contents."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from signals.populations import Draft, members, people
from signals.signal_case import Case


def pasting(rng: np.random.Generator, draft: Draft) -> Draft:
    """The draft with a shared template around contents of which some are popular."""
    popular = np.minimum(rng.zipf(1.5, len(draft.times)), 10**6)
    return replace(draft, wordings=("template",), demand=True, prompt=popular.tolist())


def swept_once(rng: np.random.Generator) -> list[Draft]:
    crowd = [pasting(rng, d) for d in people(rng)]
    return members(crowd[:14], lambda _, d: replace(d, prompt=())) + crowd[14:]


def popular_contents(rng: np.random.Generator) -> list[Draft]:
    crowd = [pasting(rng, d) for d in people(rng)]
    return members(crowd[:14]) + crowd[14:]


def small_group(rng: np.random.Generator) -> list[Draft]:
    """Few draws repeat less than many do."""
    crowd = [replace(pasting(rng, d), prompt=rng.integers(4000, size=len(d.times)).tolist()) for d in people(rng)]
    return members(crowd[:5]) + crowd[5:]


def all_fresh(rng: np.random.Generator) -> list[Draft]:
    """Everybody's contents are their own."""
    crowd = [replace(pasting(rng, d), prompt=()) for d in people(rng)]
    return members(crowd[:14]) + crowd[14:]


CASES = (
    Case("no content twice", True, swept_once),
    Case("popular contents", False, popular_contents),
    Case("a small group over a large stock of contents", False, small_group),
    Case("nobody repeats a content", False, all_fresh),
)
