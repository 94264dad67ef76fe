"""Honest communities: how a crowd is split into them, and what each is called in the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hydrometer.lab.simulate.cohort_builder import CohortBuilder
    from hydrometer.lab.simulate.networks import IntArray, ObjectArray


def split_into_communities(cohort: CohortBuilder, kind: str, count: int, sizes: range) -> Iterator[tuple[str, int]]:
    """Yield name and size of each community of `count` accounts; sizes lie about within `sizes`, and add to `count`."""
    number = max(1, round(count / (0.5 * (sizes.start + sizes.stop))))
    weights = cohort.rng.uniform(sizes.start, sizes.stop, number)
    bounds = np.rint(np.cumsum(weights) / weights.sum() * count).astype(np.int64)
    for index, size in enumerate(np.diff(bounds, prepend=0).tolist()):
        if size:
            yield name_community(cohort, kind, index), size


def name_community(cohort: CohortBuilder, kind: str, number: int) -> str:
    """Return what a community is called in the truth: its kind, the shard that it lies in, and its number there."""
    return f"{kind}-{cohort.shard}-{number}"


def name_communities(cohort: CohortBuilder, kind: str, numbers: IntArray) -> ObjectArray:
    """Return what the communities of these numbers are called, one an account."""
    return np.array([name_community(cohort, kind, number) for number in numbers.tolist()], dtype=object)
