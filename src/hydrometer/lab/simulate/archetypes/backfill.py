"""RAG back-fills: a document store is summarised in one go, straight to the limit, then silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydrometer.lab.simulate.arrival_times import HOUR, draw_queue_times
from hydrometer.lab.simulate.cohort_batches import AccountTraits, ExchangeBatch
from hydrometer.lab.simulate.networks import CLOUD

if TYPE_CHECKING:
    from hydrometer.lab.simulate.cohort_builder import CohortBuilder

KIND = "backfill"
SHARE = 0.004
MEAN = 400


def populate(cohort: CohortBuilder, count: int) -> None:
    """Add `count` back-fills of a median of 260 documents in 4 to 30 hours; each document once, one template each,
    three in
    ten accounts new."""
    rng = cohort.rng
    rows = cohort.add_accounts(
        count,
        KIND,
        AccountTraits(
            homes=cohort.internet.draw_addresses(rng, count, CLOUD),
            created_at=cohort.draw_past_signups(count, joining=0.3),
            new_model=0.1,
        ),
    )
    sizes = cohort.draw_volumes(count, 260, 0.6, 1_500)
    times = []
    for size in sizes.tolist():
        hours = float(rng.uniform(4, 30))
        begin = cohort.start + int(rng.random() * (cohort.days * 24 - hours - 1) * HOUR)
        times.append(draw_queue_times(rng, size, begin, begin + int(hours * HOUR), 0.3))
    template = np.repeat(cohort.draw_templates("summariser", count), sizes)
    at = np.concatenate(times)
    cohort.add_exchanges(
        ExchangeBatch(
            np.repeat(rows, sizes), at, cohort.draw_tasks(len(at)), template=template, output=160, reasoning=0.0
        )
    )
