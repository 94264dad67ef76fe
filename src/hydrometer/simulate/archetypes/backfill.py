"""RAG back-fills: a document store is summarised in one go, straight to the limit, then silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clock import HOUR, heavy_tailed, queue_times
from hydrometer.simulate.networks import CLOUD
from hydrometer.simulate.templates import fill

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "backfill"
SHARE = 0.004


def populate(draft: Draft, count: int) -> None:
    """Add `count` back-fills of a median of 260 documents in 4 to 30 hours; each document once, one template each,
    three in
    ten accounts new."""
    rng = draft.rng
    rows = draft.accounts(
        count,
        KIND,
        homes=draft.internet.fresh(rng, count, CLOUD),
        created_at=draft.past(count, joining=0.3),
        new_model=0.1,
    )
    for row, size in zip(rows, heavy_tailed(rng, count, 260, 0.6, 1_500), strict=True):
        template = draft.template("summariser")
        hours = float(rng.uniform(4, 30))
        begin = draft.start + int(rng.random() * (draft.days * 24 - hours - 1) * HOUR)
        slots = draft.corpus.tasks(int(size))
        at = queue_times(rng, len(slots), begin, begin + int(hours * HOUR), 0.3)
        draft.exchanges(
            np.full(len(slots), row), at, [fill(template, s) for s in slots], slot=slots, output=160, reasoning=0.0
        )
