"""RAG back-fills: a document store is summarised in one go, straight to the limit, then silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.simulate.clock import HOUR, queue_times
from hydrometer.simulate.networks import CLOUD

if TYPE_CHECKING:
    from hydrometer.simulate.draft import Draft

KIND = "backfill"
SHARE = 0.004
MEAN = 400


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
    sizes = draft.volumes(count, 260, 0.6, 1_500)
    times = []
    for size in sizes.tolist():
        hours = float(rng.uniform(4, 30))
        begin = draft.start + int(rng.random() * (draft.days * 24 - hours - 1) * HOUR)
        times.append(queue_times(rng, size, begin, begin + int(hours * HOUR), 0.3))
    template = np.repeat(draft.templates("summariser", count), sizes)
    at = np.concatenate(times)
    draft.exchanges(np.repeat(rows, sizes), at, draft.tasks(len(at)), wording=template, output=160, reasoning=0.0)
