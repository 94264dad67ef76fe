"""The first phase: how often shingles occur, so that rare ones are left out from then on."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from hydrometer.detection.population.account_store.counting_filter import CountingFilter
from hydrometer.detection.population.account_store.thread_mapping import map_ahead

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hydrometer.contract import Progress
    from hydrometer.detection.population.account_store.store_budget import StoreBudget
    from hydrometer.detection.population.account_store.traffic_chunk import TrafficChunk

LEAST_EXCHANGES = 3
"""A shingle of fewer exchanges is part of no fragment: it takes three different prompts."""
SHINGLES_A_ROW = 16


@dataclass(frozen=True, slots=True)
class FrequentShingles:
    """Which shingles of the whole traffic may be part of a fragment.

    Attributes:
        counts: how often each shingle occurs, never too low.
        least: the count from which a shingle is kept.
    """

    counts: CountingFilter
    least: int = LEAST_EXCHANGES


def count_shingles(chunks: Iterable[TrafficChunk], budget: StoreBudget, progress: Progress) -> FrequentShingles:
    """Count the shingles of all chunks."""
    lock = Lock()
    counts = CountingFilter(budget.rows * SHINGLES_A_ROW // 4, budget.memory // 4)

    def count(chunk: TrafficChunk) -> int:
        sketch = chunk.sketches()
        offsets = sketch.offsets
        first, stop = offsets[0].as_py(), offsets[-1].as_py()
        with lock:
            counts.count(np.asarray(sketch.values)[first:stop])
        return len(sketch)

    for rows in map_ahead(budget.threads, count, chunks):
        progress.advance(rows)
    return FrequentShingles(counts)
